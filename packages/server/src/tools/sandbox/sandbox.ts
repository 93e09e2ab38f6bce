import { messageOf, whyNotStorable, type Clock, type Log, type Service } from '../../base/index.ts';
import { SANDBOX_LIMITS, type SandboxResult, type SandboxRun } from './contract.ts';
import type { GuestOutcome } from './messages.ts';
import { SandboxThread } from './sandbox-thread.ts';

/** After an interrupt that comes to nothing, as inside one long operation of the engine, the thread is killed. */
const KILL_AFTER_MS = 1_000;
/** A thread that had nothing to do for so long is given up. */
const IDLE_MS = 300_000;
const SLEEP_MS_MAX = 60_000;

export interface SandboxPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Runs at the same time; each has a thread, which is started when it is first needed. */
  readonly threads: number;
  /** A new UUID. */
  readonly uuid: () => string;
}

/**
 * Runs code of strangers in QuickJS, in threads of its own: what it does holds up nothing here. Every run has a fresh
 * context, limits on time, memory, stack and answer, and reaches nothing but the functions that it was given.
 */
export class Sandbox implements Service {
  readonly name = 'sandbox';
  readonly #ports: SandboxPorts;
  readonly #idle: { thread: SandboxThread; forget: () => void }[] = [];
  readonly #threads = new Set<SandboxThread>();
  readonly #waiting: ((thread: SandboxThread) => void)[] = [];
  #stopped = false;

  constructor(ports: SandboxPorts) {
    this.#ports = ports;
  }

  async start(): Promise<void> {
    this.#stopped = false;
  }

  /** Kills every thread; runs under way end as `stopped`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { forget } of this.#idle.splice(0)) forget();
    await Promise.all([...this.#threads].map((thread) => thread.kill()));
    this.#threads.clear();
  }

  /** Runs the code once. Never rejects. */
  async run(run: SandboxRun): Promise<SandboxResult> {
    const thread = await this.#takeThread(run.signal);
    if (!thread) return STOPPED;
    try {
      // The time of a run is its own: it does not pay for the start of its thread.
      thread.hold();
      await thread.ready;
      return toResult(await this.#runOn(thread, run));
    } finally {
      this.#giveBack(thread);
    }
  }

  #runOn(thread: SandboxThread, run: SandboxRun): Promise<GuestOutcome> {
    const { clock } = this.#ports;
    const { timeout_ms = SANDBOX_LIMITS.timeout_ms, memory_mb = SANDBOX_LIMITS.memory_mb } =
      run.limits ?? {};
    const stop = new SharedArrayBuffer(4);
    const finished = Promise.withResolvers<GuestOutcome>();
    let cancelKill = () => {};
    const interrupt = (outcome: GuestOutcome) => {
      Atomics.store(new Int32Array(stop), 0, 1);
      thread.end();
      cancelKill();
      cancelKill = clock.after(KILL_AFTER_MS, () => void thread.kill());
      void finished.promise.finally(cancelKill);
      ending ??= outcome;
    };
    let ending: GuestOutcome | null = null;
    const cancel = clock.after(timeout_ms, () =>
      interrupt({ error_class: 'timeout', error: `it took longer than ${timeout_ms} ms` }),
    );
    const abort = () => interrupt({ error_class: 'stopped', error: 'the run was stopped' });
    run.signal?.addEventListener('abort', abort, { once: true });
    if (run.signal?.aborted) abort();
    const over = new AbortController();
    const lane = new CallLane(SANDBOX_LIMITS.calls_at_once);
    thread.begin(
      {
        source: run.source,
        is_typescript: run.language === 'typescript',
        is_check: run.is_check ?? false,
        input: JSON.stringify(run.input ?? null),
        setup: JSON.stringify({
          request: run.request ?? {},
          secrets: run.secrets ?? {},
          functions: run.functions ?? [],
        }),
        memory_mb,
        stop,
      },
      {
        call: (call, name, args) => {
          const answer = () => this.#answer(thread, run, { call, name, args }, over.signal);
          // To sleep costs nothing, and must not hold up what does something.
          if (name === 'sleep') void answer();
          else lane.add(answer);
        },
        print: (text) => run.print?.(text),
        done: (outcome) => finished.resolve(ending ?? outcome),
      },
    );
    return finished.promise.finally(() => {
      cancel();
      over.abort();
      run.signal?.removeEventListener('abort', abort);
    });
  }

  async #answer(
    thread: SandboxThread,
    run: SandboxRun,
    { call, name, args }: { call: number; name: string; args: string },
    over: AbortSignal,
  ): Promise<void> {
    if (over.aborted) return;
    const [is_error, json] = await this.#perform(run, name, args, over)
      .then(toAnswer)
      .then(
        (answer) => [false, answer] as const,
        (error: unknown) => {
          const code = (error as { code?: unknown }).code;
          return [
            true,
            JSON.stringify({
              message: messageOf(error),
              code: typeof code === 'string' ? code : null,
            }),
          ] as const;
        },
      );
    if (!over.aborted) thread.answer(call, is_error, json);
  }

  async #perform(run: SandboxRun, name: string, args: string, over: AbortSignal): Promise<unknown> {
    const values = JSON.parse(args) as unknown[];
    const fault = whyNotStorable(values);
    if (fault) throw new Error(`the arguments cannot be taken: ${fault}`);
    if (name === 'uuid') return this.#ports.uuid();
    if (name === 'sleep') {
      const ms = Number(values[0]);
      return this.#ports.clock.sleep(ms >= 0 ? Math.min(ms, SLEEP_MS_MAX) : 0, over);
    }
    // The code can name whatever it likes; what it was not given is not there.
    if (!run.call || !run.functions?.includes(name))
      throw new Error(`there is no function ${name.slice(0, 50)}`);
    return run.call(name, values);
  }

  async #takeThread(signal?: AbortSignal): Promise<SandboxThread | null> {
    if (this.#stopped || signal?.aborted) return null;
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      idle.forget();
      if (!idle.thread.is_dead) return idle.thread;
      this.#threads.delete(idle.thread);
    }
    if (this.#threads.size < this.#ports.threads) return this.#newThread();
    const turn = Promise.withResolvers<SandboxThread | null>();
    const take = (thread: SandboxThread) => turn.resolve(thread);
    const leave = () => {
      const place = this.#waiting.indexOf(take);
      if (place >= 0) this.#waiting.splice(place, 1);
      turn.resolve(null);
    };
    this.#waiting.push(take);
    signal?.addEventListener('abort', leave, { once: true });
    return turn.promise.finally(() => signal?.removeEventListener('abort', leave));
  }

  #newThread(): SandboxThread {
    const thread = new SandboxThread();
    this.#threads.add(thread);
    return thread;
  }

  #giveBack(thread: SandboxThread): void {
    if (thread.is_dead) {
      this.#threads.delete(thread);
      this.#ports.log.warn({}, 'a thread of the sandbox was killed or died');
    }
    if (this.#stopped) return void thread.kill();
    const next = this.#waiting.shift();
    if (next) return next(thread.is_dead ? this.#newThread() : thread);
    if (thread.is_dead) return;
    const forget = this.#ports.clock.after(IDLE_MS, () => {
      const place = this.#idle.findIndex((each) => each.thread === thread);
      if (place >= 0) this.#idle.splice(place, 1);
      this.#threads.delete(thread);
      void thread.kill();
    });
    this.#idle.push({ thread, forget });
  }
}

/** @throws Error when it is too long to be handed to the code. */
function toAnswer(value: unknown): string {
  const json = JSON.stringify(value ?? null);
  if (json.length <= SANDBOX_LIMITS.answer_chars) return json;
  throw new Error(`the answer has ${json.length} characters; ask for less`);
}

/** Works on so many things at once, in the order in which they came. */
class CallLane {
  readonly #waiting: (() => Promise<void>)[] = [];
  #free: number;

  constructor(at_once: number) {
    this.#free = at_once;
  }

  add(work: () => Promise<void>): void {
    this.#waiting.push(work);
    this.#next();
  }

  #next(): void {
    if (this.#free === 0) return;
    const work = this.#waiting.shift();
    if (!work) return;
    this.#free--;
    void work().finally(() => {
      this.#free++;
      this.#next();
    });
  }
}

const STOPPED: SandboxResult = {
  status: 'error',
  error_class: 'stopped',
  error: 'the run was stopped',
};

function toResult(outcome: GuestOutcome): SandboxResult {
  if (!('json' in outcome)) return { status: 'error', ...outcome };
  const output = JSON.parse(outcome.json) as unknown;
  // JSON can be nested so deep that whoever walks it overflows.
  const fault = whyNotStorable(output);
  if (fault)
    return {
      status: 'error',
      error_class: 'not_json',
      error: `its answer is no such JSON as is kept: ${fault}`,
    };
  return { status: 'success', output };
}
