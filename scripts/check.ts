/**
 * `npm run check`: everything that must hold before a change is shared. Two steps run at a time; each prints one line,
 * and what failing steps said is shown in full at the end.
 *
 *     npm run check                     all steps
 *     npm run check -- --no-tests       all but the tests
 *     npm run check -- lint tidy        only these
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

interface Step {
  name: string;
  command: string;
  args: readonly string[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = path.join(root, 'node_modules', '.bin');

/** The steps in their order: the quick ones first, so that a slip shows at once. */
function steps(): Step[] {
  const tool = (name: string, command: string, ...args: string[]): Step => ({
    name,
    command: path.join(bin, command),
    args,
  });
  const script = (name: string, ...args: string[]): Step => ({
    name,
    command: process.execPath,
    args,
  });
  const withOwnTypes = fs.globSync('packages/*/tsconfig.json', { cwd: root });
  const projects = ['platform', 'packages', 'scripts'];
  return [
    tool('format', 'oxfmt', '--check'),
    tool('lint', 'oxlint'),
    tool('types', 'tsc', '-p', 'tsconfig.json'),
    ...withOwnTypes.map((file) =>
      tool(`types-${path.basename(path.dirname(file))}`, 'tsc', '-p', file),
    ),
    script('tidy', 'scripts/tidy.ts'),
    script('docs', 'scripts/check-docs.ts'),
    script('lock-file', 'scripts/complete-lock.ts', '--check'),
    tool('dead-code', 'knip'),
    script('schema', 'scripts/schema-dump.ts', '--check'),
    // Prints failures only.
    tool(
      'tests',
      'vitest',
      'run',
      '--reporter=dot',
      ...projects.map((name) => `--project=${name}`),
    ),
  ];
}

interface Outcome {
  name: string;
  ok: boolean;
  output: string;
}

function run({ name, command, args }: Step): Promise<Outcome> {
  const start = performance.now();
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    const settle = (ok: boolean): void => {
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(20)} ${seconds.padStart(6)} s`);
      resolve({ name, ok, output });
    };
    child.once('error', (error) => {
      output += `${command} could not be started: ${error.message}\n`;
      settle(false);
    });
    child.once('close', (code) => settle(code === 0));
  });
}

async function main(): Promise<void> {
  const start = performance.now();
  const names = process.argv.slice(2).filter((each) => !each.startsWith('--'));
  const all = steps();
  const unknown = names.filter((name) => !all.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(
      `No such step: ${unknown.join(', ')}. The steps: ${all.map((step) => step.name).join(', ')}.`,
    );
    process.exitCode = 2;
    return;
  }
  const waiting = all.filter(
    ({ name }) =>
      (names.length === 0 || names.includes(name)) &&
      !(name === 'tests' && process.argv.includes('--no-tests')),
  );
  const failed: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const outcome = await run(step);
      if (!outcome.ok) failed.push(outcome);
    }
  };
  await Promise.all([work(), work()]);
  for (const { name, output } of failed) console.log(`\n──── ${name} ────\n${output.trimEnd()}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    failed.length === 0
      ? `\nAll good after ${seconds} s.`
      : `\nFailed after ${seconds} s: ${failed.map(({ name }) => name).join(', ')}. \`npm run fix\` mends format and some lint.`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
}

await main();
