import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

const attempts = fc.integer({ min: 1, max: 1_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoffMs', () => {
  it('stays between half of the ceiling and the ceiling, which is at most five minutes', () => {
    fc.assert(
      fc.property(attempts, random, (made, chance) => {
        const ceiling = Math.min(300_000, 250 * 2 ** made);
        const ms = backoffMs(made, chance);
        expect(Number.isInteger(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(Math.floor(ceiling / 2));
        expect(ms).toBeLessThanOrEqual(ceiling);
      }),
    );
  });

  it('never shrinks with more attempts', () => {
    fc.assert(
      fc.property(attempts, random, (made, chance) => {
        expect(backoffMs(made + 1, chance)).toBeGreaterThanOrEqual(backoffMs(made, chance));
      }),
    );
  });

  it('spreads what failed together', () => {
    expect(backoffMs(4, 0)).toBe(2_000);
    expect(backoffMs(4, 0.5)).toBe(3_000);
  });
});
