import { Worker } from 'node:worker_threads';
import type { FromThread, GuestOutcome, ToThread } from './messages.ts';

const SCRIPT = new URL('./sandbox-worker.ts', import.meta.url);

/** What the one run of a thread wants to hear of it. */
export interface ThreadListener {
  call(call: number, name: string, args: string): void;
  print(text: string): void;
  done(outcome: GuestOutcome): void;
}

/** A thread of the sandbox from outside. It keeps the process alive only while it has a run. */
export class SandboxThread {
  readonly #worker: Worker;
  #run = 0;
  #listener: ThreadListener | null = null;
  #is_dead = false;
  #ready = Promise.withResolvers<void>();

  constructor() {
    this.#worker = new Worker(SCRIPT, {
      // It needs neither the keys in the environment nor the flags of this process.
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 128 },
    });
    // What the engine says as it breaks is told in words of ours.
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.unref();
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.on('error', (error: NodeJS.ErrnoException) => this.#die(error));
    this.#worker.on('exit', () => this.#die(null));
  }

  /** Resolves when a run would begin at once, or the thread is dead. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get is_dead(): boolean {
    return this.#is_dead;
  }

  /** While it is held it keeps the process alive. */
  hold(): void {
    this.#worker.ref();
  }

  begin(
    given: Omit<Extract<ToThread, { kind: 'run' }>, 'kind' | 'run'>,
    listener: ThreadListener,
  ): void {
    this.#listener = listener;
    if (this.#is_dead) return this.#die(null);
    this.#tell({ ...given, kind: 'run', run: ++this.#run });
  }

  answer(call: number, is_error: boolean, json: string): void {
    if (this.#listener) this.#tell({ kind: 'answer', run: this.#run, call, is_error, json });
  }

  /** Ends the run if it only waits; code that is busy is interrupted by its flag, or killed. */
  end(): void {
    if (this.#listener) this.#tell({ kind: 'end', run: this.#run });
  }

  /** Kills the thread, whatever it does. */
  async kill(): Promise<void> {
    this.#is_dead = true;
    await this.#worker.terminate();
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromThread): void {
    if (message.kind === 'ready') return this.#ready.resolve();
    if (message.kind === 'done' && message.is_reloading) this.#ready = Promise.withResolvers();
    const listener = this.#listener;
    if (!listener || message.run !== this.#run) return;
    if (message.kind === 'call') listener.call(message.call, message.name, message.args);
    else if (message.kind === 'print') listener.print(message.text);
    else this.#finish(message.outcome);
  }

  #finish(outcome: GuestOutcome): void {
    const listener = this.#listener;
    this.#listener = null;
    this.#worker.unref();
    listener?.done(outcome);
  }

  #die(error: NodeJS.ErrnoException | null): void {
    this.#is_dead = true;
    this.#ready.resolve();
    const is_memory = error?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.#finish({
      error_class: is_memory ? 'memory' : 'threw',
      error: is_memory ? 'the sandbox ran out of memory' : 'the thread of the sandbox ended',
    });
  }
}
