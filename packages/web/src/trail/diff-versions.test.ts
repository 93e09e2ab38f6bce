import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffValues } from './diff-versions.ts';

describe('the difference of two versions', () => {
  it('names the lines that changed, with those around them', () => {
    const before = { a: 1, list: Array.from({ length: 20 }, (_, n) => n) };
    const { parts, added, removed } = diffValues(before, { ...before, a: 2 });
    expect([added, removed]).toEqual([1, 1]);
    expect(parts.map(({ kind, lines }) => [kind, lines[0]])).toEqual([
      ['same', '{'],
      ['removed', '  "a": 1,'],
      ['added', '  "a": 2,'],
      ['same', '  "list": ['],
    ]);
    expect(parts.at(-1)?.lines).toHaveLength(4);
  });

  it('is empty for equal values, and never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(diffValues(a, structuredClone(a))).toMatchObject({ added: 0, removed: 0 });
        expect(() => diffValues(a, b)).not.toThrow();
      }),
    );
  });

  it('gives up matching lines when nearly all of many changed', () => {
    const many = (offset: number) => Array.from({ length: 5_000 }, (_, n) => `${offset}:${n}`);
    const { is_coarse, added, removed } = diffValues(many(1), many(2));
    expect({ is_coarse, added, removed }).toEqual({
      is_coarse: true,
      added: 5_002,
      removed: 5_002,
    });
  });
});
