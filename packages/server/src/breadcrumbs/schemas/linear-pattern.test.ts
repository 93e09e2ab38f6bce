import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinearPattern, PatternError } from './linear-pattern.ts';

describe('LinearPattern', () => {
  it.each([
    ['abc', ['abc', 'xabcx'], ['ab', '']],
    ['^abc$', ['abc'], ['xabc', 'abcx', '']],
    ['^$', [''], ['a']],
    ['', ['', 'a'], []],
    ['^(a|bc)+$', ['a', 'bca'], ['b', '']],
    ['^a{2,3}$', ['aa', 'aaa'], ['a', 'aaaa']],
    ['^a{2}b{0,}c?$', ['aa', 'aabbc'], ['a', 'aacc']],
    ['^\\d{4}-\\d{2}$', ['2025-01'], ['25-01', '2025-1a']],
    ['^[A-Z][^x\\]]*$', ['Abc', 'A'], ['Ax', 'A]', 'a']],
    ['^\\p{L}+$', ['Ærø'], ['a1']],
    ['^.$', ['a', '😀'], ['\n', 'ab']],
    ['^😀+$', ['😀😀'], ['a']],
    ['^(?:(?<year>\\d+)|x)*?$', ['', '12x'], ['y']],
    ['^(a*)*$', ['', 'aaaa'], ['b']],
    ['a$|^b', ['xa', 'bx'], ['ax', 'xb']],
    ['^\\.\\/\\\\$', ['./\\'], ['x/\\']],
    ['a-b, c', ['a-b, c'], ['a']],
  ])('%s', (source, fits, misfits) => {
    const pattern = new LinearPattern(source);
    for (const text of fits) expect([text, pattern.test(text)]).toEqual([text, true]);
    for (const text of misfits) expect([text, pattern.test(text)]).toEqual([text, false]);
  });

  it.each([
    '(',
    ')',
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '(a)\\1',
    '\\bword',
    '\\k<a>',
    '*',
    'a**',
    'a{3,2}',
    '[',
    '[z-a]',
    'a{',
    ']',
    '\\',
    '\\p{Nope}',
    `${'('.repeat(40)}${')'.repeat(40)}`,
    '((a{99}){99}){99}',
    'a'.repeat(501),
  ])('refuses %s', (source) => {
    expect(() => new LinearPattern(source)).toThrow(PatternError);
  });

  it('says the same as RegExp', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '^', '$');
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { maxDepth: 4 },
        atom,
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(${a}|${b})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,}', '*?'))
          .map(([a, sign]) => `(?:${a})${sign}`),
      ),
    }));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '\n'), maxLength: 6 });
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        expect(new LinearPattern(source).test(subject)).toBe(new RegExp(source, 'u').test(subject));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(a*)*b', '^a*a*a*a*a*$', '(.*)(.*)(.*)(.*)x$'])(
    'takes steps in proportion to the text for %s',
    (source) => {
      const steps = (length: number): number => {
        let paid = 0;
        new LinearPattern(source).test(`${'a'.repeat(length)}!`, (count) => (paid += count));
        return paid;
      };
      expect(steps(4_000)).toBeLessThanOrEqual(4.1 * steps(1_000));
    },
  );

  it('ends when the payer throws', () => {
    const pay = (): never => {
      throw new RangeError('enough');
    };
    expect(() => new LinearPattern('a+$').test('aaaa', pay)).toThrow('enough');
  });
});
