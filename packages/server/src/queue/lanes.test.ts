import { describe, expect, it } from 'vitest';
import { ManualClock, newId } from '../base/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import type { NewDelivery } from './contract.ts';
import { DeliveryStore } from './store.ts';
import { signal } from './testing.ts';
import { openWorkerBench } from './testing/worker-bench.ts';

const OWNER = newId();
const LEASE_MS = 1_000;

async function open() {
  const db = await openTestDatabase();
  const clock = new ManualClock();
  const store = new DeliveryStore(db, clock);
  const put = async (lane: string, keys: readonly string[], more?: Partial<NewDelivery>) => {
    const items = keys.map((dedupe_key) => ({
      queue: 'q',
      owner_id: OWNER,
      payload: null,
      dedupe_key,
      lane,
      ...more,
    }));
    await store.enqueue(items);
  };
  const claim = async (limit: number, lane_limit?: number) =>
    (await store.claim('q', 'w', limit, LEASE_MS, lane_limit)).map((each) => each.dedupe_key);
  return { db, clock, store, put, claim };
}

const keys = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${name}${String(n).padStart(3, '0')}`);

describe('lanes', () => {
  it('give up at most so many deliveries at once, the oldest first', async () => {
    const { put, claim } = await open();
    await put('slow', keys('s', 50));
    expect(await claim(10, 3)).toEqual(['s000', 's001', 's002']);
    expect(await claim(10, 3)).toEqual([]);
  });

  it('leave room for others behind however many wait in one', async () => {
    const { put, claim } = await open();
    await put('slow', keys('s', 200));
    await put('fast', keys('f', 2));
    expect(await claim(32, 4)).toEqual(['s000', 's001', 's002', 's003', 'f000', 'f001']);
  });

  it('take turns: what has least under way comes first', async () => {
    const { put, claim } = await open();
    await put('a', keys('a', 10));
    await put('b', keys('b', 10));
    await put('c', keys('c', 10));
    expect(await claim(3, 8)).toEqual(['a000', 'b000', 'c000']);
    await put('d', keys('d', 1));
    expect(await claim(1, 8)).toEqual(['d000']);
  });

  it('have room again when one is finished, or its lease is over', async () => {
    const { db, clock, store, put, claim } = await open();
    await put('slow', keys('s', 4));
    const [first] = await store.claim('q', 'w', 2, LEASE_MS, 2);
    expect(await claim(5, 2)).toEqual([]);
    if (!first) throw new Error('nothing was claimed');
    await store.complete(db, first);
    expect(await claim(5, 2)).toEqual(['s002']);
    clock.advance(LEASE_MS);
    // Both that were owned are free: the one that was begun first is the oldest of what is due.
    expect(await claim(5, 2)).toEqual(['s001', 's003']);
  });

  it('do not count as due when they are full, or when nothing of them can begin', async () => {
    const { clock, store, put, claim } = await open();
    expect(await store.nextDueIn('q', 2)).toBeNull();
    await put('slow', keys('s', 4));
    expect(await store.nextDueIn('q', 2)).toBe(0);
    await claim(2, 2);
    expect(await store.nextDueIn('q', 2)).toBeNull();
    await put('late', keys('l', 1), { delay_ms: 300 });
    await put('late', keys('g', 2), { delay_ms: 200, group_key: 'g' });
    expect(await store.nextDueIn('q', 2)).toBe(200);
    clock.advance(200);
    expect(await claim(5, 2)).toEqual(['g000']);
    expect(await store.nextDueIn('q', 2)).toBe(100);
  });

  it('keep the order of groups', async () => {
    const { db, store, put, claim } = await open();
    await put('x', keys('g', 3), { group_key: 'g' });
    await put('x', keys('h', 2), { group_key: 'h' });
    const claimed = await store.claim('q', 'w', 8, LEASE_MS, 8);
    expect(claimed.map(({ dedupe_key }) => dedupe_key)).toEqual(['g000', 'h000']);
    for (const each of claimed) await store.complete(db, each);
    expect(await claim(8, 8)).toEqual(['g001', 'h001']);
  });

  it('do not look past those that wait for the first of their group to be tried again', async () => {
    const { db, clock, store, put, claim } = await open();
    await put('x', keys('g', 600), { group_key: 'g' });
    await put('x', keys('h', 1), { group_key: 'h' });
    const [first] = await store.claim('q', 'w', 1, LEASE_MS, 8);
    if (!first) throw new Error('nothing was claimed');
    await store.retry(first, 5_000, 'not now');
    await put('x', keys('late', 1), { group_key: 'g' });
    expect(await store.claim('q', 'w', 8, LEASE_MS, 8)).toMatchObject([{ dedupe_key: 'h000' }]);
    const due = await db.query({
      text: "select from deliveries where due_at <= to_timestamp($1::float8 / 1000) and group_key = 'g'",
      values: [clock.now()],
    });
    expect(due.count).toBe(0);
    clock.advance(5_000);
    expect(await claim(8, 8)).toContain('g000');
    await expect(store.retry(first, 0, 'late')).rejects.toThrow('lost');
  });

  it('are all made due by a word', async () => {
    const { db, store, put, claim } = await open();
    await put('a', keys('a', 2), { delay_ms: 60_000 });
    await put('b', keys('b', 1), { delay_ms: 60_000 });
    await store.hasten('q', 'a', db);
    expect(await claim(8, 8)).toEqual(['a000', 'a001']);
  });

  it('are owned once when many claim at once', async () => {
    const { store, put } = await open();
    for (const lane of ['a', 'b', 'c', 'd']) await put(lane, keys(lane, 20));
    const rounds = await Promise.all(
      Array.from({ length: 8 }, (_, n) => store.claim('q', `w${n}`, 5, LEASE_MS, 20)),
    );
    const all = rounds.flat().map(({ dedupe_key }) => dedupe_key);
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(5);
  });
});

it('a worker goes on with other lanes while one does not come back', async () => {
  const { store, work, worker, wait } = await openWorkerBench();
  await store.enqueue(keys('s', 20).map((key) => work(key, { lane: 'slow' })));
  await store.enqueue(keys('f', 20).map((key) => work(key, { lane: 'fast' })));
  const all_fast = signal();
  const never = signal<{ type: 'done' }>();
  let fast = 0;
  let slow = 0;
  await worker(
    ({ dedupe_key }) => {
      if (dedupe_key.startsWith('s')) {
        slow += 1;
        return never.promise;
      }
      fast += 1;
      return Promise.resolve({ type: 'done', committed: () => fast === 20 && all_fast.resolve() });
    },
    { concurrency: 6, lane_concurrency: 2 },
  ).start();
  await wait(all_fast.promise);
  expect(slow).toBe(2);
  never.resolve({ type: 'done' });
});
