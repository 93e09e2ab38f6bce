import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from './clock.ts';
import { Wakeup } from './wakeup.ts';

const never = new AbortController().signal;

/** Lets everything that is ready run, and says whether `promise` has settled by then. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe('Wakeup', () => {
  it('wakes who waits', async () => {
    const wakeup = new Wakeup();
    const waited = wakeup.wait(new ManualClock(), 1_000, never);
    expect(await isSettled(waited)).toBe(false);
    wakeup.ring();
    await waited;
  });

  it('keeps a ring that comes before the wait, once, however often it rang', async () => {
    const wakeup = new Wakeup();
    wakeup.ring();
    wakeup.ring();
    await wakeup.wait(new ManualClock(), 1_000, never);
    expect(await isSettled(wakeup.wait(new ManualClock(), 1_000, never))).toBe(false);
  });

  it('ends after its time', async () => {
    const clock = new ManualClock();
    const waited = new Wakeup().wait(clock, 1_000, never);
    clock.advance(999);
    expect(await isSettled(waited)).toBe(false);
    clock.advance(1);
    await waited;
  });

  it('ends when it is aborted, before or while it waits', async () => {
    const wakeup = new Wakeup();
    const abort = new AbortController();
    const waited = wakeup.wait(new ManualClock(), 1_000, abort.signal);
    abort.abort();
    await waited;
    await wakeup.wait(new ManualClock(), 1_000, abort.signal);
  });

  it('does not remember a time-out or an abort as a ring', async () => {
    const clock = new ManualClock();
    const wakeup = new Wakeup();
    const abort = new AbortController();
    const first = wakeup.wait(clock, 10, never);
    clock.advance(10);
    await first;
    const second = wakeup.wait(clock, 10, abort.signal);
    abort.abort();
    await second;
    expect(await isSettled(wakeup.wait(clock, 10, never))).toBe(false);
  });

  it('leaves no listener on the signal of a long life', async () => {
    const wakeup = new Wakeup();
    const signal = new AbortController().signal;
    let listeners = 0;
    const [add, remove] = [signal.addEventListener, signal.removeEventListener];
    signal.addEventListener = (...call: Parameters<typeof add>) => {
      listeners++;
      add.apply(signal, call);
    };
    signal.removeEventListener = (...call: Parameters<typeof remove>) => {
      listeners--;
      remove.apply(signal, call);
    };
    for (let round = 0; round < 50; round++) {
      const waited = wakeup.wait(new ManualClock(), 1_000, signal);
      wakeup.ring();
      await waited;
    }
    expect(listeners).toBe(0);
  });

  it('never lets a loop sleep through work, in whatever order work, rings and time come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat(3), { maxLength: 12 }),
        async (s, batches) => {
          const wakeup = new Wakeup();
          // Nothing but a ring can wake this loop: its clock stands still.
          const clock = new ManualClock();
          const stop = new AbortController();
          const open: number[] = [];
          const done: number[] = [];
          const loop = (async () => {
            while (!stop.signal.aborted) {
              const work = open.splice(0);
              await s.schedule(Promise.resolve(), 'work');
              done.push(...work);
              await wakeup.wait(clock, 1_000, stop.signal);
            }
          })();
          const producers = batches.map(async (count, index) => {
            await s.schedule(Promise.resolve(), `batch ${index}`);
            for (let each = 0; each < count; each++) {
              open.push(index);
              wakeup.ring();
            }
          });
          await s.waitFor(Promise.all(producers));
          await s.waitIdle();
          expect(open).toEqual([]);
          expect(done).toHaveLength(batches.reduce((sum, count) => sum + count, 0));
          stop.abort();
          await loop;
        },
      ),
    );
  });
});
