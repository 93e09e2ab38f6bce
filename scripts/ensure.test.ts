import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Stands in for npm: notes what it was asked, and does what `npm ci` and a web build leave behind. */
const FAKE_NPM = `
import fs from 'node:fs';
import path from 'node:path';
const [command] = process.argv.slice(2);
fs.appendFileSync('asked.txt', (command === 'ci' ? command : process.argv.slice(2).join(' ')) + '\\n');
if (fs.existsSync('fail-' + command)) { console.error('the fake registry does not answer'); process.exit(7); }
if (command === 'ci') {
  fs.rmSync('node_modules', { recursive: true, force: true });
  await new Promise((resolve) => setTimeout(resolve, 100));
  fs.mkdirSync('node_modules/node/bin', { recursive: true });
  if (!fs.existsSync('no-node')) fs.writeFileSync('node_modules/node/bin/node', '');
  fs.writeFileSync('node_modules/.package-lock.json', '{}');
} else {
  fs.mkdirSync('packages/web/dist', { recursive: true });
  fs.writeFileSync('packages/web/dist/index.html', '<!doctype html>');
  fs.writeFileSync('path.txt', process.env.PATH.split(path.delimiter)[0]);
}
`;

const script = new URL('ensure.mjs', import.meta.url);
let folder = '';

beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-ensure-')));
  write('package-lock.json', '{}');
  write('fake-npm.mjs', FAKE_NPM);
  write('scripts/ensure.mjs', fs.readFileSync(script, 'utf8'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), text);
}

/** Sets the modification time of a file to so many seconds from now. */
function age(name: string, seconds: number): void {
  const time = new Date(Date.now() + seconds * 1000);
  fs.utimesSync(path.join(folder, name), time, time);
}

const asked = (): string => {
  const file = path.join(folder, 'asked.txt');
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
};

async function ensure(...args: string[]): Promise<{ code: number | null; output: string }> {
  // npm_execpath names a script that ends in .js; the fake is an ES module, so a one-line .js starts it.
  write('npm.js', `import('./fake-npm.mjs');`);
  const child = spawn(process.execPath, [path.join(folder, 'scripts/ensure.mjs'), ...args], {
    cwd: folder,
    env: {
      ...process.env,
      npm_execpath: path.join(folder, 'npm.js'),
      npm_node_execpath: process.execPath,
    },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, output };
}

describe('the dependencies', () => {
  it('are installed once when they are missing, and then nothing is said or done', async () => {
    expect(await ensure()).toMatchObject({ code: 0, output: expect.stringContaining('npm ci') });
    expect(await ensure()).toEqual({ code: 0, output: '' });
    expect(asked()).toBe('ci\n');
  });

  it('are installed again when the lock file is newer', async () => {
    await ensure();
    age('package-lock.json', 60);
    const { output } = await ensure();
    expect(output).toContain('package-lock.json is newer');
    expect(asked()).toBe('ci\nci\n');
  });

  it('are installed once by two starts at the same time', async () => {
    const both = await Promise.all([ensure(), ensure()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(asked()).toBe('ci\n');
  });

  it('are installed although a killed start left its lock', async () => {
    write('.cache/ensure.lock', '999999999');
    expect((await ensure()).code).toBe(0);
    expect(asked()).toBe('ci\n');
    expect(fs.readdirSync(path.join(folder, '.cache'))).toEqual([]);
  });

  it('say why they cannot be installed and what to do', async () => {
    write('fail-ci', '');
    const { code, output } = await ensure();
    expect(code).toBe(1);
    expect(output).toContain('the fake registry does not answer');
    expect(output).toContain('npm ended with code 7');
    expect(output).toContain('npm ping');
  });

  it('say what to do when the pinned Node did not come with them', async () => {
    write('no-node', '');
    const { code, output } = await ensure();
    expect(code).toBe(1);
    expect(output).toContain('npm rebuild node --ignore-scripts=false');
  });
});

describe('the dashboard', () => {
  beforeEach(() => {
    write('packages/web/index.html', '');
    write('packages/web/src/main.tsx', '');
    write('packages/sdk/src/index.ts', '');
  });

  it('is built only with --web, with the pinned Node first in PATH', async () => {
    await ensure();
    expect(asked()).toBe('ci\n');
    await ensure('--web');
    expect(asked()).toMatch(/^ci\nrun .*@cairn\/web build/);
    expect(fs.readFileSync(path.join(folder, 'path.txt'), 'utf8')).toBe(
      path.join(folder, 'node_modules/node/bin'),
    );
    expect(await ensure('--web')).toEqual({ code: 0, output: '' });
  });

  it.each(['packages/web/src/main.tsx', 'packages/sdk/src/index.ts', 'packages/web/index.html'])(
    'is built again after a change of %s',
    async (source) => {
      await ensure('--web');
      age(source, 60);
      const { output } = await ensure('--web');
      expect(output).toContain('its sources are newer');
    },
  );

  it('stops the start when it cannot be built', async () => {
    write('fail-run', '');
    const { code, output } = await ensure('--web');
    expect(code).toBe(1);
    expect(output).toContain('the dashboard could not be built');
  });

  it('is left alone in a tree without one', async () => {
    fs.rmSync(path.join(folder, 'packages/web'), { recursive: true });
    await ensure('--web');
    expect(asked()).toBe('ci\n');
  });
});
