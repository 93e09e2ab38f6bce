import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import type { Clock, Log } from '../../base/index.ts';
import type { McpReach, McpSdk } from './contract.ts';

/** Bytes of one message; a server that sends a longer one is stopped. */
const MESSAGE_BYTES_MAX = 10 * 1_048_576;
/** How long a process has to end by itself: after its input has ended, and after it was asked to. */
const GRACE_MS = 1_000;
/** Of what a process says on its error output, the end is kept for the log. */
const STDERR_CHARS = 2_000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Runs a server as a process and talks with it over its input and output. Differs from the library's transport in what
 * matters to a server that holds secrets and runs for long: the process gets exactly the environment that it is given,
 * it leads a process group of its own, and all of that group ends with it, however it ended.
 */
export class StdioTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];
  /** The library tells by these two that it talks with a process. What it says there is ours to read. */
  readonly stderr = null;
  pid: number | null = null;
  readonly #reach: McpReach & { type: 'stdio' };
  readonly #ports: { readonly sdk: McpSdk; readonly clock: Clock; readonly log: Log };
  readonly #ended = Promise.withResolvers<void>();
  #child: Child | null = null;
  #said = '';
  #why_over: string | null = null;
  /** The group was ended; its number may by now be somebody else's. */
  #is_group_gone = false;
  #is_taking = false;

  constructor(
    reach: McpReach & { type: 'stdio' },
    ports: { readonly sdk: McpSdk; readonly clock: Clock; readonly log: Log },
  ) {
    this.#reach = reach;
    this.#ports = ports;
  }

  /** Why the process is not there any more; null while it is. */
  get why_over(): string | null {
    return this.#why_over;
  }

  start(): Promise<void> {
    const { command, args, env, cwd } = this.#reach;
    const child: Child = spawn(command, [...args], {
      env: { ...env },
      cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      shell: false,
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.#child = child;
    this.pid = child.pid ?? null;
    child.stdin.on('error', (error) => this.onerror?.(error));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-STDERR_CHARS);
    });
    this.#read(child);
    // Not `close`: that waits for everybody who holds the pipes, and a grandchild may hold them for ever.
    child.once('exit', (code, signal) => void this.#end(code, signal));
    return new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error: NodeJS.ErrnoException) => {
        this.#why_over = `cannot be started: ${error.code ?? error.message}`;
        this.#ended.resolve();
        reject(error);
      });
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    const input = this.#child?.stdin;
    if (!input?.writable) return Promise.reject(new Error('the process takes no more input'));
    return new Promise((resolve, reject) => {
      input.write(this.#ports.sdk.serializeMessage(message), (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  /** Ends the process and all that it began: kindly at first. Resolves when it is gone. */
  async close(): Promise<void> {
    if (!this.#child || this.pid === null) return;
    this.#why_over ??= 'was stopped';
    this.#child.stdin.end();
    await this.#waitForEnd();
    this.#kill('SIGTERM');
    await this.#waitForEnd();
    this.#kill('SIGKILL');
    await this.#ended.promise;
  }

  #read(child: Child): void {
    const buffer = new this.#ports.sdk.ReadBuffer({ maxBufferSize: MESSAGE_BYTES_MAX });
    child.stdout.on('data', (chunk: Buffer) => {
      try {
        buffer.append(chunk);
      } catch (error) {
        this.#why_over ??= `sent a message of more than ${MESSAGE_BYTES_MAX} bytes`;
        this.onerror?.(error as Error);
        this.#kill('SIGKILL');
        return;
      }
      void this.#take(buffer);
    });
  }

  /**
   * Passes on what has come. The library works on what is no answer a moment later than on an answer: an answer that came
   * together with the progress before it would otherwise be first.
   */
  async #take(buffer: InstanceType<McpSdk['ReadBuffer']>): Promise<void> {
    if (this.#is_taking) return;
    this.#is_taking = true;
    for (let more = true; more;) {
      try {
        const message = buffer.readMessage();
        more = message !== null;
        if (message === null) break;
        this.onmessage?.(message);
        if (!('id' in message)) await turnOfEventLoop();
      } catch (error) {
        // A line that is no message. The next one may be.
        this.onerror?.(error as Error);
      }
    }
    this.#is_taking = false;
  }

  async #end(code: number | null, signal: string | null): Promise<void> {
    this.#why_over ??= signal ? `was ended by ${signal}` : `ended with code ${code}`;
    // What is left of its group would otherwise live on, without anybody who talks with it.
    this.#kill('SIGKILL');
    this.#is_group_gone = true;
    const { clock, log } = this.#ports;
    const read = this.#child && !this.#child.stdout.readableEnded;
    if (read) {
      const late = new AbortController();
      this.#child?.stdout.once('close', () => late.abort());
      await clock.sleep(GRACE_MS, late.signal);
    }
    if (this.#said !== '')
      log.debug({ said: this.#said }, 'what an MCP server said before it ended');
    this.#ended.resolve();
    this.onclose?.();
  }

  async #waitForEnd(): Promise<void> {
    const enough = new AbortController();
    void this.#ended.promise.then(() => enough.abort());
    await this.#ports.clock.sleep(GRACE_MS, enough.signal);
  }

  #kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this;
    if (pid === null || this.#is_group_gone) return;
    try {
      if (process.platform === 'win32') this.#child?.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // The group is gone.
    }
  }
}

function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
