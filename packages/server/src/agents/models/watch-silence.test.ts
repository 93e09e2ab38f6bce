import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../base/index.ts';
import { watchSilence } from './watch-silence.ts';

describe('watching for silence', () => {
  const start = () => {
    const clock = new ManualClock();
    const caller = new AbortController();
    return { clock, caller, watch: watchSilence(clock, 1_000, caller.signal) };
  };

  it('ends an attempt that says nothing for too long', () => {
    const { clock, watch } = start();
    clock.advance(999);
    watch.heard();
    clock.advance(999);
    expect(watch.signal.aborted).toBe(false);
    clock.advance(1);
    expect(watch.signal.aborted).toBe(true);
    expect(watch.hasTimedOut).toBe(true);
  });

  it('ends an attempt that goes on for ever', () => {
    const { clock, watch } = start();
    for (let second = 0; second < 19; second += 1) {
      watch.heard();
      clock.advance(500);
    }
    expect(watch.hasTimedOut).toBe(false);
    watch.heard();
    clock.advance(500);
    expect(watch.hasTimedOut).toBe(true);
  });

  it('tells a stop of the caller from a time-out', () => {
    const { caller, watch } = start();
    caller.abort();
    expect(watch.signal.aborted).toBe(true);
    expect(watch.hasTimedOut).toBe(false);
  });

  it('does nothing more once stopped', () => {
    const { clock, watch } = start();
    watch.stop();
    clock.advance(1_000_000);
    expect(watch.signal.aborted).toBe(false);
  });
});
