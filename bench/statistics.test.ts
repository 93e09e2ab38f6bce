import { describe, expect, it } from 'vitest';
import { median, percentile, round } from './statistics.ts';

describe('statistics', () => {
  it('takes the middle value, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 9])).toBe(3);
    expect(median([])).toBeNaN();
  });

  it('gives the value that a share of the numbers does not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile([7], 0.99)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });

  it('keeps three digits of what is small and whole numbers of what is large', () => {
    expect([1.23456, 0.0123456, 45_678.9].map(round)).toEqual([1.23, 0.0123, 45_679]);
  });
});
