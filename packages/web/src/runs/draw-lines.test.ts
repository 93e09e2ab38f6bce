import { describe, expect, it } from 'vitest';
import { linePaths, nearestPoint, placeOf } from './draw-lines.ts';

const FRAME = { from: 0, until: 100, low: 0, high: 10 };

describe('a line of a chart', () => {
  it('goes from left to right, and up for more', () => {
    const points = [
      { at: 0, value: 0 },
      { at: 50, value: 5 },
      { at: 100, value: 10 },
    ];
    expect(linePaths(points, FRAME)).toEqual(['M0.00,100.00L50.00,50.00L100.00,0.00']);
  });

  it('has a gap where nothing was measured, and shows lone points', () => {
    const points = [
      { at: 0, value: 1 },
      { at: 20, value: null },
      { at: 40, value: 10 },
      { at: 60, value: 10 },
    ];
    expect(linePaths(points, FRAME)).toEqual(['M0.00,90.00h0.01', 'M40.00,0.00L60.00,0.00']);
    expect(linePaths([{ at: 1, value: null }], FRAME)).toEqual([]);
  });

  it('stays in the middle of a frame without extent', () => {
    expect(placeOf({ at: 5, value: 5 }, { from: 5, until: 5, low: 5, high: 5 })).toEqual({
      x: 50,
      y: 50,
    });
  });

  it('can be asked for the point that is nearest', () => {
    const points = [0, 40, 100].map((at) => ({ at, value: 1 }));
    expect(nearestPoint(points, 60, FRAME)).toBe(1);
    expect(nearestPoint(points, 99, FRAME)).toBe(2);
    expect(nearestPoint([], 50, FRAME)).toBeNull();
  });
});
