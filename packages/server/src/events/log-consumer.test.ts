import { describe, expect, it, onTestFinished } from 'vitest';
import { newId, silentLog, systemClock } from '../base/index.ts';
import { createMemoryBus } from '../bus/index.ts';
import type { Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { ConsumerStore } from './consumer-store.ts';
import { LogConsumer, type LogConsumerPorts } from './log-consumer.ts';
import { LogTail } from './log-tail.ts';
import { EventStore } from './store.ts';
import { appendEvent, appendMany } from './testing.ts';

async function setUp() {
  const db = await openTestDatabase();
  const tail = new LogTail(new EventStore(db), createMemoryBus(silentLog), systemClock, silentLog);
  await tail.start();
  onTestFinished(() => tail.stop());
  return { db, tail, store: new ConsumerStore(db) };
}

type Scene = Awaited<ReturnType<typeof setUp>>;

/** A running consumer and the sequences of the pages it was given. */
async function consume({ tail, store }: Scene, given: Partial<LogConsumerPorts> = {}) {
  const pages: number[][] = [];
  const consumer = new LogConsumer({
    name: 'test',
    holder: newId(),
    page: 3,
    from: 'beginning',
    consume: async (events) => void pages.push(events.map(({ seq }) => seq)),
    store,
    tail,
    clock: systemClock,
    log: silentLog,
    ...given,
  });
  await consumer.start();
  onTestFinished(() => consumer.stop());
  return { consumer, pages };
}

async function append({ db, tail }: Scene, count: number): Promise<number[]> {
  const seqs = await appendMany(db, count);
  tail.ring();
  return seqs;
}

async function cursor(db: Database): Promise<number | undefined> {
  const { rows } = await db.query<{ seq: number }>({
    text: "select seq from event_cursors where name = 'test'",
  });
  return rows[0]?.seq;
}

describe('a consumer of the log', () => {
  it('gets every event once and in order, in pages of its size, old ones first', async () => {
    const scene = await setUp();
    const old = await append(scene, 7);
    const { consumer, pages } = await consume(scene);
    await consumer.start();
    const fresh = await append(scene, 2);
    await expect.poll(() => pages.flat()).toEqual([...old, ...fresh]);
    expect(Math.max(...pages.map(({ length }) => length))).toBe(3);
  });

  it('that begins at the end gets only what comes after its first start', async () => {
    const scene = await setUp();
    const old = await append(scene, 4);
    await expect.poll(() => scene.tail.watermark).toBe(old.at(-1));
    const first = await consume(scene, { from: 'end' });
    const fresh = await append(scene, 1);
    await expect.poll(() => first.pages.flat()).toEqual(fresh);
    await first.consumer.stop();
    const missed = await append(scene, 2);
    await expect.poll(() => scene.tail.watermark).toBe(missed.at(-1));
    const second = await consume(scene, { from: 'end' });
    await expect.poll(() => second.pages.flat()).toEqual(missed);
  });

  it('goes on after a restart where it was, and gives its cursor back at once', async () => {
    const scene = await setUp();
    const first = await consume(scene);
    const before = await append(scene, 5);
    await expect.poll(() => cursor(scene.db)).toBe(before.at(-1));
    await first.consumer.stop();
    await first.consumer.stop();
    const second = await consume(scene);
    const after = await append(scene, 5);
    await expect.poll(() => second.pages.flat()).toEqual(after);
    expect(first.pages.flat()).toEqual(before);
  });

  it('tries a failed page again until it succeeds, before any later one', async () => {
    const scene = await setUp();
    let fails = 2;
    const pages: number[][] = [];
    await consume(scene, {
      clock: { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(5, signal) },
      consume: async (events) => {
        pages.push(events.map(({ seq }) => seq));
        if (fails-- > 0) throw new Error('not today');
      },
    });
    const seqs = await append(scene, 3);
    const later = await append(scene, 1);
    await expect.poll(() => cursor(scene.db)).toBe(later[0]);
    expect(pages.at(-1)?.at(-1)).toBe(later[0]);
    expect(pages.slice(0, 3)).toEqual([pages[0], pages[0], pages[0]]);
    expect([...new Set(pages.flat())]).toEqual([...seqs, ...later]);
  });

  it('is not hastened by new events while it fails, and complains once', async () => {
    const scene = await setUp();
    const waits: (() => void)[] = [];
    let tries = 0;
    const warned: unknown[] = [];
    const log = { ...silentLog, warn: (fields: unknown) => void warned.push(fields) };
    await consume(scene, {
      log,
      clock: {
        ...systemClock,
        sleep: (_ms, signal) =>
          new Promise((resolve) => {
            waits.push(resolve);
            signal?.addEventListener('abort', () => resolve(), { once: true });
          }),
      },
      consume: async () => {
        tries++;
        throw new Error('the broker is away');
      },
    });
    for (let round = 1; round <= 3; round++) {
      await append(scene, 1);
      waits.splice(0).forEach((go) => go());
      await expect.poll(() => tries).toBe(round);
      const last = await append(scene, 1);
      await expect.poll(() => scene.tail.watermark).toBe(last[0]);
      expect(tries).toBe(round);
    }
    expect(warned).toHaveLength(1);
  });

  it('of two with one name only one works at a time, and the other takes over', async () => {
    const scene = await setUp();
    let running = 0;
    let most = 0;
    const seen: number[] = [];
    const work: LogConsumerPorts['consume'] = async (events) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(...events.map(({ seq }) => seq));
      running--;
    };
    const first = await consume(scene, { consume: work });
    await consume(scene, { consume: work });
    const before = await append(scene, 8);
    await expect.poll(() => seen).toEqual(before);
    await first.consumer.stop();
    const after = await append(scene, 4);
    await expect.poll(() => seen).toEqual([...before, ...after]);
    expect(most).toBe(1);
  });

  it('takes over from a process that died when its lease has run out', async () => {
    const scene = await setUp();
    const seqs = await append(scene, 2);
    await scene.store.ensureCursor('test', 0);
    expect(await scene.store.leaseCursor('test', 'dead', 60_000, seqs[1] ?? 0)).toBe(0);
    expect(await scene.store.leaseCursor('test', 'other', 60_000, seqs[1] ?? 0)).toBeNull();
    await scene.db.query({ text: "update event_cursors set leased_until = '2001-01-01'" });
    const { pages } = await consume(scene);
    await expect.poll(() => pages.flat()).toEqual(seqs);
    // The dead one was only slow: it must not move what is no longer its own.
    await scene.store.moveCursor('test', 'dead', 1_000);
    expect(await cursor(scene.db)).toBe(seqs[1]);
  });

  it('passes over numbers that nobody wrote', async () => {
    const scene = await setUp();
    const { pages } = await consume(scene);
    const low = await appendEvent(scene.db);
    await scene.db.query({ text: 'select next_event_seq()' });
    const high = await appendEvent(scene.db);
    scene.tail.ring();
    await expect.poll(() => pages.flat()).toEqual([low, high]);
  });
});
