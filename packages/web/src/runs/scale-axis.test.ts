import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisRange, axisTicks, durationTicks } from './scale-axis.ts';

describe('the marks of an axis', () => {
  it('are round', () => {
    expect(axisTicks(0, 1_000, 5)).toEqual([0, 200, 400, 600, 800, 1_000]);
    expect(axisTicks(0, 0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(axisTicks(5, 5, 4)).toEqual([5]);
  });

  it('lie in the range and are few, whatever the range', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
        (low, span) => {
          const ticks = axisTicks(low, low + span, 5);
          expect(ticks.length).toBeLessThanOrEqual(8);
          for (const each of ticks) {
            expect(each).toBeGreaterThanOrEqual(low - span * 1e-3 - 1e-3);
            expect(each).toBeLessThanOrEqual(low + span * 1.001 + 1e-3);
          }
        },
      ),
      // Found by chance once: marks that differ only where numbers end.
      { examples: [[999_999_999.997_347_7, 0.008_652_269_840_240_479]], numRuns: 5_000 },
    );
  });

  it('reach above all values, from zero', () => {
    expect(axisRange([3, 97])).toEqual([0, 100]);
    expect(axisRange([0, 0])).toEqual([0, 1]);
    expect(axisRange([])).toEqual([0, 1]);
    expect(axisRange([-5, 5])[0]).toBe(-5);
  });
});

describe('the marks of a duration', () => {
  it('are round on a clock beyond a second, and decimal below', () => {
    expect(durationTicks(90_000, 5)).toEqual([0, 30_000, 60_000, 90_000]);
    expect(durationTicks(3 * 3_600_000, 5)).toEqual([0, 1, 2, 3].map((each) => each * 3_600_000));
    expect(durationTicks(800, 4)).toEqual([0, 200, 400, 600, 800]);
    expect(durationTicks(9 * 86_400_000, 4)).toEqual([0, 3, 6, 9].map((each) => each * 86_400_000));
    expect(durationTicks(0, 5)).toEqual([0]);
  });

  it('are never many', () => {
    for (let total = 1; total < 1e12; total *= 1.7)
      expect(durationTicks(total, 5).length).toBeLessThanOrEqual(7);
  });
});
