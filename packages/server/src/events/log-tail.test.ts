import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock, silentLog, systemClock, type Clock, type Log } from '../base/index.ts';
import { createMemoryBus, type Bus } from '../bus/index.ts';
import type { Database, Handle } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { Announcer } from './announcer.ts';
import { TOPICS } from './contract.ts';
import { LogTail } from './log-tail.ts';
import { EventStore } from './store.ts';
import { appendEvent, Heard, loseSequence } from './testing.ts';

function newTail(
  db: Database,
  ports: { store?: EventStore; bus?: Bus; clock?: Clock; log?: Log } = {},
): LogTail {
  const { store = new EventStore(db), bus = createMemoryBus(silentLog) } = ports;
  const tail = new LogTail(store, bus, ports.clock ?? systemClock, ports.log ?? silentLog);
  onTestFinished(() => tail.stop());
  return tail;
}

async function running(db: Database): Promise<{ tail: LogTail; heard: Heard }> {
  const tail = newTail(db);
  const heard = new Heard(tail);
  await tail.start();
  return { tail, heard };
}

/** A transaction that stays open until it is told how to end. */
async function openTransaction(db: Database, work: (tx: Handle) => Promise<unknown>) {
  const begun = Promise.withResolvers<void>();
  const verdict = Promise.withResolvers<void>();
  const ended = db.transaction(async (tx) => {
    await work(tx);
    begun.resolve();
    await verdict.promise;
  });
  ended.catch(begun.reject);
  // A test that fails leaves none open behind.
  onTestFinished(async () => {
    verdict.reject(new Error('the test is over'));
    await ended.catch(() => {});
  });
  await begun.promise;
  return {
    commit: async () => {
      verdict.resolve();
      await ended;
    },
    rollBack: async () => {
      verdict.reject(new Error('rolled back on purpose'));
      await expect(ended).rejects.toThrow('rolled back on purpose');
    },
  };
}

describe('LogTail', () => {
  it('starts at the end of the log and tells what comes after, in order', async () => {
    const db = await openTestDatabase();
    const old = await appendEvent(db);
    const { tail, heard } = await running(db);
    expect(tail.watermark).toBe(old);
    const seqs: number[] = [];
    for (let n = 0; n < 5; n++) {
      seqs.push(await appendEvent(db));
      tail.ring();
    }
    await heard.until(5);
    expect(heard.seqs).toEqual(seqs);
    expect(tail.watermark).toBe(seqs.at(-1));
  });

  it('tells of what it was not rung for, a little later', async () => {
    const db = await openTestDatabase();
    const { heard } = await running(db);
    const seq = await appendEvent(db);
    await heard.until(1);
    expect(heard.seqs).toEqual([seq]);
  });

  it('reads on until everything is told, however much came at once', async () => {
    const db = await openTestDatabase();
    const { tail, heard } = await running(db);
    await db.transaction(async (tx) => {
      for (let n = 0; n < 250; n++) await appendEvent(tx);
    });
    tail.ring();
    await heard.until(250);
    expect(heard.seqs).toEqual(Array.from({ length: 250 }, (_, n) => (heard.seqs[0] ?? 0) + n));
  });

  it('is not held up for ever by numbers that were rolled back', async () => {
    const db = await openTestDatabase();
    const { tail, heard } = await running(db);
    const seqs: number[] = [];
    for (let n = 0; n < 4; n++) {
      await loseSequence(db);
      await loseSequence(db);
      seqs.push(await appendEvent(db));
    }
    tail.ring();
    await heard.until(4);
    expect(heard.seqs).toEqual(seqs);
  });

  it('goes past many holes of one page with a single fence', async () => {
    const db = await openTestDatabase();
    let fences = 0;
    class CountingStore extends EventStore {
      override fenceTransactions(): Promise<number> {
        fences += 1;
        return super.fenceTransactions();
      }
    }
    const tail = newTail(db, { store: new CountingStore(db) });
    const heard = new Heard(tail);
    await tail.start();
    fences = 0;
    for (let n = 0; n < 10; n++) {
      await loseSequence(db);
      await appendEvent(db);
    }
    tail.ring();
    await heard.until(10);
    // It may have looked by itself in between; one fence for each hole would be ten.
    expect(fences).toBeLessThanOrEqual(3);
  });

  it('tells every listener, also when another fails', async () => {
    const db = await openTestDatabase();
    const tail = newTail(db);
    tail.onEvents(() => {
      throw new Error('a bug');
    });
    const heard = new Heard(tail);
    await tail.start();
    await appendEvent(db);
    tail.ring();
    await heard.until(1);
    await appendEvent(db);
    tail.ring();
    await heard.until(2);
  });

  it('tells once when it was started twice, and stops twice', async () => {
    const db = await openTestDatabase();
    const tail = newTail(db);
    const heard = new Heard(tail);
    await Promise.all([tail.start(), tail.start()]);
    await tail.start();
    const seqs = [await appendEvent(db), await appendEvent(db)];
    tail.ring();
    await heard.until(2);
    await Promise.all([tail.stop(), tail.stop()]);
    expect(heard.seqs).toEqual(seqs);
    await appendEvent(db);
    await tail.start();
    const later = await appendEvent(db);
    tail.ring();
    await heard.until(3);
    expect(heard.seqs).toEqual([...seqs, later]);
  });

  it('can be started again after a start that failed, and leaves no subscription behind', async () => {
    const db = await openTestDatabase();
    const memory = createMemoryBus(silentLog);
    let subscriptions = 0;
    const bus: Bus = {
      ...memory,
      async subscribe(topic, receive) {
        subscriptions += 1;
        const end = await memory.subscribe(topic, receive);
        return async () => {
          subscriptions -= 1;
          await end();
        };
      },
    };
    let is_away = true;
    class AwayStore extends EventStore {
      override async bounds() {
        if (is_away) throw new Error('no database');
        return super.bounds();
      }
    }
    const tail = newTail(db, { store: new AwayStore(db), bus });
    const heard = new Heard(tail);
    await expect(tail.start()).rejects.toThrow('no database');
    expect(subscriptions).toBe(0);
    is_away = false;
    await tail.start();
    await appendEvent(db);
    await bus.publish('events.log', '');
    await heard.until(1);
    await tail.stop();
    expect(subscriptions).toBe(0);
  });

  it('goes on where it was when the database comes back', async () => {
    const db = await openTestDatabase();
    const failed = Promise.withResolvers<void>();
    let is_away = false;
    class AwayStore extends EventStore {
      override async readAfter(...args: Parameters<EventStore['readAfter']>) {
        if (is_away) {
          failed.resolve();
          throw new Error('no database');
        }
        return super.readAfter(...args);
      }
    }
    const tail = newTail(db, { store: new AwayStore(db) });
    const heard = new Heard(tail);
    await tail.start();
    is_away = true;
    const seq = await appendEvent(db);
    tail.ring();
    await failed.promise;
    expect(heard.seqs).toEqual([]);
    is_away = false;
    tail.ring();
    await heard.until(1);
    expect(heard.seqs).toEqual([seq]);
  });

  it('hears of other processes by the bus', async () => {
    const db = await openTestDatabase();
    const bus = createMemoryBus(silentLog);
    // It never looks by itself, so nothing but the hint can wake it.
    const clock: Clock = {
      ...systemClock,
      sleep: (ms, signal) => systemClock.sleep(ms < 1_000 ? ms : 3_600_000, signal),
    };
    const other = newTail(db, { bus, clock });
    const heard = new Heard(other);
    await other.start();
    const seq = await appendEvent(db);
    const announcer = new Announcer(newTail(db), bus);
    announcer.announce();
    announcer.announce();
    await heard.until(1);
    expect(heard.seqs).toEqual([seq]);
  });
});

describe('Announcer', () => {
  it('tells the tail of its own process once: the hint that comes back is not another', async () => {
    const db = await openTestDatabase();
    const bus = createMemoryBus(silentLog);
    let reads = 0;
    const store = new (class extends EventStore {
      override readAfter(seq: number, limit: number) {
        reads++;
        return super.readAfter(seq, limit);
      }
    })(db);
    // Nothing but rings wakes it.
    const tail = newTail(db, { store, bus, clock: new ManualClock() });
    const heard = new Heard(tail);
    await tail.start();
    reads = 0;
    const echoes: (string | null)[] = [];
    await bus.subscribe(TOPICS.log, (from) => echoes.push(from));
    const announcer = new Announcer(tail, bus, new ManualClock());
    for (const count of [1, 2]) {
      await appendEvent(db);
      announcer.announce();
      await heard.until(count);
    }
    expect(echoes).toEqual([tail.id]);
    expect(reads).toBe(2);
  });

  it('goes on announcing after the bus has failed', async () => {
    const db = await openTestDatabase();
    const memory = createMemoryBus(silentLog);
    const published = Promise.withResolvers<void>();
    let calls = 0;
    const bus: Bus = {
      ...memory,
      async publish() {
        calls += 1;
        if (calls === 1) throw new Error('the bus is gone');
        published.resolve();
      },
    };
    const announcer = new Announcer(newTail(db), bus);
    announcer.announce();
    await new Promise((resolve) => setImmediate(resolve));
    announcer.announce();
    await published.promise;
  });

  it('covers a burst of commits with few hints', async () => {
    const db = await openTestDatabase();
    const sent: (() => void)[] = [];
    const bus: Bus = {
      ...createMemoryBus(silentLog),
      publish: () => new Promise((resolve) => sent.push(resolve)),
    };
    const clock = new ManualClock();
    const announcer = new Announcer(newTail(db), bus, clock);
    for (let n = 0; n < 100; n++) announcer.announce();
    expect(sent).toHaveLength(1);
    sent[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toHaveLength(1);
    clock.advance(10);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toHaveLength(2);
    sent[1]?.();
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(10);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toHaveLength(2);
    announcer.announce();
    expect(sent).toHaveLength(3);
  });
});

describe('LogTail, with transactions that overlap', () => {
  async function openShared(skip: (note: string) => never): Promise<Database> {
    const db = await openTestDatabase();
    if (db.capabilities.connections < 2) return skip('needs two connections');
    return db;
  }

  it('does not skip a lower sequence that is committed after a higher one', async ({ skip }) => {
    const db = await openShared(skip);
    const { tail, heard } = await running(db);
    let low = 0;
    const slow = await openTransaction(db, async (tx) => {
      low = await appendEvent(tx);
    });
    const high = await appendEvent(db);
    expect(high).toBeGreaterThan(low);
    for (let n = 0; n < 10; n++) {
      tail.ring();
      await db.query({ text: 'select pg_sleep(0.005)' });
    }
    expect(heard.seqs).toEqual([]);
    expect(tail.watermark).toBeLessThan(low);
    await slow.commit();
    tail.ring();
    await heard.until(2);
    expect(heard.seqs).toEqual([low, high]);
  });

  it('passes a hole as soon as its transaction has rolled back', async ({ skip }) => {
    const db = await openShared(skip);
    const { tail, heard } = await running(db);
    const doomed = await openTransaction(db, (tx) => appendEvent(tx));
    const other = await openTransaction(db, (tx) => appendEvent(tx));
    const high = await appendEvent(db);
    tail.ring();
    await doomed.rollBack();
    await other.rollBack();
    await heard.until(1);
    expect(heard.seqs).toEqual([high]);
  });

  it('waits for a transaction that has taken its number and written nothing yet', async ({
    skip,
  }) => {
    const db = await openShared(skip);
    const { tail, heard } = await running(db);
    let low = 0;
    const slow = await openTransaction(db, async (tx) => {
      const { rows } = await tx.query<{ seq: number }>({ text: 'select next_event_seq() as seq' });
      low = rows[0]?.seq ?? 0;
    });
    const high = await appendEvent(db);
    tail.ring();
    await db.query({ text: 'select pg_sleep(0.03)' });
    expect(heard.seqs).toEqual([]);
    await slow.rollBack();
    await heard.until(1);
    expect(heard.seqs).toEqual([high]);
    expect(low).toBeLessThan(high);
  });

  it('counts an event as old or new, never both or neither, when it starts in its transaction', async ({
    skip,
  }) => {
    const db = await openShared(skip);
    let low = 0;
    const slow = await openTransaction(db, async (tx) => {
      low = await appendEvent(tx);
    });
    const high = await appendEvent(db);
    const tail = newTail(db);
    const heard = new Heard(tail);
    let has_started = false;
    const started = tail.start().then(() => {
      has_started = true;
    });
    await db.query({ text: 'select pg_sleep(0.03)' });
    expect(has_started).toBe(false);
    await slow.commit();
    await started;
    // Both lie at or below the mark, and the log has them for whoever reads it up to there.
    expect(tail.watermark).toBe(high);
    const { events } = await new EventStore(db).readAfter(low - 1, 10);
    expect(events.map(({ seq }) => seq)).toEqual([low, high]);
    const next = await appendEvent(db);
    tail.ring();
    await heard.until(1);
    expect(heard.seqs).toEqual([next]);
  });

  it('can be stopped while it waits to start', async ({ skip }) => {
    const db = await openShared(skip);
    const slow = await openTransaction(db, (tx) => appendEvent(tx));
    const tail = newTail(db);
    const started = tail.start();
    await db.query({ text: 'select pg_sleep(0.02)' });
    await tail.stop();
    await started;
    await slow.commit();
    const heard = new Heard(tail);
    await tail.start();
    const seq = await appendEvent(db);
    tail.ring();
    await heard.until(1);
    expect(heard.seqs).toEqual([seq]);
  });

  it('says when a transaction stays open for long', async ({ skip }) => {
    const db = await openShared(skip);
    const clock = new ManualClock();
    const warned = Promise.withResolvers<string>();
    const log: Log = { ...silentLog, warn: (_, message) => warned.resolve(message) };
    const tail = newTail(db, { clock, log });
    const done = new AbortController();
    const passing = (async () => {
      while (!done.signal.aborted) {
        await db.query({ text: 'select 1' });
        clock.advance(200);
      }
    })();
    await tail.start();
    const slow = await openTransaction(db, (tx) => appendEvent(tx));
    await appendEvent(db);
    tail.ring();
    const message = await warned.promise;
    done.abort();
    await passing;
    expect(message).toMatch(/still open/);
    await slow.commit();
  });
});
