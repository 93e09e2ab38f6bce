import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropDuplicates } from './drop-duplicates.ts';

const note = (id: string, text: string, is_kept_if_similar = false) => {
  return { id, text, is_kept_if_similar };
};
const LONG = Array.from({ length: 120 }, (_, index) => `word${index}`).join(' ');

/** Likeness as it is defined, by runs of up to three words. */
function likenessOf(a: string, b: string): number {
  const runs = (text: string) => {
    const words = text.split(' ');
    const count = Math.max(1, words.length - 2);
    return new Set(Array.from({ length: count }, (_, at) => words.slice(at, at + 3).join(' ')));
  };
  const [one, other] = [runs(a), runs(b)];
  const common = [...one].filter((each) => other.has(each)).length;
  return common / new Set([...one, ...other]).size;
}

describe('dropDuplicates', () => {
  it('keeps the first of what has nearly the same text', () => {
    const items = [
      note('1', 'The meeting is on Monday at nine.'),
      note('2', `${LONG} end`),
      note('3', 'the meeting is on monday, at NINE'),
      note('4', `${LONG} fin`),
      note('5', 'The meeting is on Tuesday at nine.'),
    ];
    const { kept, dropped } = dropDuplicates(items, 0.95);
    expect(kept.map(({ id }) => id)).toEqual(['1', '2', '5']);
    expect(dropped.map(({ id }) => id)).toEqual(['3', '4']);
  });

  it('keeps both of two turns of a conversation that say the same', () => {
    const turns = [note('1', 'yes', true), note('2', 'yes', true)];
    expect(dropDuplicates(turns, 0.95).kept.map(({ id }) => id)).toEqual(['1', '2']);
    expect(dropDuplicates([...turns, note('3', 'Yes!')], 0.95).kept).toHaveLength(2);
  });

  it('drops by equal sets only at 1, and compares texts without words whole', () => {
    const items = [note('1', LONG), note('2', `${LONG} x`), note('3', '…'), note('4', '!')];
    expect(dropDuplicates(items, 1).kept).toHaveLength(4);
    expect(dropDuplicates([...items, note('5', '…')], 1).kept).toHaveLength(4);
  });

  it('leaves no two that are alike, drops none that is unlike all, and finds nothing a second time', () => {
    const items = fc.array(
      fc
        .array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 6 })
        .map((words) => ({ text: words.join(' ') })),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(items, fc.double({ min: 0.5, max: 1, noNaN: true }), (given, threshold) => {
        const { kept, dropped } = dropDuplicates(given, threshold);
        expect(kept.length + dropped.length).toBe(given.length);
        for (const [index, one] of kept.entries())
          for (const other of kept.slice(index + 1))
            expect(likenessOf(one.text, other.text)).toBeLessThan(threshold);
        for (const { text } of dropped)
          expect(kept.some((each) => likenessOf(each.text, text) >= threshold)).toBe(true);
        expect(dropDuplicates(kept, threshold).dropped).toEqual([]);
      }),
    );
  });
});
