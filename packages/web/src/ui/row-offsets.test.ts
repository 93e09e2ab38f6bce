import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOutRows, rowsBetween, spansOf } from './row-offsets.ts';

const heights = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 60 });

/** Rows `0`, `1`, … of which every other is known to be as high as said; the rest is usual. */
function layOut(all: readonly number[]) {
  const keys = all.map((_, at) => String(at));
  const known = new Map(all.flatMap((px, at) => (at % 2 === 0 ? [[String(at), px]] : [])));
  const real = all.map((px, at) => (at % 2 === 0 ? px : 40));
  return { offsets: layOutRows(keys, known, 40), real };
}

describe('layOutRows', () => {
  it('puts rows below each other, those of unknown height as high as usual', () => {
    const { tops, total_px } = layOutRows(['a', 'b', 'c'], new Map([['b', 100]]), 40);
    expect([...tops]).toEqual([0, 40, 140, 180]);
    expect(total_px).toBe(180);
  });
});

describe('rowsBetween', () => {
  it('finds every row of which a part is in view, however high the rows are', () => {
    fc.assert(
      fc.property(heights, fc.nat(9_000), fc.integer({ min: 1, max: 900 }), (all, from, room) => {
        const { offsets, real } = layOut(all);
        const { first, end } = rowsBetween(offsets, from, from + room);
        const tops = real.map((_, at) => real.slice(0, at).reduce((sum, px) => sum + px, 0));
        const in_view = real.flatMap((px, at) => {
          const top = tops[at] ?? 0;
          return top < from + room && top + px > from ? [at] : [];
        });
        expect(in_view.filter((at) => at < first || at >= end)).toEqual([]);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(all.length);
      }),
    );
  });

  it('finds none in an empty list', () => {
    const { first, end } = rowsBetween(layOutRows([], new Map(), 40), -480, 1_000);
    expect(end - first).toBe(0);
  });
});

describe('spansOf', () => {
  it('draws the row that is kept in its order, and leaves room for all the others', () => {
    fc.assert(
      fc.property(heights, fc.nat(9_000), fc.integer({ min: -1, max: 70 }), (all, from, kept) => {
        const { offsets, real } = layOut(all);
        const view = rowsBetween(offsets, from, from + 200);
        const { spans, after_px } = spansOf(offsets, view, kept);
        const drawn = spans.flatMap(({ first, end }) =>
          Array.from({ length: end - first }, (_, at) => first + at),
        );
        expect(drawn).toEqual([...new Set(drawn)].toSorted((a, b) => a - b));
        const is_there = kept >= 0 && kept < all.length;
        expect(drawn.includes(kept)).toBe(is_there);
        const room = spans.reduce((sum, { before_px }) => sum + before_px, after_px);
        const rows = drawn.reduce((sum, at) => sum + (real[at] ?? 0), 0);
        expect(room + rows).toBe(offsets.total_px);
      }),
    );
  });
});
