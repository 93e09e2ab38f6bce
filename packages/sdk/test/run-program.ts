import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A Node process that uses the tracer. */
export interface Program extends AsyncDisposable {
  /** Resolves when a line was printed that begins so; the lines so far. */
  until(prefix: string, times?: number): Promise<string[]>;
  kill(): void;
  /** Resolves when it has left: its exit code, and all that it printed. */
  left(): Promise<{ code: number | null; lines: string[] }>;
}

const index = new URL('../src/index.ts', import.meta.url).href;

/** Starts a program; `createTracer` is imported, and `args` are in `process.argv.slice(1)`. */
export function startProgram(source: string, ...args: string[]): Program {
  const code = `import { createTracer } from ${JSON.stringify(index)};\n${source}`;
  const child: ChildProcessByStdio<null, Readable, null> = spawn(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', code, ...args],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    for (const listener of listeners) listener();
  });
  const closed = once(child, 'close');
  return {
    until: (prefix, times = 1) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (lines.filter((line) => line.startsWith(prefix)).length < times) return;
          listeners.delete(look);
          resolve(lines);
        };
        listeners.add(look);
        look();
        void closed.then(() => reject(new Error(`the program left: ${lines.join('\n')}`)));
      }),
    kill: () => void child.kill('SIGKILL'),
    async left() {
      await closed;
      return { code: child.exitCode, lines };
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
