import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addBuckets,
  bucketOf,
  bucketValue,
  LATENCY_ERROR,
  percentileOf,
} from './measure-latency.ts';

function count(durations: readonly number[]): number[] {
  return durations.reduce<number[]>((buckets, ms) => {
    const one = Array.from({ length: bucketOf(ms) + 1 }, () => 0);
    one[bucketOf(ms)] = 1;
    return addBuckets(buckets, one);
  }, []);
}

const durations = fc.array(
  fc.oneof(fc.nat(50), fc.nat(60_000), fc.nat(2 ** 31 - 1), fc.nat({ max: 2 ** 40 })),
  { minLength: 1, maxLength: 60 },
);

describe('a percentile from buckets', () => {
  it('is that of the sorted durations but for the stated error', () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, p) => {
        const sorted = values.toSorted((a, b) => a - b);
        const rank = Math.min(Math.max(Math.ceil(p * sorted.length - 1e-9), 1), sorted.length);
        const exact = sorted[rank - 1] ?? 0;
        const found = percentileOf(count(values), p) ?? -1;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * LATENCY_ERROR + 1e-6);
      }),
      { numRuns: 500 },
    );
  });

  it('is null when nothing was counted', () => {
    expect(percentileOf([], 0.5)).toBeNull();
    expect(percentileOf([0, 0], 0.5)).toBeNull();
  });

  it('is exact for 0 and 1 ms', () => {
    expect([0, 0.4, 1].map((ms) => bucketValue(bucketOf(ms)))).toEqual([0, 0, 1]);
  });
});

describe('buckets', () => {
  it('rise with the duration, also at the borders', () => {
    for (let ms = 0; ms < 5_000; ms++)
      expect(bucketOf(ms + 1)).toBeGreaterThanOrEqual(bucketOf(ms));
    for (let power = 0; power < 44; power++) expect(bucketOf(2 ** power)).toBe(1 + power * 8);
  });

  it('end somewhere', () => {
    expect(bucketOf(Infinity)).toBe(bucketOf(1e300));
    expect(bucketOf(Number.NaN)).toBe(0);
  });
});
