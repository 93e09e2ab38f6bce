import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from './clock.ts';

describe('ManualClock', () => {
  it('stands still until it is moved', () => {
    const clock = new ManualClock(1_000);
    expect(clock.now()).toBe(1_000);
    clock.advance(250);
    expect(clock.now()).toBe(1_250);
  });

  it('runs a timer when it falls due, once, at its own time', () => {
    const clock = new ManualClock(0);
    const seen: number[] = [];
    clock.after(100, () => seen.push(clock.now()));
    clock.advance(99);
    expect(seen).toEqual([]);
    clock.advance(1_000);
    clock.advance(1_000);
    expect(seen).toEqual([100]);
    expect(clock.now()).toBe(2_099);
  });

  it('runs due timers in the order of their times, equals in the order of their making', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (delays) => {
        const clock = new ManualClock(0);
        const seen: number[] = [];
        for (const [index, ms] of delays.entries()) clock.after(ms, () => seen.push(index));
        clock.advance(20);
        const expected = delays.map((ms, index) => ({ ms, index })).toSorted((a, b) => a.ms - b.ms);
        expect(seen).toEqual(expected.map(({ index }) => index));
      }),
    );
  });

  it('runs what a timer sets, when that falls due in the same move', () => {
    const clock = new ManualClock(0);
    const seen: string[] = [];
    clock.after(10, () => {
      seen.push(`a${clock.now()}`);
      clock.after(5, () => seen.push(`b${clock.now()}`));
      clock.after(50, () => seen.push('too late'));
    });
    clock.advance(20);
    expect(seen).toEqual(['a10', 'b15']);
  });

  it('does not run a timer that was cancelled, also by another timer of the same moment', () => {
    const clock = new ManualClock(0);
    const seen: string[] = [];
    const cancels: (() => void)[] = [];
    clock.after(10, () => {
      seen.push('first');
      for (const cancel of cancels) cancel();
    });
    cancels.push(clock.after(10, () => seen.push('second')));
    clock.advance(100);
    expect(seen).toEqual(['first']);
  });

  it('never goes back, when a timer moves it on', () => {
    const clock = new ManualClock(0);
    clock.after(10, () => clock.advance(500));
    clock.advance(20);
    expect(clock.now()).toBe(510);
  });

  it('ends a sleep at its time, and at once when it is aborted', async () => {
    const clock = new ManualClock(0);
    const slept = clock.sleep(100);
    clock.advance(100);
    await slept;
    const abort = new AbortController();
    const cut = clock.sleep(100, abort.signal);
    abort.abort();
    await cut;
    await clock.sleep(100, abort.signal);
    expect(clock.now()).toBe(100);
  });
});

describe('systemClock', () => {
  it('tells the time of the machine', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
  });

  it('calls once after the time, unless it is cancelled', async () => {
    const seen: string[] = [];
    const cancel = systemClock.after(1, () => seen.push('cancelled'));
    cancel();
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
    expect(seen).toEqual([]);
  });

  it('does not fire at once when the time is longer than a timer of the runtime can be', async () => {
    const seen: string[] = [];
    const cancels = [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY].map((ms) =>
      systemClock.after(ms, () => seen.push(`fired after ${ms} ms`)),
    );
    await new Promise<void>((resolve) => systemClock.after(20, resolve));
    for (const cancel of cancels) cancel();
    expect(seen).toEqual([]);
  });

  it('ends a sleep when it is aborted', async () => {
    const abort = new AbortController();
    const slept = systemClock.sleep(60_000, abort.signal);
    abort.abort();
    await slept;
  });
});
