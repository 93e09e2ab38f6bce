import { describe, expect, it } from 'vitest';
import { ManualClock } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import type { Delivery, Outcome } from './contract.ts';
import { DeliveryStore } from './store.ts';
import { elapse, signal } from './testing.ts';
import { LEASE_MS, openWorkerBench as open, type WorkerBench } from './testing/worker-bench.ts';

/** Ends with `done` and counts it in the same transaction. */
function doneWithEffect(delivery: Delivery, committed?: () => void): Outcome {
  return {
    type: 'done',
    commit: async (tx) => {
      await tx.query({
        text: 'insert into effects (key) values ($1)',
        values: [delivery.dedupe_key],
      });
    },
    ...(committed ? { committed } : {}),
  };
}

async function effects(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>({
    text: 'select key from effects order by key',
  });
  return rows.map(({ key }) => key);
}

describe('QueueWorker', () => {
  it('does everything that is due, at most so many at the same time', async () => {
    const { db, store, work, worker, wait } = await open();
    const keys = Array.from({ length: 12 }, (_, n) => `k${String(n).padStart(2, '0')}`);
    await store.enqueue(keys.map((key) => work(key)));
    let running = 0;
    let most = 0;
    let left = keys.length;
    const all = signal();
    await worker(
      async (delivery) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return doneWithEffect(delivery, () => --left === 0 && all.resolve());
      },
      { concurrency: 3 },
    ).start();
    await wait(all.promise);
    expect(most).toBe(3);
    expect(await effects(db)).toEqual(keys);
  });

  it('wakes on a ring, long before it would look by itself', async () => {
    const { clock, db, store, work, worker } = await open();
    const handled = signal();
    const it_sleeps = signal();
    const watched = new Proxy(clock, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name === 'after') it_sleeps.resolve();
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
    const sleeper = worker(async (delivery) => doneWithEffect(delivery, handled.resolve), {
      clock: watched,
    });
    await sleeper.start();
    await it_sleeps.promise;
    await store.enqueue([work('a')]);
    sleeper.ring();
    // Time stands still here: only the ring can have woken it.
    await handled.promise;
    expect(await effects(db)).toEqual(['a']);
  });

  it('works on a delayed delivery when it falls due, without a ring', async () => {
    const { clock, store, work, worker, wait } = await open();
    const begun_at = clock.now();
    await store.enqueue([work('a', { delay_ms: 5_000 })]);
    const handled = signal<number>();
    await worker(async () => {
      handled.resolve(clock.now());
      return { type: 'done' };
    }).start();
    const took = (await wait(handled.promise)) - begun_at;
    expect(took).toBeGreaterThanOrEqual(5_000);
    expect(took).toBeLessThan(6_000);
  });

  it('tries again after a failure, each time after a longer pause', async () => {
    const { clock, store, work, worker, wait, row } = await open();
    await store.enqueue([work('a')]);
    const attempts: { attempt: number; at: number }[] = [];
    const ended = signal();
    await worker(async ({ attempts: attempt }) => {
      attempts.push({ attempt, at: clock.now() });
      if (attempt < 4) throw new Error('not yet');
      return { type: 'done', committed: ended.resolve };
    }).start();
    await wait(ended.promise);
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    const pauses = attempts.slice(1).map(({ at }, index) => at - (attempts[index]?.at ?? 0));
    // 250 ms doubled for each attempt, and three quarters of that, as `random` says.
    for (const [index, least] of [375, 750, 1_500].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(least);
      expect(pauses[index]).toBeLessThan(least + 400);
    }
    expect(await row('a')).toMatchObject({ state: 'done', last_error: null });
  });

  it('waits as long as the handler says before another attempt', async () => {
    const { clock, store, work, worker, wait } = await open();
    await store.enqueue([work('a')]);
    const times: number[] = [];
    const ended = signal();
    await worker(async ({ attempts }) => {
      times.push(clock.now());
      if (attempts === 1) return { type: 'retry', reason: 'busy', after_ms: 3_000 };
      return { type: 'done', committed: ended.resolve };
    }).start();
    await wait(ended.promise);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(3_000);
  });

  it.each<[string, () => unknown]>([
    ['a string', () => 'plain words'],
    ['nothing', () => undefined],
    ['null', () => null],
    ['a number', () => 7],
    ['an error with a NUL byte', () => new Error('bad\0byte')],
  ])('counts %s that is thrown as a failed attempt', async (_, thrown) => {
    const { store, work, worker, wait, row } = await open();
    await store.enqueue([work('a', { max_attempts: 1 })]);
    const buried = signal<string>();
    await worker({
      async handle() {
        throw thrown();
      },
      bury: async (_tx, _delivery, reason) => buried.resolve(reason),
    }).start();
    const reason = await wait(buried.promise);
    expect(typeof reason).toBe('string');
    await wait(untilState(row, 'a', 'dead'));
  });

  it('counts a handler that throws before its first await as a failed attempt', async () => {
    const { store, work, worker, wait, row } = await open();
    await store.enqueue([work('a')]);
    const ended = signal();
    await worker(({ attempts }) => {
      if (attempts === 1) throw new Error('at once');
      return Promise.resolve({ type: 'done', committed: ended.resolve });
    }).start();
    await wait(ended.promise);
    expect(await row('a')).toMatchObject({ state: 'done', attempts: 2 });
  });
});

async function untilState(row: WorkerBench['row'], key: string, state: string): Promise<void> {
  while ((await row(key)).state !== state) await new Promise((resolve) => setImmediate(resolve));
}

describe('QueueWorker and what it cannot finish', () => {
  it('declares dead after the last attempt, with what its waiters need in the same transaction', async () => {
    const { db, store, work, worker, wait, row } = await open();
    await store.enqueue([work('a', { max_attempts: 2 }), work('b')]);
    const told = signal<Delivery>();
    let bury_calls = 0;
    await worker({
      handle: async ({ dedupe_key }) => {
        if (dedupe_key === 'b') return { type: 'done' };
        throw new Error('no use');
      },
      async bury(tx, delivery, reason) {
        bury_calls += 1;
        await tx.query({
          text: 'insert into effects (key, worker) values ($1, $2)',
          values: [delivery.dedupe_key, reason],
        });
        // The first time the process dies here: neither the record nor the effect may stay.
        if (bury_calls === 1) throw new Error('cut');
      },
      buried: told.resolve,
    }).start();
    expect((await wait(told.promise)).dedupe_key).toBe('a');
    expect(bury_calls).toBe(2);
    expect(await effects(db)).toEqual(['a']);
    expect(await row('a')).toMatchObject({ state: 'dead' });
    expect(await row('b')).toMatchObject({ state: 'done' });
  });

  it('gives up at once when the handler says that it is dead', async () => {
    const { store, work, worker, wait, row } = await open();
    await store.enqueue([work('a', { max_attempts: 9 })]);
    const told = signal<Delivery>();
    await worker({
      handle: async () => ({ type: 'dead', reason: 'gone' }),
      buried: told.resolve,
    }).start();
    await wait(told.promise);
    expect(await row('a')).toEqual({ state: 'dead', attempts: 1, last_error: 'gone' });
  });

  it('buries what killed its worker in every attempt, without trying it once more', async () => {
    const { clock, db, store, work, worker, wait } = await open();
    await store.enqueue([work('a', { max_attempts: 3, group_key: 'g' })]);
    for (let death = 0; death < 3; death++) {
      expect(await store.claim('q', 'dies', 1, LEASE_MS)).toHaveLength(1);
      clock.advance(LEASE_MS);
    }
    await store.enqueue([work('next', { group_key: 'g' })]);
    const handled: string[] = [];
    const told = signal<string>();
    const ended = signal();
    await worker({
      handle: async (delivery) => {
        handled.push(delivery.dedupe_key);
        return doneWithEffect(delivery, ended.resolve);
      },
      bury: async (_tx, _delivery, reason) => told.resolve(reason),
    }).start();
    expect(await wait(told.promise)).toMatch(/died or hung in each of 3 attempts/);
    await wait(ended.promise);
    expect(handled).toEqual(['next']);
    expect(await effects(db)).toEqual(['next']);
  });

  it('does not hold up a group for ever with a burial that always fails', async () => {
    const { store, work, worker, wait, row } = await open();
    await store.enqueue([
      work('a', { max_attempts: 2, group_key: 'g' }),
      work('b', { group_key: 'g' }),
    ]);
    const ended = signal();
    await worker({
      handle: async ({ dedupe_key }) => {
        if (dedupe_key === 'b') return { type: 'done', committed: ended.resolve };
        throw new Error('no use');
      },
      bury: () => Promise.reject(new Error('a bug')),
    }).start();
    await wait(ended.promise);
    expect(await row('a')).toMatchObject({ state: 'dead', attempts: 4 });
  });

  it('keeps nothing of a commit that fails, and tries again soon', async () => {
    const { clock, db, store, work, worker, wait, row } = await open();
    await store.enqueue([work('a')]);
    const begun_at = clock.now();
    const ended = signal();
    await worker(async (delivery) => ({
      type: 'done',
      commit: async (tx) => {
        await tx.query({ text: `insert into effects (key) values ('a')` });
        if (delivery.attempts === 1) throw new Error('the disk is full');
      },
      committed: ended.resolve,
    })).start();
    await wait(ended.promise);
    expect(await effects(db)).toEqual(['a']);
    expect(await row('a')).toMatchObject({ state: 'done', attempts: 2 });
    // Not after the lease, which is much longer.
    expect(clock.now() - begun_at).toBeLessThan(5_000);
  });

  it('tries a suspension again whose commit fails', async () => {
    const { store, work, worker, wait, row } = await open();
    await store.enqueue([work('a')]);
    const rests = signal();
    await worker(async (delivery) => ({
      type: 'suspend',
      for_ms: 3_600_000,
      commit: async () => {
        if (delivery.attempts === 1) throw new Error('cut');
      },
      committed: rests.resolve,
    })).start();
    await wait(rests.promise);
    expect(await row('a')).toMatchObject({ state: 'pending', attempts: 0 });
  });

  it('does not do again what was committed when telling of it fails', async () => {
    const { clock, db, store, work, worker, wait } = await open();
    await store.enqueue([work('a'), work('b', { delay_ms: 2 * LEASE_MS })]);
    const ended = signal();
    await worker(async (delivery) =>
      doneWithEffect(delivery, () => {
        if (delivery.dedupe_key === 'b') return ended.resolve();
        throw new Error('nobody listens');
      }),
    ).start();
    const far = clock.now() + 2 * LEASE_MS;
    await wait(ended.promise);
    expect(clock.now()).toBeGreaterThanOrEqual(far);
    expect(await effects(db)).toEqual(['a', 'b']);
  });

  it('goes on when the database comes back', async () => {
    const { db, store, work, worker, wait } = await open();
    await store.enqueue([work('a'), work('b', { delay_ms: 1_000 })]);
    const ended = signal();
    const holding = signal();
    await worker(
      async (delivery) => {
        if (delivery.dedupe_key === 'a' && delivery.attempts === 1) {
          store.is_away = true;
          holding.resolve();
        }
        return doneWithEffect(delivery, delivery.dedupe_key === 'b' ? ended.resolve : undefined);
      },
      { poll_ms: 1_000 },
    ).start();
    await wait(holding.promise);
    await wait(
      (async () => {
        while (store.calls_while_away < 4) await new Promise((resolve) => setImmediate(resolve));
      })(),
    );
    store.is_away = false;
    await wait(ended.promise);
    await wait(
      (async () => {
        while ((await effects(db)).length < 2)
          await new Promise((resolve) => setImmediate(resolve));
      })(),
    );
    expect(await effects(db)).toEqual(['a', 'b']);
  });
});

describe('QueueWorker and leases', () => {
  it('keeps the lease of work that takes longer than one', async () => {
    const { clock, db, watched, store, work, worker, wait } = await open();
    await store.enqueue([work('a')]);
    const begun = signal();
    const may_end = signal();
    const ended = signal();
    const others = new DeliveryStore(db, clock);
    await worker(async (delivery) => {
      begun.resolve();
      await may_end.promise;
      return doneWithEffect(delivery, ended.resolve);
    }).start();
    await wait(begun.promise);
    const until = clock.now() + 4 * LEASE_MS;
    const watching = (async () => {
      while (clock.now() < until) {
        expect(await others.claim('q', 'thief', 1, LEASE_MS)).toEqual([]);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await elapse(clock, watched, watching, 500);
    may_end.resolve();
    await wait(ended.promise);
    expect(await effects(db)).toEqual(['a']);
  });

  it('aborts the work and records nothing when another has taken it over', async () => {
    const { clock, db, store, work, worker, wait } = await open();
    await store.enqueue([work('a')]);
    const begun = signal<AbortSignal>();
    const may_end = signal();
    let told = false;
    const slow = worker(async (delivery, abort) => {
      begun.resolve(abort);
      await may_end.promise;
      return doneWithEffect(delivery, () => {
        told = true;
      });
    });
    await slow.start();
    const abort = await wait(begun.promise);
    // As after a pause of this whole process: for everybody else the lease is long over.
    const ahead = new DeliveryStore(db, new ManualClock(clock.now() + 2 * LEASE_MS));
    const [taken] = await ahead.claim('q', 'other', 1, 10 * LEASE_MS);
    const aborted = new Promise((resolve) => abort.addEventListener('abort', resolve));
    await wait(aborted);
    may_end.resolve();
    await wait(slow.stop());
    expect(told).toBe(false);
    expect(await effects(db)).toEqual([]);
    if (!taken) throw new Error('it could not be taken over');
    await store.complete(db, taken);
    expect(await store.counts('q')).toEqual({ done: 1 });
  });

  it('does not record an outcome of a lease that was lost unnoticed', async () => {
    const { clock, db, store, work, worker, wait } = await open();
    await store.enqueue([work('a')]);
    const begun = signal();
    const may_end = signal();
    const slow = worker(async (delivery) => {
      begun.resolve();
      await may_end.promise;
      return doneWithEffect(delivery);
    });
    await slow.start();
    await wait(begun.promise);
    const ahead = new DeliveryStore(db, new ManualClock(clock.now() + 2 * LEASE_MS));
    expect(await ahead.claim('q', 'other', 1, 10 * LEASE_MS)).toHaveLength(1);
    may_end.resolve();
    await wait(slow.stop());
    expect(await effects(db)).toEqual([]);
    expect(await store.counts('q')).toEqual({ running: 1 });
  });
});

describe('QueueWorker, started and stopped', () => {
  it('lets work under way finish when that is quick', async () => {
    const { db, store, work, worker, wait } = await open();
    await store.enqueue([work('a')]);
    const begun = signal();
    const may_end = signal();
    const stopping = worker(async (delivery, abort) => {
      begun.resolve();
      await may_end.promise;
      expect(abort.aborted).toBe(false);
      return doneWithEffect(delivery);
    });
    await stopping.start();
    await wait(begun.promise);
    const stopped = stopping.stop();
    may_end.resolve();
    await wait(stopped);
    expect(await effects(db)).toEqual(['a']);
  });

  it('hands back what does not finish, and does not count the attempt', async () => {
    const { clock, db, store, work, worker, wait, row } = await open();
    await store.enqueue([work('deaf'), work('polite'), work('third')]);
    const aborted: string[] = [];
    const begun = signal();
    let n = 0;
    const never = signal<Outcome>();
    const stopping = worker(
      (delivery, abort) => {
        if (++n === 2) begun.resolve();
        abort.addEventListener('abort', () => aborted.push(delivery.dedupe_key));
        if (delivery.dedupe_key === 'deaf') return never.promise;
        return new Promise((_, reject) =>
          abort.addEventListener('abort', () => reject(new Error('aborted'))),
        );
      },
      { concurrency: 2 },
    );
    await stopping.start();
    await wait(begun.promise);
    const from = clock.now();
    await wait(stopping.stop());
    expect(clock.now() - from).toBeLessThanOrEqual(1_600);
    expect(aborted.toSorted()).toEqual(['deaf', 'polite']);
    for (const key of ['deaf', 'polite', 'third'])
      expect(await row(key)).toEqual({ state: 'pending', attempts: 0, last_error: null });
    // What the deaf one says afterwards is not heard.
    never.resolve({ type: 'done', commit: async () => expect.unreachable() });
    await new Promise((resolve) => setImmediate(resolve));
    expect(await store.claim('q', 'next', 5, LEASE_MS)).toHaveLength(3);
    expect(await effects(db)).toEqual([]);
  });

  it('stops although the database does not answer', async () => {
    const { clock, store, worker, wait } = await open();
    const asked = signal();
    const hung = worker(async () => ({ type: 'done' }));
    store.claim = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    await hung.start();
    await asked.promise;
    const from = clock.now();
    await wait(hung.stop());
    expect(clock.now() - from).toBeLessThanOrEqual(1_600);
  });

  it('hands back at once what it claimed while it was being stopped', async () => {
    const { store, work, worker, row, wait } = await open();
    await store.enqueue([work('a'), work('b')]);
    const asked = signal();
    const may_answer = signal();
    const claim = store.claim.bind(store);
    store.claim = async (...args) => {
      asked.resolve();
      await may_answer.promise;
      return claim(...args);
    };
    const late = worker(async () => expect.unreachable());
    await late.start();
    await asked.promise;
    const stopped = late.stop();
    may_answer.resolve();
    await wait(stopped);
    expect(await row('a')).toMatchObject({ state: 'pending', attempts: 0 });
    expect(await row('b')).toMatchObject({ state: 'pending', attempts: 0 });
  });

  it('can be started and stopped twice, and started again', async () => {
    const { db, store, work, worker, wait } = await open();
    let claims = 0;
    const claim = store.claim.bind(store);
    store.claim = (...args) => {
      claims += 1;
      return claim(...args);
    };
    const ended = signal();
    const twice = worker(async (delivery) => doneWithEffect(delivery, ended.resolve));
    await wait(twice.stop());
    await Promise.all([twice.start(), twice.start()]);
    await wait(Promise.all([twice.stop(), twice.stop()]));
    const before = claims;
    await store.enqueue([work('a')]);
    const stopping = twice.stop();
    await twice.start();
    await stopping;
    await wait(ended.promise);
    expect(claims).toBeGreaterThan(before);
    expect(await effects(db)).toEqual(['a']);
  });

  it('starts again while it is still being stopped', async () => {
    const { store, work, worker, wait } = await open();
    const again = worker(async () => ({ type: 'done', committed: ended.resolve }));
    const ended = signal();
    await again.start();
    const stopped = again.stop();
    const started = again.start();
    await wait(Promise.all([stopped, started]));
    await store.enqueue([work('a')]);
    again.ring();
    await wait(ended.promise);
  });
});
