/**
 * Makes a clone ready: installs the dependencies when they are missing or older than package-lock.json, and with
 * `--web` builds the dashboard when it is missing or older than its sources. Silent when there is nothing to do.
 *
 * This is the first thing that runs after a clone (`prestart`, `pretest`, ...), so it is plain JavaScript for Node 20
 * with nothing but `node:` modules. npm puts node_modules/.bin first in PATH whether it exists yet or not, so the
 * script that follows this one already finds the Node 24 that was installed here.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
const at = (...parts) => path.join(root, ...parts);
const windows = process.platform === 'win32';
const pinnedNode = at('node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');

/** Where this script keeps its lock and its stamps; npm never touches it. */
const cache = at('.cache');
const lockFile = at('.cache', 'ensure.lock');
const webStamp = at('.cache', 'web-built');

/** A lock older than this belongs to nobody, whatever process has its number now. */
const LOCK_MAX_AGE_MS = 15 * 60_000;

const say = (line) => process.stderr.write(`${line}\n`);

function fail(lines) {
  for (const line of lines) say(line);
  process.exit(1);
}

/** The modification time in milliseconds, or undefined when there is no such file. */
function modifiedAt(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

/** Why the dependencies must be installed, or undefined when they are there. npm writes its marker last, so a broken install counts as missing. */
function installReason() {
  const marker = modifiedAt(at('node_modules', '.package-lock.json'));
  if (marker === undefined) return 'node_modules is missing or not complete';
  if (marker < (modifiedAt(at('package-lock.json')) ?? 0))
    return 'package-lock.json is newer than node_modules';
  if (modifiedAt(pinnedNode) === undefined) return 'the pinned Node is missing from node_modules';
  return undefined;
}

/** The newest modification time under the given files and folders; a folder's own time is counted because deleting a file changes it. */
function newest(entries) {
  let latest = 0;
  for (const entry of entries) {
    const stat = fs.statSync(entry, { throwIfNoEntry: false });
    if (!stat) continue;
    latest = Math.max(latest, stat.mtimeMs);
    if (stat.isDirectory()) {
      latest = Math.max(
        latest,
        newest(fs.readdirSync(entry).map((name) => path.join(entry, name))),
      );
    }
  }
  return latest;
}

/** Why the dashboard must be built, or undefined when it is fresh or this tree has no dashboard. */
function webReason() {
  if (modifiedAt(at('packages', 'web', 'index.html')) === undefined) return undefined;
  const built = modifiedAt(webStamp);
  if (
    built === undefined ||
    modifiedAt(at('packages', 'web', 'dist', 'index.html')) === undefined
  ) {
    return 'it is not built yet';
  }
  const own = fs
    .readdirSync(at('packages', 'web'))
    .filter((name) => /\.(ts|html|json)$/.test(name));
  const sources = [
    ...own.map((name) => at('packages', 'web', name)),
    ...['web/src', 'web/public', 'sdk/src', 'protocol/src'].map((name) => at('packages', name)),
    at('package-lock.json'),
  ];
  return newest(sources) > built ? 'its sources are newer' : undefined;
}

/** Runs npm with the Node that npm itself was started with, never with the one inside the folder that `npm ci` deletes. */
function npm(args, env) {
  const cli = process.env.npm_execpath;
  const started = process.env.npm_node_execpath ?? '';
  const outside =
    started !== '' && !started.startsWith(at('node_modules')) && fs.existsSync(started);
  const options = { cwd: root, env, stdio: ['ignore', 2, 2] };
  return cli?.endsWith('.js') && outside
    ? spawnSync(started, [cli, ...args], options)
    : spawnSync(windows ? 'npm.cmd' : 'npm', args, { ...options, shell: windows });
}

/** PATH without (or with, first) the folders of this project's node_modules. */
function pathWith(first) {
  const key = Object.keys(process.env).find((name) => name.toLowerCase() === 'path') ?? 'PATH';
  const others = (process.env[key] ?? '')
    .split(path.delimiter)
    .filter((dir) => !dir.startsWith(at('node_modules')));
  return { [key]: [...first, ...others].join(path.delimiter) };
}

function whyItFailed(result) {
  if (result.error) return `npm could not be started: ${result.error.message}`;
  return result.signal
    ? `npm was ended by ${result.signal}`
    : `npm ended with code ${result.status}`;
}

function install(reason) {
  say(`cairn: ${reason}; running npm ci (about a minute the first time)`);
  // Warnings are left out: with Node 20 npm names forty packages that need the Node it is about to install.
  const result = npm(['ci', '--loglevel', 'error'], { ...process.env, ...pathWith([]) });
  if (result.status !== 0) {
    fail([
      '',
      `cairn: the dependencies could not be installed. ${whyItFailed(result)}; what npm said stands above.`,
      '  No network, or a proxy: check that `npm ping` answers, then start again.',
      '  "package.json and package-lock.json are not in sync": run `npm install` and start again.',
      '  No space, or files owned by another user: remove node_modules yourself, then start again.',
    ]);
  }
  if (modifiedAt(pinnedNode) === undefined) {
    fail([
      `cairn: npm ci worked, but ${path.relative(root, pinnedNode)} is missing: Cairn runs on the Node 24 in it.`,
      '  The install script of the npm package `node` did not run, or knows no Node for this machine',
      `  (${process.platform} ${process.arch}). Run \`npm rebuild node --ignore-scripts=false\` and read what it says.`,
    ]);
  }
}

function buildWeb(reason) {
  say(`cairn: building the dashboard, ${reason}`);
  const started = new Date();
  const env = {
    ...process.env,
    ...pathWith([path.dirname(pinnedNode), at('node_modules', '.bin')]),
  };
  const result = npm(
    ['run', '--silent', '-w', '@cairn/web', 'build', '--', '--logLevel', 'warn'],
    env,
  );
  if (result.status !== 0) {
    fail([
      '',
      `cairn: the dashboard could not be built. ${whyItFailed(result)}; the reason stands above.`,
      '  Mend what it names and start again. After a change of branch, removing node_modules may help.',
    ]);
  }
  fs.writeFileSync(webStamp, '');
  // Stamped with the time the build began: a source saved meanwhile counts as newer.
  fs.utimesSync(webStamp, started, started);
}

/** The process that holds the lock, or undefined when it is free. */
function lockOwner() {
  try {
    const pid = Number(fs.readFileSync(lockFile, 'utf8'));
    if (Date.now() - (modifiedAt(lockFile) ?? 0) > LOCK_MAX_AGE_MS) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    // EPERM: it lives, as another user's process. Everything else: there is no lock, or its owner is dead.
    return error.code === 'EPERM' ? -1 : undefined;
  }
}

/**
 * Takes the lock: the file appears with its owner's number already in it, because it is linked and not written.
 * A second process waits here until the first has finished or died.
 */
async function takeLock() {
  fs.mkdirSync(cache, { recursive: true });
  const mine = `${lockFile}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    for (let told = false; ;) {
      try {
        fs.linkSync(mine, lockFile);
        // Two that broke the same dead lock may both believe they have it; a moment later only one name stands in it.
        await sleep(50);
        if (lockOwner() === process.pid) return;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const owner = lockOwner();
      if (owner === undefined) {
        fs.rmSync(lockFile, { force: true });
        continue;
      }
      if (!told)
        say(`cairn: waiting for another start that is preparing this folder (process ${owner})`);
      told = true;
      await sleep(200);
    }
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

const wantsWeb = process.argv.includes('--web');
if (installReason() || (wantsWeb && webReason())) {
  await takeLock();
  // Every way out gives the lock back; a kill leaves it, and the next start sees that its owner is dead.
  process.on('exit', () => lockOwner() === process.pid && fs.rmSync(lockFile, { force: true }));
  // Asked again: whoever held the lock may have done the work.
  const missing = installReason();
  if (missing) install(missing);
  const stale = wantsWeb ? webReason() : undefined;
  if (stale) buildWeb(stale);
}
