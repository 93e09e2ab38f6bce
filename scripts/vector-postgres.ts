/**
 * A real PostgreSQL with pgvector, for the tests and benchmarks of search. Few machines have one installed, so where
 * root may, it is built from Debian's packages in a folder of its own under .cache/ (about a minute, once) and run there
 * by chroot. Nothing outside that folder changes, and removing it is safe at any time.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  findPostgres,
  findProgram,
  ServiceUnavailable,
  startInstalledPostgres,
  startPostgresInDocker,
  type PostgresInstallation,
  type RunningService,
} from './service-processes.ts';

const NAME = 'PostgreSQL with pgvector';
const SUITE = 'trixie';
const VERSION = '17';
/** Where it is built. */
export const VECTOR_ROOT = fileURLToPath(
  new URL(`../.cache/debian-${SUITE}-postgresql-${VERSION}`, import.meta.url),
);
/** Longer than it takes on a usual line; what was downloaded by then is kept for the next attempt. */
const BUILD_TIMEOUT_MS = 80_000;
/** What the server does without: nothing of it is read again, and it is two thirds of the folder. */
const UNNEEDED = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/cache', 'var/lib/apt'];

/**
 * Starts PostgreSQL with pgvector: the installed one if it has the extension, one built in .cache/, or one from Docker.
 * Throws `ServiceUnavailable` when none of them can be had, with the reason in words.
 */
export async function startPostgresWithVectors(): Promise<RunningService> {
  const at_hand = await startPostgresWithVectorsAtHand();
  if (at_hand !== null) return at_hand;
  const obstacle = whyNotBuilt();
  if (obstacle === undefined) return startInstalledPostgres(await builtPostgres());
  return startPostgresInDocker(NAME, obstacle, `pgvector/pgvector:pg${VERSION}`);
}

/** Starts one that is there already, installed or built; null when one would have to be downloaded first. */
export async function startPostgresWithVectorsAtHand(): Promise<RunningService | null> {
  const bin = findPostgres();
  if (bin !== undefined && hasVectors(bin)) return startInstalledPostgres({ bin, root: undefined });
  const is_built = process.getuid?.() === 0 && fs.existsSync(VECTOR_ROOT);
  return is_built ? startInstalledPostgres(await builtPostgres()) : null;
}

function hasVectors(bin: string): boolean {
  const { stdout, status } = spawnSync(path.join(bin, 'pg_config'), ['--sharedir'], {
    encoding: 'utf8',
  });
  const version = path.basename(path.dirname(bin));
  const share = status === 0 ? stdout.trim() : path.join('/usr/share/postgresql', version);
  return fs.existsSync(path.join(share, 'extension/vector.control'));
}

function whyNotBuilt(): string | undefined {
  const why = 'the installed PostgreSQL, if any, is without it, and building one';
  if (process.getuid?.() !== 0) return `${why} takes root`;
  const programs = ['debootstrap', 'unshare', 'chroot'];
  const missing = programs.filter((name) => findProgram(name, ['/usr/sbin']) === undefined);
  if (missing.length === 0) return undefined;
  return `${why} takes ${missing.join(', ')} (apt-get install debootstrap)`;
}

/** The installation in .cache/, built first if it is not there. */
async function builtPostgres(): Promise<PostgresInstallation> {
  if (!fs.existsSync(VECTOR_ROOT)) await build(VECTOR_ROOT);
  return { bin: `/usr/lib/postgresql/${VERSION}/bin`, root: VECTOR_ROOT };
}

/** Builds beside the place and moves it there when it is whole, so that a build that broke off is never taken for one. */
async function build(root: string): Promise<void> {
  const mirror = readMirror(readAptSources());
  if (mirror === undefined) {
    throw new ServiceUnavailable(`${NAME}: no mirror of Debian in the sources of apt`);
  }
  removeLeftovers(root);
  const downloads = `${root}.downloads`;
  fs.mkdirSync(downloads, { recursive: true });
  const part = fs.mkdtempSync(`${root}.part-`);
  // Its programs run as another user, who must be able to enter it.
  fs.chmodSync(part, 0o755);
  try {
    console.log(`${NAME}: built from Debian's packages in .cache/ (about a minute, once)`);
    const packages = `postgresql-${VERSION},postgresql-${VERSION}-pgvector`;
    const options = ['--variant=minbase', `--include=${packages}`, `--cache-dir=${downloads}`];
    await bootstrap([...options, SUITE, part, mirror]);
    for (const place of UNNEEDED)
      fs.rmSync(path.join(part, place), { recursive: true, force: true });
    // Another process may have been faster; then its build is as good.
    if (!fs.existsSync(root)) fs.renameSync(part, root);
    fs.rmSync(downloads, { recursive: true, force: true });
  } finally {
    fs.rmSync(part, { recursive: true, force: true });
  }
}

/** Removes what builds that were interrupted have left, and not what another process is building at this moment. */
function removeLeftovers(root: string): void {
  const folder = path.dirname(root);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  for (const name of names.filter((each) => each.startsWith(`${path.basename(root)}.part-`))) {
    const age_ms = Date.now() - fs.statSync(path.join(folder, name)).ctimeMs;
    if (age_ms > 2 * BUILD_TIMEOUT_MS) fs.rmSync(path.join(folder, name), { recursive: true });
  }
}

/**
 * Runs debootstrap in namespaces of its own: what it mounts is seen by nobody else, and it ends, with all that it has
 * started, when its first process is ended.
 */
async function bootstrap(args: readonly string[]): Promise<void> {
  const alone = ['--mount', '--pid', '--fork', '--kill-child', 'debootstrap'];
  const child = spawn('unshare', [...alone, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
  });
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  let is_late = false;
  const timer = setTimeout(() => (is_late = end()), BUILD_TIMEOUT_MS);
  let last_words = '';
  const read = (chunk: Buffer): void => {
    last_words = `${last_words}${chunk.toString()}`.slice(-400);
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const code = await new Promise<number | string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', resolve);
  });
  clearTimeout(timer);
  process.off('exit', end);
  if (code === 0) return;
  const why = is_late
    ? `took longer than ${BUILD_TIMEOUT_MS / 1000} s (what was downloaded is kept for the next attempt)`
    : `failed: ${last_words.trim().split('\n').slice(-2).join(' ') || code}`;
  throw new ServiceUnavailable(`${NAME}: building it from Debian's packages ${why}`);
}

/** Everything that apt reads its sources from, as one text in its two formats. */
function readAptSources(): string {
  const folder = '/etc/apt/sources.list.d';
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const files = [
    '/etc/apt/sources.list',
    ...names.toSorted().map((name) => path.join(folder, name)),
  ];
  return files
    .filter((file) => /\.(list|sources)$/.test(file) && fs.existsSync(file))
    .map((file) => fs.readFileSync(file, 'utf8'))
    .join('\n\n');
}

/** The mirror that this machine takes Debian's packages from: the first one that is not for security updates alone. */
export function readMirror(sources: string): string | undefined {
  const one_line = /^deb\s+(?:\[[^\]]*\]\s+)?(https?:\S+)/gm;
  const stanza = /^URIs:\s*(https?:\S+)/gm;
  const found = [...sources.matchAll(stanza), ...sources.matchAll(one_line)];
  return found.map(([, uri]) => uri).find((uri) => uri !== undefined && !/security/.test(uri));
}
