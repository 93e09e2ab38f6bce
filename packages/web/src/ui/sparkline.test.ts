import { describe, expect, it } from 'vitest';
import { sparklinePaths } from './sparkline.tsx';

describe('sparklinePaths', () => {
  it('draws from the left edge to the right one, the highest point at the top', () => {
    expect(sparklinePaths([0, 5, 10])).toEqual(['M0.0,28.0L50.0,15.0L100.0,2.0']);
  });

  it('leaves a gap where nothing was measured', () => {
    expect(sparklinePaths([1, null, 1, 2])).toEqual(['M0.0,15.0h0.1', 'M66.7,15.0L100.0,2.0']);
  });

  it('lies at the bottom when all is zero, and is nothing without points', () => {
    expect(sparklinePaths([0, 0])).toEqual(['M0.0,28.0L100.0,28.0']);
    expect(sparklinePaths([])).toEqual([]);
    expect(sparklinePaths([null, null])).toEqual([]);
  });
});
