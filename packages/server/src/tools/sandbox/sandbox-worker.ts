import { stripTypeScriptTypes } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { loadEngine, type GuestEngine } from './guest-engine.ts';
import type { FromThread, GuestOutcome, ToThread } from './messages.ts';
import { startGuest, type GuestRun } from './run-guest.ts';

/** Sources without their types that are kept, since a tool is mostly called more than once. */
const STRIPPED_MAX = 50;

/** The thread's side of the sandbox: one run at a time, each in a fresh context. */
const port = parentPort;
if (!port) throw new Error('this file is the script of a worker thread');

const stripped = new Map<string, string>();
let engine: GuestEngine | null = null;
let current: { run: number; guest: GuestRun } | null = null;

function tell(message: FromThread): void {
  port?.postMessage(message);
}

function withoutTypes(source: string): string {
  const known = stripped.get(source);
  if (known !== undefined) return known;
  const code = stripTypeScriptTypes(source, { mode: 'strip' });
  if (stripped.size >= STRIPPED_MAX) stripped.clear();
  stripped.set(source, code);
  return code;
}

function begin(message: Extract<ToThread, { kind: 'run' }>): void {
  const { run, memory_mb, input, setup, is_check } = message;
  const stop = new Int32Array(message.stop);
  let source: string;
  try {
    source = message.is_typescript ? withoutTypes(message.source) : message.source;
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 1_000) : 'it cannot be read';
    return finish(run, { error_class: 'invalid_source', error: why });
  }
  if (!engine) throw new Error('a run came before the engine was loaded');
  const guest = startGuest(engine, {
    source,
    input,
    setup,
    memory_mb,
    is_check,
    isStopped: () => Atomics.load(stop, 0) !== 0,
    call: (call, name, args) =>
      tell({
        kind: 'call',
        run,
        call,
        name,
        args,
      }),
    print: (text) =>
      tell({
        kind: 'print',
        run,
        text,
      }),
  });
  current = { run, guest };
  endIfOver();
}

function endIfOver(): void {
  const outcome = current?.guest.outcome();
  if (current && outcome) finish(current.run, outcome);
}

function finish(run: number, outcome: GuestOutcome): void {
  release();
  const is_reloading = engine === null;
  tell({ kind: 'done', run, outcome, is_reloading });
  if (is_reloading) void load();
}

/** An engine that broke, or has grown, is left to the garbage collector, and another is loaded. */
function release(): void {
  if (!current) return;
  const is_whole = current.guest.dispose();
  current = null;
  if (!is_whole || !engine?.isFit()) engine = null;
}

async function load(): Promise<void> {
  engine = await loadEngine();
  tell({ kind: 'ready' });
}

port.on('message', (message: ToThread) => {
  if (message.kind === 'run') {
    begin(message);
  } else if (current?.run !== message.run) {
    // The answer comes too late: the run has ended.
  } else if (message.kind === 'answer') {
    current.guest.settle(message.call, message.is_error, message.json);
    endIfOver();
  } else {
    finish(message.run, { error_class: 'stopped', error: 'the run was stopped' });
  }
});

await load();
