/**
 * Starts PostgreSQL and NATS for tests and benchmarks: on free loopback ports, with their data in a temporary folder,
 * and with nothing left behind after `stop()`. From locally installed programs; without those, from Docker.
 * Whatever is still running when this process ends is ended with it (only a `kill -9` of this process leaves it).
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** A server of our own, on a port of its own. */
export interface RunningService {
  /** The address to connect to, with user and password where there are some. */
  readonly url: string;
  /** The number of its (first) process. */
  readonly pid: number;
  /** Ends it in good order and removes its data. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends it as a crash would (SIGKILL) and keeps its data. Started from Docker, it refuses. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data, after ending it in good order if it runs. */
  restart(): Promise<void>;
}

/** No server can be started here; the message says what was looked for. */
export class ServiceUnavailable extends Error {}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

/** What a server is for. */
export interface PostgresPurpose {
  /** Its data need not outlive a crash of the machine, so it need not wait for the disk. That of its process they do. */
  readonly is_disposable?: boolean;
}

/**
 * Starts PostgreSQL with 200 connections, and with fsync on unless it is disposable.
 * Throws `ServiceUnavailable` when there is neither a local installation nor a Docker that answers.
 */
export async function startPostgres(purpose: PostgresPurpose = {}): Promise<RunningService> {
  const bin = findPostgres();
  if (bin !== undefined) return startInstalledPostgres({ bin, root: undefined }, purpose);
  return startPostgresInDocker(
    'PostgreSQL',
    'no postgres in PATH or /usr/lib/postgresql',
    'postgres:17',
  );
}

/** A PostgreSQL on this machine. */
export interface PostgresInstallation {
  /** The folder of `initdb` and `postgres`, as seen from `root`. */
  readonly bin: string;
  /** The folder that its programs see as `/`, entered by chroot, which takes root; undefined is this machine itself. */
  readonly root: string | undefined;
}

/** Starts a server of this installation, with data of its own in the temporary folder that its programs see. */
export async function startInstalledPostgres(
  { bin, root }: PostgresInstallation,
  { is_disposable = false }: PostgresPurpose = {},
): Promise<RunningService> {
  const password = randomBytes(12).toString('hex');
  const port = await freePort();
  const folder = fs.mkdtempSync(
    path.join(root === undefined ? os.tmpdir() : path.join(root, 'tmp'), 'cairn-postgres-'),
  );
  const inside = root === undefined ? folder : path.join('/tmp', path.basename(folder));
  const owner = unprivilegedUser(root);
  fs.writeFileSync(path.join(folder, 'password'), password);
  if (owner) {
    for (const file of [folder, path.join(folder, 'password')])
      fs.chownSync(file, owner.uid, owner.gid);
  }
  const run = (name: string, args: readonly string[]) => {
    if (root === undefined) return { command: path.join(bin, name), args, owner };
    const user = owner ? [`--userspec=${owner.uid}:${owner.gid}`] : [];
    return {
      command: 'chroot',
      args: [...user, root, path.join(bin, name), ...args],
      owner: undefined,
    };
  };
  const data = path.join(inside, 'data');
  const password_file = path.join(inside, 'password');
  const access = ['-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', password_file];
  const form = ['-E', 'UTF8', '--locale=C', '--no-sync'];
  const init = run('initdb', ['-D', data, ...access, ...form]);
  const made = spawnSync(init.command, init.args, {
    ...init.owner,
    cwd: folder,
    encoding: 'utf8',
  });
  if (made.status !== 0) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
  }
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: inside,
    max_connections: 200,
    fsync: is_disposable ? 'off' : 'on',
    // A folder of its own has neither a /dev/shm of the kernel nor a compiler.
    ...(root === undefined ? {} : { dynamic_shared_memory_type: 'mmap', jit: 'off' }),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return new LocalService({
    url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
    folder,
    ...run('postgres', ['-D', data, ...options]),
    ready: /ready to accept connections/,
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    // A crashed server's children may need a moment to notice; until then the next start refuses.
    retry: /shared memory block is still in use|lock file .* already exists/,
  }).started();
}

/** Starts PostgreSQL from an image. Throws `ServiceUnavailable`, with `why` there is nothing better, without Docker. */
export async function startPostgresInDocker(
  name: string,
  why: string,
  image: string,
): Promise<RunningService> {
  requireDocker(name, why);
  const password = randomBytes(12).toString('hex');
  const port = await freePort();
  const options = `-e POSTGRES_PASSWORD=${password} -p 127.0.0.1:${port}:5432 ${image} -c max_connections=200`;
  return startDocker(
    `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
    /init process complete[^]*ready to accept connections/,
    options.split(' '),
  );
}

/** Starts NATS with JetStream. Throws `ServiceUnavailable` like `startPostgres`. */
export async function startNats(): Promise<RunningService> {
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const command = findProgram('nats-server', ['/usr/sbin', '/usr/local/sbin']);
  if (command === undefined) {
    requireDocker('NATS', 'no nats-server in PATH');
    return startDocker(url, /Server is ready/, ['-p', `127.0.0.1:${port}:4222`, 'nats:2', '-js']);
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-nats-'));
  return new LocalService({
    url,
    folder,
    command,
    args: ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', path.join(folder, 'data')],
    ready: /Server is ready/,
    owner: undefined,
    stopSignal: 'SIGTERM',
    retry: undefined,
  }).started();
}

/** Where a program is: in PATH or in one of the given folders. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const places = [...(process.env.PATH ?? '').split(path.delimiter), ...folders];
  return places.map((folder) => path.join(folder, name)).find((file) => isProgram(file));
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The folder of PostgreSQL's programs, the newest version first. */
export function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = fs.existsSync(root)
    ? fs.readdirSync(root).sort((a, b) => Number(b) - Number(a))
    : [];
  const initdb = findProgram(
    'initdb',
    versions.map((version) => path.join(root, version, 'bin')),
  );
  const folder = initdb && path.dirname(initdb);
  return folder !== undefined && isProgram(path.join(folder, 'postgres')) ? folder : undefined;
}

interface Owner {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root: then it runs as the user `postgres`, or `nobody`, of the system under `root`. */
function unprivilegedUser(root = '/'): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = fs
    .readFileSync(path.join(root, 'etc/passwd'), 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const [, , uid, gid] =
    users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody') ?? [];
  if (uid === undefined)
    throw new ServiceUnavailable(
      'PostgreSQL does not run as root, and there is no user postgres or nobody',
    );
  return { uid: Number(uid), gid: Number(gid) };
}

/** A loopback port that nobody uses at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function requireDocker(name: string, why: string): void {
  if (spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 }).status === 0) return;
  throw new ServiceUnavailable(`${name}: ${why}, and no Docker that answers`);
}

interface Recipe {
  url: string;
  /** Its folder, removed by `stop()`. It holds log.txt. */
  folder: string;
  command: string;
  args: readonly string[];
  /** What it prints when it takes connections. */
  ready: RegExp;
  owner: Owner | undefined;
  stopSignal: NodeJS.Signals;
  /** What it prints when starting it once more may work. */
  retry: RegExp | undefined;
}

/** Everything that runs, so that it ends with this process however that ends. */
const running = new Set<LocalService>();
let watching = false;

function endWithThisProcess(): void {
  if (watching) return;
  watching = true;
  process.on('exit', () => running.forEach((service) => service.endAtOnce()));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Only when nobody else listens: whoever does, decides when this process ends.
    process.on(signal, () => process.listenerCount(signal) === 1 && process.exit(130));
  }
}

class LocalService implements RunningService {
  readonly url: string;
  readonly #recipe: Recipe;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(recipe: Recipe) {
    this.url = recipe.url;
    this.#recipe = recipe;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async started(): Promise<this> {
    running.add(this);
    endWithThisProcess();
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const output = await this.#launch();
      if (output === undefined) return this;
      if (!this.#recipe.retry?.test(output) || Date.now() > deadline) {
        await this.stop();
        throw new Error(`${path.basename(this.#recipe.command)} did not start:\n${output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Starts the program. Resolves with nothing when it is ready, or with what it said when it is not. */
  #launch(): Promise<string | undefined> {
    const { command, args, owner, folder, ready } = this.#recipe;
    // In a session of its own: Ctrl-C in the terminal reaches this process first, which ends its servers last.
    const child = spawn(command, args, {
      ...owner,
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const log = fs.createWriteStream(path.join(folder, 'log.txt'), { flags: 'a' });
    let output = '';
    return new Promise((resolve) => {
      const settle = (result: string | undefined): void => {
        clearTimeout(timer);
        output = '';
        resolve(result);
      };
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle(`${output}\n(not ready after ${START_TIMEOUT_MS / 1000} s)`);
      }, START_TIMEOUT_MS);
      let open = true;
      const read = (chunk: Buffer): void => {
        log.write(chunk);
        if (!open) return;
        output += chunk.toString();
        if (!ready.test(output)) return;
        open = false;
        settle(undefined);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      this.#ended = new Promise((ended) => {
        child.once('error', (error) => {
          settle(error.message);
          ended();
        });
        child.once('close', () => {
          log.end();
          settle(output);
          ended();
        });
      });
    });
  }

  async stop(): Promise<void> {
    await this.#end(this.#recipe.stopSignal);
    running.delete(this);
    fs.rmSync(this.#recipe.folder, {
      recursive: true,
      force: true,
      maxRetries: 5,
      retryDelay: 100,
    });
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.#end(this.#recipe.stopSignal);
    await this.started();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return this.#ended;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  /** For the end of this process, when nothing can be awaited any more. */
  endAtOnce(): void {
    this.#child?.kill('SIGKILL');
    fs.rmSync(this.#recipe.folder, {
      recursive: true,
      force: true,
      maxRetries: 5,
      retryDelay: 100,
    });
  }
}

/** The client `docker run` passes SIGINT and SIGTERM on to the container, so it is a local program like the others. */
async function startDocker(
  url: string,
  ready: RegExp,
  args: readonly string[],
): Promise<RunningService> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-docker-'));
  const service = await new LocalService({
    url,
    folder,
    command: 'docker',
    args: ['run', '--rm', '--init', ...args],
    ready,
    owner: undefined,
    stopSignal: 'SIGTERM',
    retry: undefined,
  }).started();
  const refuse = (): Promise<void> =>
    Promise.reject(
      new ServiceUnavailable('a crash test needs a locally installed server, not Docker'),
    );
  return { url, pid: service.pid, stop: () => service.stop(), kill: refuse, restart: refuse };
}
