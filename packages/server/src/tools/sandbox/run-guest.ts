import {
  Scope,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
} from 'quickjs-emscripten-core';
import { SANDBOX_LIMITS, type SandboxFaultClass } from './contract.ts';
import type { GuestEngine } from './guest-engine.ts';
import { GUEST_PRELUDE } from './guest-prelude.ts';
import type { GuestOutcome } from './messages.ts';

const MIB = 1_048_576;
const STACK_BYTES = 256 * 1_024;
/** Jobs that run before it is looked whether the time is up. */
const JOBS_AT_ONCE = 1_000;
/** More characters than this cannot be fewer bytes than an answer may have. */
const COPY_CHARS_MAX = Math.max(SANDBOX_LIMITS.output_bytes, SANDBOX_LIMITS.host_call_chars);

export interface Guest {
  /** JavaScript without types. */
  readonly source: string;
  readonly input: string;
  readonly setup: string;
  readonly memory_mb: number;
  readonly is_check: boolean;
  isStopped(): boolean;
  /** Sends a call to the host; its answer comes by `settle`. */
  call(id: number, name: string, args: string): void;
  print(text: string): void;
}

/** A run that has begun: it ends by itself, or waits for answers of the host. */
export interface GuestRun {
  /** The outcome, or null while it waits for the host. */
  outcome(): GuestOutcome | null;
  settle(call: number, is_error: boolean, json: string): void;
  /** Gives everything back. Says whether that went well; after a run that broke the engine it does not. */
  dispose(): boolean;
}

/** Begins a run in a fresh context, in which nothing of another run is left. Never throws. */
export function startGuest(engine: GuestEngine, guest: Guest): GuestRun {
  engine.limitMemory(guest.memory_mb);
  const run = new Run(engine, guest);
  run.begin();
  return run;
}

class Run implements GuestRun {
  readonly #engine: GuestEngine;
  readonly #guest: Guest;
  readonly #scope = new Scope();
  /** Calls that are not answered yet, and the length of their arguments. */
  readonly #pending = new Map<number, number>();
  #pending_chars = 0;
  #runtime: QuickJSRuntime | null = null;
  #context: QuickJSContext | null = null;
  #settle: QuickJSHandle | null = null;
  #outcome: GuestOutcome | null = null;
  #is_broken = false;
  #calls = 0;
  #lines = 0;

  constructor(engine: GuestEngine, guest: Guest) {
    this.#engine = engine;
    this.#guest = guest;
  }

  outcome(): GuestOutcome | null {
    return this.#outcome;
  }

  begin(): void {
    this.#guard(() => {
      const runtime = this.#engine.module.newRuntime();
      this.#runtime = runtime;
      runtime.setMemoryLimit(this.#guest.memory_mb * MIB);
      runtime.setMaxStackSize(STACK_BYTES);
      runtime.setInterruptHandler(() => this.#guest.isStopped());
      const context = runtime.newContext();
      this.#context = context;
      const { run, settle } = this.#loadPrelude(context);
      this.#settle = settle;
      const execute = this.#loadSource(context);
      if (!execute) return;
      if (this.#guest.is_check) return this.#end({ json: 'null' });
      const [input, setup] = [this.#guest.input, this.#guest.setup].map((text) =>
        this.#scope.manage(context.newString(text)),
      ) as [QuickJSHandle, QuickJSHandle];
      const called = context.callFunction(run, context.undefined, execute, input, setup);
      if (called.error) return this.#fail(context, this.#scope.manage(called.error), 'threw');
      called.value.dispose();
      this.#work(runtime);
    });
  }

  settle(call: number, is_error: boolean, json: string): void {
    const chars = this.#pending.get(call);
    if (this.#outcome || chars === undefined) return;
    this.#pending.delete(call);
    this.#pending_chars -= chars;
    this.#guard(() => {
      const { context, runtime } = this.#live();
      Scope.withScope((scope) => {
        const answered = context.callFunction(
          this.#settle as QuickJSHandle,
          context.undefined,
          scope.manage(context.newNumber(call)),
          is_error ? context.true : context.false,
          scope.manage(context.newString(json)),
        );
        if (answered.error) return this.#fail(context, scope.manage(answered.error), 'threw');
        answered.value.dispose();
        this.#work(runtime);
      });
    });
  }

  dispose(): boolean {
    try {
      this.#scope.dispose();
      this.#context?.dispose();
      this.#runtime?.dispose();
      return !this.#is_broken;
    } catch {
      return false;
    }
  }

  #live(): { context: QuickJSContext; runtime: QuickJSRuntime } {
    if (!this.#context || !this.#runtime) throw new Error('the run has not begun');
    return { context: this.#context, runtime: this.#runtime };
  }

  /** The engine itself may break: its stack overflows, or it runs into a check of its own for want of memory. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#is_broken = true;
      const is_deep = error instanceof RangeError;
      this.#end(
        is_deep && !this.#engine.wasRefused()
          ? { error_class: 'threw', error: 'RangeError: Maximum call stack size exceeded' }
          : { error_class: 'memory', error: 'the sandbox ran out of memory' },
      );
    }
  }

  #loadPrelude(context: QuickJSContext): { run: QuickJSHandle; settle: QuickJSHandle } {
    const host = this.#scope.manage(
      context.newFunction('host', (name, args) => {
        const called = readText(context, name, 100);
        if (called === 'print') {
          this.#print(
            readText(context, args, Number.MAX_SAFE_INTEGER, SANDBOX_LIMITS.log_line_chars),
          );
          return context.undefined;
        }
        return context.newNumber(
          this.#callHost(called, readText(context, args, SANDBOX_LIMITS.host_call_chars)),
        );
      }),
    );
    const done = this.#scope.manage(
      context.newFunction('done', (kind, text) => {
        this.#finish(context, kind, text);
        return context.undefined;
      }),
    );
    const make = this.#scope.manage(
      context.unwrapResult(context.evalCode(GUEST_PRELUDE, 'prelude.js')),
    );
    const made = this.#scope.manage(
      context.unwrapResult(context.callFunction(make, context.undefined, host, done)),
    );
    return {
      run: this.#scope.manage(context.getProp(made, 'run')),
      settle: this.#scope.manage(context.getProp(made, 'settle')),
    };
  }

  /** The `execute` of the source; null when there is none, and the run has ended. */
  #loadSource(context: QuickJSContext): QuickJSHandle | null {
    const loaded = context.evalCode(this.#guest.source, 'tool.js', { type: 'module' });
    if (loaded.error) {
      this.#fail(context, this.#scope.manage(loaded.error), 'invalid_source');
      return null;
    }
    const exported = this.#scope.manage(loaded.value);
    const execute = this.#scope.manage(context.getProp(exported, 'execute'));
    if (context.typeof(execute) === 'function') return execute;
    this.#end({
      error_class: 'invalid_source',
      error: 'the source has no function that is exported as execute (without await outside of it)',
    });
    return null;
  }

  /** Runs what is to be run. When nothing is left and nothing is awaited of the host, nothing will ever come. */
  #work(runtime: QuickJSRuntime): void {
    while (!this.#outcome && runtime.hasPendingJob()) {
      const done = runtime.executePendingJobs(JOBS_AT_ONCE);
      if (done.error) {
        const { error } = done;
        this.#fail(error.context, error, 'threw');
        error.dispose();
      } else done.dispose?.();
      if (this.#guest.isStopped()) this.#end(TIMED_OUT);
    }
    if (this.#outcome || this.#pending.size > 0) return;
    this.#end(
      this.#engine.wasRefused()
        ? OUT_OF_MEMORY
        : { error_class: 'timeout', error: 'what it awaits can never come: nothing is under way' },
    );
  }

  #callHost(name: string, args: string): number {
    if (++this.#calls > SANDBOX_LIMITS.host_calls)
      throw new Error(`at most ${SANDBOX_LIMITS.host_calls} calls may be made`);
    if (this.#pending_chars + args.length > SANDBOX_LIMITS.pending_chars)
      throw new Error('the calls under way are too long together; await some first');
    this.#pending_chars += args.length;
    this.#pending.set(this.#calls, args.length);
    this.#guest.call(this.#calls, name, args);
    return this.#calls;
  }

  #print(text: string): void {
    this.#lines++;
    if (this.#lines > SANDBOX_LIMITS.log_lines) return;
    const is_last = this.#lines === SANDBOX_LIMITS.log_lines;
    this.#guest.print(is_last ? 'what is printed from here on is left out' : text);
  }

  #finish(context: QuickJSContext, kind: QuickJSHandle, text: QuickJSHandle): void {
    const said = readText(context, kind, 20);
    if (said !== 'ok') {
      const reason = readText(context, text, Number.MAX_SAFE_INTEGER, SANDBOX_LIMITS.reason_chars);
      return this.#explain(said === 'not_json' ? 'not_json' : 'threw', reason);
    }
    const chars = lengthOf(context, text);
    const json = chars > SANDBOX_LIMITS.output_bytes ? null : context.getString(text);
    const bytes = json === null ? chars : Buffer.byteLength(json);
    if (json !== null && bytes <= SANDBOX_LIMITS.output_bytes) return this.#end({ json });
    this.#end({
      error_class: 'output_too_large',
      error: `its answer has ${bytes} bytes or more; at most ${SANDBOX_LIMITS.output_bytes} are taken`,
    });
  }

  #fail(context: QuickJSContext, error: QuickJSHandle, error_class: SandboxFaultClass): void {
    const parts = ['name', 'message'].map((part) => {
      const handle = context.typeof(error) === 'object' ? context.getProp(error, part) : null;
      const text =
        handle && context.typeof(handle) === 'string'
          ? readText(context, handle, Infinity, 1_000)
          : '';
      handle?.dispose();
      return text;
    });
    const said = parts.filter((part) => part !== '').join(': ') || 'something that is no error';
    // Only what cannot be read is the fault of the source; what it throws as it loads was thrown.
    const is_syntax = /^(SyntaxError|ReferenceError: could not load)/.test(said);
    this.#explain(error_class === 'invalid_source' && !is_syntax ? 'threw' : error_class, said);
  }

  #explain(error_class: SandboxFaultClass, error: string): void {
    if (this.#guest.isStopped()) return this.#end(TIMED_OUT);
    if (error.startsWith('InternalError: out of memory') || this.#engine.wasRefused())
      return this.#end(OUT_OF_MEMORY);
    this.#end({ error_class, error: error.slice(0, SANDBOX_LIMITS.reason_chars).toWellFormed() });
  }

  #end(outcome: GuestOutcome): void {
    this.#outcome ??= outcome;
  }
}

const TIMED_OUT: GuestOutcome = { error_class: 'timeout', error: 'it took too long' };
const OUT_OF_MEMORY: GuestOutcome = {
  error_class: 'memory',
  error: 'it wanted more memory than it may have',
};

function lengthOf(context: QuickJSContext, text: QuickJSHandle): number {
  if (context.typeof(text) !== 'string') return 0;
  // Of a string itself, which no code can change.
  const length = context.getProp(text, 'length');
  const chars = context.getNumber(length);
  length.dispose();
  return chars;
}

/** A text of the guest's, no longer than `chars_max`; the beginning of it where only `kept` are wanted. */
function readText(
  context: QuickJSContext,
  text: QuickJSHandle,
  chars_max: number,
  kept?: number,
): string {
  const chars = lengthOf(context, text);
  if (chars > chars_max)
    throw new Error(`the arguments are too long (${chars} characters of ${chars_max})`);
  if (chars > COPY_CHARS_MAX) return `(a text of ${chars} characters)`;
  if (chars === 0) return '';
  const whole = context.getString(text);
  return kept === undefined || whole.length <= kept
    ? whole
    : `${whole.slice(0, kept).toWellFormed()}…`;
}
