import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum } from './canonical-json.ts';

/** The same value with the keys of every object in another order. */
function shuffle(value: unknown, order: (keys: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map((each) => shuffle(each, order));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    order(Object.keys(value)).map((key) => [
      key,
      shuffle((value as Record<string, unknown>)[key], order),
    ]),
  );
}

describe('checksum', () => {
  it('is the SHA-256 of the canonical form', () => {
    // echo -n '{"a":[1,true,null],"b":"é"}' | sha256sum
    expect(checksum({ b: 'é', a: [1.0, true, null] })).toBe(
      '6eab153701ef60c995351765c772011bca6739878254f313acc3f11e1fef476b',
    );
  });

  it('does not depend on the order of keys, nor on a round trip through text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.infiniteStream(fc.nat()), (value, numbers) => {
        const order = (keys: string[]) =>
          keys
            .map((key) => ({ key, at: numbers.next().value as number }))
            .toSorted((a, b) => a.at - b.at)
            .map(({ key }) => key);
        const expected = checksum(value);
        expect(checksum(shuffle(value, order))).toBe(expected);
        expect(checksum(JSON.parse(JSON.stringify(value, null, 2)))).toBe(expected);
      }),
    );
  });

  it('differs when the value differs, in an order of a list, a type or a key', () => {
    const values = [{}, [], null, '', 0, false, [1, 2], [2, 1], ['1', 2], { a: 1 }, { b: 1 }];
    const more = [{ a: '1' }, { a: null }, { a: 1, b: 1 }, [[1], 2], 'null', '0', 'é', 'e\u0301'];
    const all = [...values, ...more].map((value) => checksum(value));
    expect(new Set(all).size).toBe(all.length);
    expect(all.every((each) => /^[0-9a-f]{64}$/.test(each))).toBe(true);
  });
});
