import type { RunCreate } from '@cairn/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError, ManualClock, newId, silentLog } from '../base/index.ts';
import { LiveTraces, OPEN_AFTER_MS } from './live-traces.ts';
import type { TracedRunRow, TraceStore } from './trace-store.ts';

const OWNER_ID = newId();

function rowOf(id: string): TracedRunRow {
  return {
    id,
    agent_id: newId(),
    agent_name: 'a',
    definition_version: 1,
    state: 'running',
    error_class: null,
    error: null,
    started_at: '2026-01-01T00:00:00.000Z',
    finished_at: null,
    parent_run_id: null,
    trigger_id: newId(),
    conversation_id: 'c',
    depth: 0,
    root_run_id: id,
  };
}

/** Runs that go on, in a store that answers when it is allowed to, and what is told of them. */
async function start(under_way: readonly string[] = []) {
  const clock = new ManualClock();
  const told: string[] = [];
  let read = 0;
  let waiter: { count: number; resolve: () => void } | null = null;
  let failure: Error | null = null;
  const note = (run_id: string) => {
    told.push(run_id);
    if (waiter && told.length >= waiter.count) waiter.resolve();
  };
  const store: Pick<TraceStore, 'open' | 'read'> = {
    open: async () => under_way.map((run_id) => ({ run_id, owner_id: OWNER_ID })),
    read: async (_, run_id) => {
      read++;
      return { run: rowOf(run_id), steps: [], calls: [], context: null };
    },
  };
  const tell = async (_: string, { run_id }: RunCreate) => {
    note(run_id);
    if (failure) throw failure;
  };
  const sink = { record: tell, recordOpen: tell };
  const live = new LiveTraces({ clock, log: silentLog, sink, store: store as TraceStore });
  await live.start();
  onTestFinished(() => live.stop());
  return {
    clock,
    live,
    told,
    reads: () => read,
    fail: (error: Error | null) => {
      failure = error;
    },
    /** Resolves once so much was told, and nothing is being told any more. */
    async until(count: number) {
      if (told.length < count) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiter = { count, resolve };
        await promise;
      }
      await live.settled();
    },
    heard: (id: string, started_ms = clock.now()) =>
      live.heard({ id, owner_id: OWNER_ID }, started_ms),
  };
}

describe('runs that go on', () => {
  it('cost nothing when they end in time', async () => {
    const { live, clock, heard, reads } = await start();
    const id = newId();
    heard(id);
    clock.advance(OPEN_AFTER_MS - 1);
    live.ended({ id });
    clock.advance(OPEN_AFTER_MS);
    await live.settled();
    expect(reads()).toBe(0);
  });

  it('are told of once they took long, and then with each thing they do', async () => {
    const { clock, heard, told, until } = await start();
    const [slow, other] = [newId(), newId()];
    const began = clock.now();
    heard(slow, began);
    clock.advance(100);
    heard(other);
    heard(slow, began);
    clock.advance(OPEN_AFTER_MS - 100);
    await until(1);
    expect(told).toEqual([slow]);
    clock.advance(100);
    await until(2);
    expect(told).toEqual([slow, other]);
    heard(slow, began);
    heard(slow, began);
    clock.advance(250);
    await until(3);
    clock.advance(10_000);
    await until(3);
    expect(told).toEqual([slow, other, slow]);
  });

  it('are tried again after a failure of ours, but not when they are refused', async () => {
    const { clock, heard, told, until, fail } = await start();
    const id = newId();
    fail(new Error('the database is away'));
    heard(id);
    clock.advance(OPEN_AFTER_MS);
    await until(1);
    fail(new AppError('invalid_run', 'private'));
    clock.advance(5_000);
    await until(2);
    clock.advance(60_000);
    await until(2);
    expect(told).toEqual([id, id]);
  });

  it('are found when the process starts', async () => {
    const id = newId();
    const { clock, live, told, until } = await start([id]);
    await live.settled();
    clock.advance(OPEN_AFTER_MS);
    await until(1);
    expect(told).toEqual([id]);
  });

  it('are nobody’s business after the stop', async () => {
    const { clock, live, heard, reads } = await start();
    heard(newId());
    await live.stop();
    heard(newId());
    clock.advance(60_000);
    await live.settled();
    expect(reads()).toBe(0);
  });
});
