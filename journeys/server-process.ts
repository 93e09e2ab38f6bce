import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../packages/server/src/app/main.ts', import.meta.url));

/** A server in a process of its own, as `npm start` runs it. */
export interface ServerProcess {
  readonly pid: number;
  /** Where it answers, such as `http://localhost:40123`; empty for a process without the API. */
  readonly url: string;
  /** The first line it printed. */
  readonly banner: string;
  /** All that it has printed so far. */
  output(): string;
  /** Ends it as a crash would. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends it as Ctrl-C does. Resolves with its exit code and how long that took. */
  stop(): Promise<{ code: number | null; took_ms: number }>;
}

/** Starts a server and resolves when it has said where it is. It is ended with the test, if it runs then. */
export async function startServer(environment: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) await end('SIGKILL');
  });
  const banner = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')));
    });
    void ended.then((code) =>
      reject(new Error(`the server ended with ${code}: ${stderr || stdout}`)),
    );
  });
  return {
    pid: child.pid ?? 0,
    url: /http:\/\/\S+/.exec(banner)?.[0] ?? '',
    banner,
    output: () => stdout + stderr,
    kill: async () => void (await end('SIGKILL')),
    async stop() {
      const began = Date.now();
      return { code: await end('SIGINT'), took_ms: Date.now() - began };
    },
  };
}

/** A folder that is removed with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-journey-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
