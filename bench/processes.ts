import { fork, spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { freePort } from '../scripts/service-processes.ts';
import type {
  HttpLoad,
  InsertLoad,
  Load,
  LoadReport,
  LoadResult,
  StreamLoad,
  StreamResult,
} from './load/contract.ts';
import type { ConstantServerOrder } from './load/constant-server.ts';

const MAIN = fileURLToPath(new URL('../packages/server/src/app/main.ts', import.meta.url));
const HEALTHY_MS = 60_000;
const POLL_MS = 2;

/** Something that runs beside this process. */
export interface Beside {
  readonly pid: number;
  readonly port: number;
  /** Resolves when it is gone. */
  stop(): Promise<void>;
}

/** A server as `npm start` runs it, and how long it took from its start until `/health` said that it is healthy. */
export interface ServerUnderTest extends Beside {
  readonly healthy_after_ms: number;
}

/** `node_options` go to Node itself, such as `--cpu-prof`. */
export async function startServer(
  environment: Readonly<Record<string, string>>,
  node_options: readonly string[] = [],
): Promise<ServerUnderTest> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, [...node_options, MAIN], {
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'warn', PORT: String(port), ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const stop = stopper(child, 'SIGINT');
  while (!(await isHealthy(port))) {
    if (child.exitCode !== null) throw new Error(`the server ended: ${stderr}`);
    if (performance.now() - began > HEALTHY_MS) {
      await stop();
      throw new Error(`the server was not healthy after ${HEALTHY_MS} ms: ${stderr}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const healthy_after_ms = performance.now() - began;
  return { pid: child.pid ?? 0, port, healthy_after_ms, stop };
}

function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get({ port, host: '127.0.0.1', path: '/health', agent: false });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

/** A server that always gives the same answer, in a process of its own. */
export async function startConstantServer(order: ConstantServerOrder): Promise<Beside> {
  const child = fork(fileURLToPath(new URL('./load/constant-server.ts', import.meta.url)));
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(message as number));
    child.once('exit', () => reject(new Error('the constant server ended')));
    child.send(order);
  });
  return { pid: child.pid ?? 0, port, stop: stopper(child, 'SIGKILL') };
}

/** The load generator, in a process of its own. It does one load at a time. */
export class Generator {
  readonly #child: ChildProcess;
  readonly stop: () => Promise<void>;
  #id = 0;

  constructor() {
    const file = fileURLToPath(new URL('./load/generator.ts', import.meta.url));
    this.#child = fork(file, { serialization: 'advanced' });
    this.stop = stopper(this.#child, 'SIGKILL');
  }

  /** Rejects when an answer was not the expected one. */
  run(load: HttpLoad | InsertLoad): Promise<LoadResult>;
  run(load: StreamLoad): Promise<StreamResult>;
  run(load: Load): Promise<LoadResult | StreamResult> {
    const id = this.#id++;
    return new Promise((resolve, reject) => {
      const end = () => reject(new Error('the load generator ended'));
      const receive = (message: unknown) => {
        const report = message as LoadReport;
        if (report.id !== id) return;
        this.#child.off('message', receive).off('exit', end);
        if ('fault' in report) reject(new Error(report.fault));
        else resolve(report.result);
      };
      this.#child.on('message', receive).once('exit', end);
      this.#child.send({ id, load });
    });
  }
}

function stopper(child: ChildProcess, signal: NodeJS.Signals): () => Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  return async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    process.off('exit', endWithUs);
  };
}

/** Processor time that a process has used, in seconds; null where the system does not tell. */
export function processorSeconds(pid: number): number | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces. Fields 14 and 15 count hundredths of a second.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return null;
  }
}

/** Memory of a process that is in RAM, in MB of 1,000,000 bytes; null where the system does not tell. */
export function residentMegabytes(pid: number): number | null {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? null : (Number(kilobytes) * 1_024) / 1_000_000;
  } catch {
    return null;
  }
}
