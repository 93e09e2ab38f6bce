import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupByLength } from './group-by-length.ts';

describe('grouping texts by length', () => {
  it('puts short texts together and long ones by themselves', () => {
    expect(groupByLength([100, 2, 90, 3, 2], 100)).toEqual([[1, 4, 3], [2], [0]]);
  });

  it('has each text once, and no group beyond the limit but of one text', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 512 }), { maxLength: 100 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 5_000 }), (each, limit) => {
        const groups = groupByLength(each, limit);
        expect(groups.flat().toSorted((a, b) => a - b)).toEqual(each.map((_, at) => at));
        for (const group of groups) {
          const longest = Math.max(...group.map((at) => each[at] ?? 0));
          expect(group.length === 1 || group.length * longest <= limit).toBe(true);
        }
      }),
    );
  });
});
