import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock, newId } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { LeaseLostError, type Delivery, type NewDelivery } from './contract.ts';
import { DeliveryStore } from './store.ts';

const OWNER = newId();
const LEASE_MS = 1_000;

function work(dedupe_key: string, more: Partial<NewDelivery> = {}): NewDelivery {
  return { queue: 'q', owner_id: OWNER, dedupe_key, payload: { dedupe_key }, ...more };
}

async function open(): Promise<{ db: Database; clock: ManualClock; store: DeliveryStore }> {
  const db = await openTestDatabase();
  const clock = new ManualClock();
  return { db, clock, store: new DeliveryStore(db, clock) };
}

async function claimOne(store: DeliveryStore, worker = 'w'): Promise<Delivery> {
  const [delivery] = await store.claim('q', worker, 1, LEASE_MS);
  if (!delivery) throw new Error('nothing could be claimed');
  return delivery;
}

const keysOf = (deliveries: readonly Delivery[]) => deliveries.map((each) => each.dedupe_key);

describe('DeliveryStore', () => {
  it('puts in what is new, in order, and says how many that were', async () => {
    const { store } = await open();
    expect(await store.enqueue([work('b'), work('a'), work('b')])).toBe(2);
    expect(await store.enqueue([work('a'), work('c'), work('a', { queue: 'other' })])).toBe(2);
    expect(keysOf(await store.claim('q', 'w', 10, LEASE_MS))).toEqual(['b', 'a', 'c']);
    expect(await store.enqueue([])).toBe(0);
  });

  it('does not take a key again after its delivery is done', async () => {
    const { db, store } = await open();
    await store.enqueue([work('a')]);
    await store.complete(db, await claimOne(store));
    expect(await store.enqueue([work('a')])).toBe(0);
    expect(await store.claim('q', 'w', 1, LEASE_MS)).toEqual([]);
  });

  it('hands out a delivery as it was put in', async () => {
    const { store } = await open();
    const payload = { text: 'ü "quoted" \\ 🪨', deep: [{ a: null }], n: 1.5 };
    await store.enqueue([work('a', { payload, group_key: 'g', max_attempts: 3 })]);
    const delivery = await claimOne(store);
    expect(delivery).toMatchObject({
      queue: 'q',
      owner_id: OWNER,
      dedupe_key: 'a',
      group_key: 'g',
      payload,
      attempts: 1,
      max_attempts: 3,
      fence: 1,
    });
  });

  it.each([[null], [undefined], [0], [''], [false]])('takes %j as a payload', async (payload) => {
    const { store } = await open();
    await store.enqueue([work('a', { payload })]);
    expect((await claimOne(store)).payload).toBe(payload ?? null);
  });

  it('keeps a delayed delivery back until its time, and knows when that is', async () => {
    const { store, clock } = await open();
    await store.enqueue([work('a', { delay_ms: 499.6 })]);
    expect(await store.claim('q', 'w', 1, LEASE_MS)).toEqual([]);
    expect(await store.nextDueIn('q')).toBe(500);
    clock.advance(500);
    expect(await store.nextDueIn('q')).toBe(0);
    expect(keysOf(await store.claim('q', 'w', 1, LEASE_MS))).toEqual(['a']);
    expect(await store.nextDueIn('q')).toBe(LEASE_MS);
    expect(await store.nextDueIn('empty')).toBeNull();
  });

  it('does not count one that waits for another of its group as due', async () => {
    const { store } = await open();
    await store.enqueue([work('a', { group_key: 'g' }), work('b', { group_key: 'g' })]);
    expect(keysOf(await store.claim('q', 'w', 10, LEASE_MS))).toEqual(['a']);
    expect(await store.nextDueIn('q')).toBe(LEASE_MS);
  });

  it('keeps the next of a group waiting while the first is suspended or tried again', async () => {
    const { db, store } = await open();
    await store.enqueue([work('a', { group_key: 'g' }), work('b', { group_key: 'g' })]);
    await store.suspend(db, await claimOne(store), 500);
    expect(await store.claim('q', 'w', 10, LEASE_MS)).toEqual([]);
    await store.wake([(await onlyRow(db, 'a')).id]);
    const again = await claimOne(store);
    expect(again).toMatchObject({ dedupe_key: 'a', attempts: 1 });
    await store.retry(again, 500, 'later');
    expect(await store.claim('q', 'w', 10, LEASE_MS)).toEqual([]);
  });

  it('keeps a reason that no text column takes', async () => {
    const { db, store } = await open();
    await store.enqueue([work('a')]);
    await store.retry(await claimOne(store), 0, `bad\0byte ${'x'.repeat(5_000)}`);
    const { last_error } = await onlyRow(db, 'a');
    expect(last_error).toMatch(/^badbyte x+$/);
    expect(last_error).toHaveLength(2_000);
    await store.bury(db, await claimOne(store), 'for\0good');
    expect((await onlyRow(db, 'a')).last_error).toBe('forgood');
  });

  it('leaves nothing of an outcome whose transaction failed', async () => {
    const { db, store } = await open();
    await store.enqueue([work('a')]);
    const delivery = await claimOne(store);
    const failed = store.transaction(async (tx) => {
      await store.complete(tx, delivery);
      throw new Error('the process died here');
    });
    await expect(failed).rejects.toThrow('the process died here');
    expect((await onlyRow(db, 'a')).state).toBe('running');
    await store.complete(db, delivery);
    expect(await store.counts('q')).toEqual({ done: 1 });
  });

  it('takes no outcome from a worker whose claim was lost with the database', async () => {
    const { db, store } = await open();
    await store.enqueue([work('a')]);
    const lost = await claimOne(store, 'w');
    await db.exec(
      `update deliveries set state = 'pending', attempts = 0, fence = 0, leased_by = null, due_at = created_at`,
    );
    const taken = await claimOne(store, 'w');
    expect(taken.fence).toBe(lost.fence);
    await expect(store.heartbeat(lost, LEASE_MS)).rejects.toThrow(LeaseLostError);
    await expect(store.retry(lost, 0, 'late')).rejects.toThrow(LeaseLostError);
    await expect(store.complete(db, lost)).rejects.toThrow(LeaseLostError);
    await store.complete(db, taken);
  });

  it('does a delivery again whose worker died before the commit, and not after it', async () => {
    const { db, clock, store } = await open();
    await store.enqueue([work('a')]);
    const abandoned = await claimOne(store, 'dies');
    clock.advance(LEASE_MS);
    const taken = await claimOne(store, 'lives');
    expect(taken).toMatchObject({ id: abandoned.id, attempts: 2, fence: 2 });
    await expect(store.complete(db, abandoned)).rejects.toThrow(LeaseLostError);
    await store.complete(db, taken);
    clock.advance(10 * LEASE_MS);
    expect(await store.claim('q', 'w', 10, LEASE_MS)).toEqual([]);
  });

  it('gives one claimer no more than the limit, whatever the plan', async () => {
    const { db, store } = await open();
    await store.enqueue(Array.from({ length: 50 }, (_, n) => work(`k${n}`)));
    expect(await store.claim('q', 'w', 7, LEASE_MS)).toHaveLength(7);
    expect((await store.counts('q'))['running']).toBe(7);
    await db.exec('analyze deliveries');
    expect(await store.claim('q', 'w', 7, LEASE_MS)).toHaveLength(7);
    expect((await store.counts('q'))['running']).toBe(14);
  });

  it('makes transactions that fill the same group take turns', async (context) => {
    const { db, store } = await open();
    if (db.capabilities.connections < 2) return context.skip('needs two connections');
    const begun = Promise.withResolvers<void>();
    const may_end = Promise.withResolvers<void>();
    const first = store.transaction(async (tx) => {
      await store.enqueue([work('early', { group_key: 'g' })], tx);
      begun.resolve();
      await may_end.promise;
    });
    await begun.promise;
    // Without turns this one would be there first with the higher position, and both would be worked on at once.
    let is_in = false;
    const second = store.enqueue([work('late', { group_key: 'g' })]).then(() => {
      is_in = true;
    });
    await store.enqueue([work('other', { group_key: 'h' })]);
    const claimed = await store.claim('q', 'w', 10, LEASE_MS);
    const was_in = is_in;
    may_end.resolve();
    await first;
    await second;
    expect(keysOf(claimed)).toEqual(['other']);
    expect(was_in).toBe(false);
    expect(keysOf(await store.claim('q', 'w', 10, LEASE_MS))).toEqual(['early']);
  });
});

interface Row {
  id: string;
  state: string;
  attempts: number;
  fence: number;
  last_error: string | null;
}

async function onlyRow(db: Database, dedupe_key: string): Promise<Row> {
  const { rows } = await db.query<Row>({
    text: 'select id, state, attempts, fence, last_error from deliveries where dedupe_key = $1',
    values: [dedupe_key],
  });
  if (!rows[0]) throw new Error(`no delivery ${dedupe_key}`);
  return rows[0];
}

/** What the store should hold, kept by the simplest means. */
interface ModelRow {
  readonly key: string;
  readonly group: string | null;
  readonly max_attempts: number;
  state: 'pending' | 'running' | 'done' | 'dead';
  attempts: number;
  fence: number;
  due: number;
  wakes: number;
}

interface Model {
  /** In the order of arrival. */
  readonly rows: ModelRow[];
  /** Everything that was ever claimed, lost leases too. */
  readonly held: { key: string; fence: number }[];
}

interface Real {
  readonly queue: string;
  readonly store: DeliveryStore;
  readonly clock: ManualClock;
  readonly db: Database;
  readonly ids: Map<string, string>;
  readonly held: Delivery[];
}

type Step = fc.AsyncCommand<Model, Real>;

const isOpen = ({ state }: ModelRow) => state === 'pending' || state === 'running';

function claimable(model: Model, now: number): ModelRow[] {
  return model.rows
    .filter(
      (row, position) =>
        isOpen(row) &&
        row.due <= now &&
        (row.group === null ||
          !model.rows.slice(0, position).some((each) => each.group === row.group && isOpen(each))),
    )
    .toSorted((a, b) => a.due - b.due);
}

class Enqueue implements Step {
  readonly #key: string;
  readonly #group: string | null;
  readonly #delay_ms: number;
  constructor(key: string, group: string | null, delay_ms: number) {
    this.#key = key;
    this.#group = group;
    this.#delay_ms = delay_ms;
  }
  check = () => true;
  async run(model: Model, real: Real) {
    const is_new = !model.rows.some(({ key }) => key === this.#key);
    const put = await real.store.enqueue([
      {
        queue: real.queue,
        owner_id: OWNER,
        dedupe_key: this.#key,
        group_key: this.#group,
        payload: this.#key,
        delay_ms: this.#delay_ms,
      },
    ]);
    expect(put).toBe(is_new ? 1 : 0);
    if (!is_new) return;
    model.rows.push({
      key: this.#key,
      group: this.#group,
      max_attempts: 5,
      state: 'pending',
      attempts: 0,
      fence: 0,
      due: real.clock.now() + this.#delay_ms,
      wakes: 0,
    });
    const { rows } = await real.db.query<{ id: string }>({
      text: 'select id from deliveries where queue = $1 and dedupe_key = $2',
      values: [real.queue, this.#key],
    });
    real.ids.set(this.#key, rows[0]?.id ?? '');
  }
  toString = () => `enqueue(${this.#key}, ${this.#group}, ${this.#delay_ms})`;
}

class Claim implements Step {
  readonly #worker: string;
  readonly #limit: number;
  constructor(worker: string, limit: number) {
    this.#worker = worker;
    this.#limit = limit;
  }
  check = () => true;
  async run(model: Model, real: Real) {
    const now = real.clock.now();
    const expected = claimable(model, now).slice(0, this.#limit);
    const next = await real.store.nextDueIn(real.queue);
    if (expected.length > 0) expect(next).toBeLessThanOrEqual(0);
    const claimed = await real.store.claim(real.queue, this.#worker, this.#limit, LEASE_MS);
    for (const row of expected) {
      row.state = 'running';
      row.attempts += 1;
      row.fence += 1;
      row.due = now + LEASE_MS;
      row.wakes = 0;
      model.held.push({ key: row.key, fence: row.fence });
    }
    const inOrder = model.rows.filter((row) => expected.includes(row));
    expect(claimed.map(({ dedupe_key, attempts, fence }) => [dedupe_key, attempts, fence])).toEqual(
      inOrder.map(({ key, attempts, fence }) => [key, attempts, fence]),
    );
    for (const { key, fence } of model.held.slice(real.held.length)) {
      const mine = claimed.find((each) => each.dedupe_key === key && each.fence === fence);
      if (mine) real.held.push(mine);
    }
    const tokens = model.held.map(({ key, fence }) => `${key} ${fence}`);
    expect(new Set(tokens).size, 'a fence is never given out twice').toBe(tokens.length);
    const groups = model.rows.filter(({ state, group }) => state === 'running' && group !== null);
    expect(new Set(groups.map(({ group }) => group)).size, 'one of a group').toBe(groups.length);
  }
  toString = () => `claim(${this.#worker}, ${this.#limit})`;
}

const CHANGES = ['heartbeat', 'complete', 'retry', 'suspend', 'bury', 'release'] as const;

class Change implements Step {
  readonly #change: (typeof CHANGES)[number];
  readonly #which: number;
  readonly #ms: number;
  constructor(change: (typeof CHANGES)[number], which: number, ms: number) {
    this.#change = change;
    this.#which = which;
    this.#ms = ms;
  }
  check = ({ held }: Readonly<Model>) => held.length > 0;
  async run(model: Model, real: Real) {
    const place = this.#which % real.held.length;
    const delivery = real.held[place] as Delivery;
    const row = model.rows.find(({ key }) => key === delivery.dedupe_key) as ModelRow;
    const is_owner = row.state === 'running' && row.fence === delivery.fence;
    const done = this.#apply(real, delivery);
    if (!is_owner) return expect(done).rejects.toThrow(LeaseLostError);
    await done;
    this.#expect(row, real.clock.now());
  }
  #apply({ store, db }: Real, delivery: Delivery): Promise<void> {
    switch (this.#change) {
      case 'heartbeat':
        return store.heartbeat(delivery, LEASE_MS);
      case 'complete':
        return store.complete(db, delivery);
      case 'retry':
        return store.retry(delivery, this.#ms, 'failed');
      case 'suspend':
        return store.suspend(db, delivery, this.#ms);
      case 'bury':
        return store.bury(db, delivery, 'dead');
      case 'release':
        return store.release(delivery);
    }
  }
  #expect(row: ModelRow, now: number): void {
    if (this.#change === 'heartbeat') row.due = now + LEASE_MS;
    else if (this.#change === 'complete') row.state = 'done';
    else if (this.#change === 'bury') row.state = 'dead';
    else {
      row.state = 'pending';
      row.due = this.#change === 'release' ? now : now + this.#ms;
      if (this.#change === 'release') row.attempts -= 1;
      if (this.#change === 'suspend') {
        row.attempts = 0;
        if (row.wakes > 0) row.due = now;
      }
    }
  }
  toString = () => `${this.#change}(#${this.#which}, ${this.#ms})`;
}

class Wake implements Step {
  readonly #which: number;
  constructor(which: number) {
    this.#which = which;
  }
  check = ({ rows }: Readonly<Model>) => rows.length > 0;
  async run(model: Model, real: Real) {
    const row = model.rows[this.#which % model.rows.length] as ModelRow;
    await real.store.wake([real.ids.get(row.key) ?? '']);
    row.wakes += 1;
    if (row.state === 'pending') row.due = Math.min(row.due, real.clock.now());
  }
  toString = () => `wake(#${this.#which})`;
}

class Advance implements Step {
  readonly #ms: number;
  constructor(ms: number) {
    this.#ms = ms;
  }
  check = () => true;
  async run(_: Model, { clock }: Real) {
    clock.advance(this.#ms);
  }
  toString = () => `advance(${this.#ms})`;
}

describe('DeliveryStore, against a model', () => {
  it('keeps its promises in any order of what two workers do', { timeout: 60_000 }, async () => {
    const { db } = await open();
    let run = 0;
    const place = fc.nat({ max: 30 });
    const commands = fc.commands(
      [
        fc
          .tuple(
            fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
            fc.constantFrom(null, 'g', 'h'),
            fc.constantFrom(0, 0, 400),
          )
          .map((args) => new Enqueue(...args)),
        fc
          .tuple(fc.constantFrom('one', 'two'), fc.integer({ min: 1, max: 3 }))
          .map((args) => new Claim(...args)),
        fc
          .tuple(fc.constantFrom(...CHANGES), place, fc.constantFrom(0, 300, 5_000))
          .map((args) => new Change(...args)),
        place.map((which) => new Wake(which)),
        fc.constantFrom(1, 299, 400, LEASE_MS, 6_000).map((ms) => new Advance(ms)),
      ],
      { maxCommands: 60, size: 'max' },
    );
    await fc.assert(
      fc.asyncProperty(commands, async (steps) => {
        const clock = new ManualClock();
        const real: Real = {
          queue: `model-${run++}`,
          store: new DeliveryStore(db, clock),
          clock,
          db,
          ids: new Map(),
          held: [],
        };
        const model: Model = { rows: [], held: [] };
        await fc.asyncModelRun(() => ({ model, real }), steps);
        const { rows } = await db.query({
          text: `select dedupe_key as key, state, attempts, fence, wakes,
            (extract(epoch from due_at) * 1000)::float8 as due from deliveries where queue = $1 order by position`,
          values: [real.queue],
        });
        const expected = model.rows.map(({ key, state, attempts, fence, wakes, due }) => {
          // A delivery that has ended is woken no more, and when it was due no longer matters.
          return isOpen({ state } as ModelRow)
            ? { key, state, attempts, fence, wakes, due }
            : { key, state, attempts, fence };
        });
        expect(rows).toMatchObject(expected);
      }),
      { numRuns: 50 },
    );
  });
});
