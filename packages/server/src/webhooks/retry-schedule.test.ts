import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTEMPTS_MAX, pauseAfter, readRetryAfter, RETRY_PAUSES_MS } from './retry-schedule.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');

describe('pauses between attempts', () => {
  it('grow from seconds to hours, a fifth more or less', () => {
    expect(ATTEMPTS_MAX).toBe(8);
    expect(RETRY_PAUSES_MS).toEqual(RETRY_PAUSES_MS.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: ATTEMPTS_MAX - 1 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const ratio = pauseAfter(attempt, random) / (RETRY_PAUSES_MS[attempt - 1] ?? 0);
          expect(ratio).toBeGreaterThanOrEqual(0.8);
          expect(ratio).toBeLessThanOrEqual(1.2);
        },
      ),
    );
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    [' 1 ', 1_000],
    ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
    ['9999999999', 86_400_000],
    ['Fri, 02 Jan 2099 03:05:05 GMT', 86_400_000],
    ['0', null],
    ['-5', null],
    ['1.5', null],
    ['soon', null],
    ['', null],
    [undefined, null],
    ['Fri, 02 Jan 2020 03:05:05 GMT', null],
    ['99999999999999999999', null],
  ])('%s means %s ms', (header, ms) => {
    expect(readRetryAfter(header, NOW)).toBe(ms);
  });
});
