import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../bin/cairn.mjs', import.meta.url));

/** A running `cairn` and what it wrote. */
export interface CliRun {
  child: ChildProcess;
  /** Resolves when stdout, or stderr, holds this text. */
  wrote(text: string): Promise<void>;
  done: Promise<CliResult>;
}

/** How a run ended. */
export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** How to start it, besides its arguments. */
export interface CliOptions {
  input?: string;
  env?: Record<string, string>;
  cwd?: string;
  /** Flags of Node itself. */
  node_flags?: readonly string[];
}

/** Starts the real command in a process of its own, without a terminal and without the environment of the tests. */
export function startCli(args: readonly string[], options: CliOptions = {}): CliRun {
  const child = spawn(process.execPath, [...(options.node_flags ?? []), BIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', TZ: 'UTC', ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: 'pipe',
  });
  const written = { stdout: '', stderr: '' };
  const waiting: { text: string; resolve: () => void }[] = [];
  const look = (): void => {
    for (const { text, resolve } of waiting) {
      if (written.stdout.includes(text) || written.stderr.includes(text)) resolve();
    }
  };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      look();
    });
  }
  // A command that does not read its input may be gone before all of it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return {
    child,
    wrote: (text) =>
      new Promise((resolve) => {
        waiting.push({ text, resolve });
        look();
      }),
    done: new Promise((resolve) => {
      child.on('close', (code) => resolve({ code, ...written }));
    }),
  };
}

/** Runs the command to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).done;
}
