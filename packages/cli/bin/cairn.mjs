#!/usr/bin/env node
// The sources are TypeScript that Node itself strips. This file is plain JavaScript, because it also has to run on an
// older Node: there it hands over to the Node that is pinned in the repository, the one that everything is tested with.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const NEEDED_MAJOR = 24;
/** Set for the second process, so that a wrong binary ends in a message and not in a loop. */
const HANDED_OVER = 'CAIRN_HANDED_OVER';

if (Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR) {
  // Halves the time to the first output. Kept with the dependencies and not in the temporary directory, which others may write to.
  module.enableCompileCache(
    fileURLToPath(new URL('../../../node_modules/.cache/cairn', import.meta.url)),
  );
  const { run } = await import('../src/main.ts');
  process.exitCode = await run(process.argv.slice(2));
} else {
  handOver(pinnedNode());
}

/** The binary of the npm package `node`, or null when it is not installed. */
function pinnedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    const name = process.platform === 'win32' ? 'node.exe' : 'node';
    const binary = join(dirname(manifest), 'bin', name);
    return existsSync(binary) && !process.env[HANDED_OVER] ? binary : null;
  } catch {
    return null;
  }
}

/** Runs this file again with another Node, and ends as that one ends. */
function handOver(binary) {
  if (binary === null) {
    console.error(
      `cairn needs Node ${NEEDED_MAJOR} and this is ${process.version}. Run \`npm ci\` in the repository: it installs the right one.`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(binary, process.argv.slice(1), {
    stdio: 'inherit',
    env: { ...process.env, [HANDED_OVER]: '1' },
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
  for (const signal of signals) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches the child by itself; a second one would mean "at once".
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child.on('error', (error) => {
    console.error(`cairn could not start ${binary}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const each of signals) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}
