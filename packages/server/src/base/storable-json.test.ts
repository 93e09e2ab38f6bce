import { LIMITS } from '@cairn/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whyNotStorable } from './storable-json.ts';

/** `value` inside so many lists. */
function nest(levels: number, value: unknown = 0): unknown {
  let nested = value;
  for (let level = 0; level < levels; level++) nested = [nested];
  return nested;
}

describe('whyNotStorable', () => {
  it('has nothing against any well-formed JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 10 }), (value) => {
        expect(whyNotStorable(value)).toBeNull();
      }),
    );
    for (const value of [null, '', 0, -0, 1e308, 5e-324, {}, [], { '': { '': [''] } }, '😀'])
      expect(whyNotStorable(value)).toBeNull();
  });

  it.each([
    ['a\0b', 'the value contains a NUL character'],
    ['\ud83d', 'the value contains half of a surrogate pair'],
    [JSON.parse('1e999') as number, 'the value is a number out of range'],
    [{ context: { list: [1, { text: '\0' }] } }, 'context.list[1].text contains a NUL character'],
    [{ a: ['ok', '\udc00x'] }, 'a[1] contains half of a surrogate pair'],
    [{ a: { b: [JSON.parse('-1e400') as number] } }, 'a.b[0] is a number out of range'],
    [{ a: { 'k\0': 1 } }, String.raw`the key "k\u0000" contains a NUL character`],
    [{ '\ud800': 1 }, String.raw`the key "\ud800" contains half of a surrogate pair`],
    [[['\0']], '[0][0] contains a NUL character'],
  ])('says where and why %j cannot be stored', (value, why) => {
    expect(whyNotStorable(value)).toBe(why);
  });

  it('allows as many levels as the limit says, of lists and of objects, and not one more', () => {
    expect(whyNotStorable(nest(LIMITS.json_depth))).toBeNull();
    expect(whyNotStorable(nest(LIMITS.json_depth - 1, { a: 1 }))).toBeNull();
    expect(whyNotStorable(nest(LIMITS.json_depth + 1))).toMatch(/is nested deeper than 64 levels$/);
    expect(whyNotStorable(nest(LIMITS.json_depth, {}))).toMatch(/is nested deeper/);
    expect(whyNotStorable(nest(100_000))).toMatch(/is nested deeper/);
  });

  it('finds one bad spot wherever it is', () => {
    const bad = fc.constantFrom<unknown>('\0', 'x\ud800', Number.POSITIVE_INFINITY, Number.NaN);
    const holder = fc.letrec<{ holder: unknown }>((tie) => ({
      holder: fc.oneof(
        { maxDepth: 10 },
        bad,
        fc.tuple(fc.jsonValue(), tie('holder')),
        fc.tuple(fc.string(), tie('holder')).map(([key, value]) => ({ ok: 1, [key]: value })),
        fc.constantFrom('\0', '\udfff').map((key) => ({ ok: 1, [key]: 1 })),
      ),
    })).holder;
    fc.assert(
      fc.property(holder, (value) => {
        expect(whyNotStorable(value)).not.toBeNull();
      }),
    );
  });

  it('answers in a sentence of bounded length, however long the keys are', () => {
    const key = 'k😀'.repeat(100_000);
    for (const value of [
      { [key]: '\0' },
      { [`${key}\0`]: 1 },
      { [key]: nest(65) },
      { [key]: NaN },
    ]) {
      const why = whyNotStorable(value);
      expect(why?.length).toBeLessThan(250);
      expect(why?.isWellFormed()).toBe(true);
    }
  });
});
