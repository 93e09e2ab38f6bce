import fc from 'fast-check';
import { query } from 'jsonpath-rfc9535';
import { describe, expect, it } from 'vitest';
import { findPlaces } from '@cairn/protocol';
import { readJsonPath } from './read-json-path.ts';
import { HintError, ViewBudget } from './view-budget.ts';

const find = (path: string, root: unknown): unknown[] =>
  findPlaces(readJsonPath(path), root, new ViewBudget()).map(({ value }) => value);

type Json = Parameters<typeof query>[0];

describe('findPlaces', () => {
  it('finds what the reference implementation finds', () => {
    const { json } = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, false, 0, 1, 2, 'a', 'b', ''),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('json'), { maxKeys: 3 }),
      ),
    }));
    const segment = fc.constantFrom(
      '.a',
      '.b',
      '.*',
      '[*]',
      '[0]',
      '[-1]',
      '[5]',
      "['a','b']",
      '[0,0]',
      '[1:]',
      '[:-1]',
      '[::2]',
      '[::-1]',
      '[3:0:-1]',
      '[::0]',
      '[-9:9]',
      '..a',
      '..*',
      '..[0]',
      "..['c']",
      '[?@.a]',
      '[?!@.a]',
      '[?@ == 1]',
      '[?@ != null]',
      '[?@.a < @.b]',
      '[?@.a >= 1 && @.b]',
      '[?@.a == 1 || @.b == "a"]',
      '[?length(@) > 1]',
      '[?count(@.*) == 2]',
      '[?value(@..a) == 1]',
      '[?@.a == $.a]',
      '[?$.b]',
      '[?@[0] == @.none]',
      '[?@[?@ == 1]]',
      '[?(@.a <= "b")]',
    );
    const path = fc.array(segment, { maxLength: 4 }).map((segments) => `$${segments.join('')}`);
    fc.assert(
      fc.property(json, path, (root, text) => {
        expect(sorted(find(text, root))).toEqual(sorted(query(root as Json, text)));
      }),
      { numRuns: 5_000 },
    );
  });

  it('finds in the order of the standard', () => {
    const root = { a: [5, 3, [{ b: 1 }]], b: 2 };
    expect(find('$.a[2,0,1]', root)).toEqual([[{ b: 1 }], 5, 3]);
    expect(find('$.a[::-1]', root)).toEqual([[{ b: 1 }], 3, 5]);
    expect(find('$..b', root)).toEqual([2, 1]);
    expect(find('$..[0]', root)).toEqual([5, { b: 1 }]);
  });

  it('knows the way to what it found', () => {
    const [place] = findPlaces(readJsonPath('$.a[-1]'), { a: [1, 2] }, new ViewBudget());
    expect([place?.key, place?.parent?.key, place?.parent?.parent?.parent]).toEqual([1, 'a', null]);
  });

  it.each([
    ['a.b', { a: { b: 1 } }, [1]],
    ['a.0', { a: [1] }, [1]],
    ['a.0', { a: { 0: 1 } }, [1]],
    ['a[0].b[*]', { a: [{ b: [1, 2] }] }, [1, 2]],
    ["a['x.y'].b", { a: { 'x.y': { b: 1 } } }, [1]],
    ['with space.kebab-name', { 'with space': { 'kebab-name': 1 } }, [1]],
    ['it\'s."quoted"', { "it's": { '"quoted"': 1 } }, [1]],
    ['a..b', { 'a..b': 1, a: { b: 2 } }, [1]],
    ['a.', { 'a.': 1, a: 2 }, [1]],
    ['__proto__', {}, []],
    ['length', [1, 2], []],
  ])('reads %s as dotted names', (path, root, found) => {
    expect(find(path, root)).toEqual(found);
  });

  it.each([
    '$',
    '$.a',
    '@.a',
    '',
    'a',
    '$..',
    '$[',
    '$.a b',
    '$[?search(@, "a")]',
    'a'.repeat(257),
    'a[x]',
  ])('reads or refuses %j', (path) => {
    const outcome = (): string => {
      try {
        find(path, { a: 1 });
        return 'read';
      } catch (error) {
        return error instanceof HintError ? 'refused' : String(error);
      }
    };
    expect(['read', 'refused']).toContain(outcome());
  });
});

/** The reference implementation has an order of its own where the standard leaves one free. */
function sorted(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value)).toSorted();
}
