import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ToolInputError } from './contract.ts';
import { evaluateExpression } from './evaluate-expression.ts';

describe('a sentence', () => {
  it.each([
    ['x + 1', '"x" is not known: write * for multiplication'],
    ['5 cm', '"cm" is not known'],
    ['__proto__', '"__proto__" is not known'],
    ['constructor(1)', 'no function "constructor"'],
    ['toString()', 'no function "toString"'],
    ['import(1)', 'no function "import"'],
    ['evaluate(1)', 'no function "evaluate"'],
    ['zeros(1e9, 1e9)', 'no function "zeros"'],
    ['cos.constructor(1)', 'no function'],
    ['a.b', 'Only one arithmetic expression'],
    ['a = 5', 'Only one arithmetic expression'],
    ['f(x) = x', 'Only one arithmetic expression'],
    ['[1, 2]', '"[" has no place'],
    ['{a: 1}', '"{" has no place'],
    ['"text"', 'has no place'],
    ["5'", '"\'" has no place'],
    ['1:1e9', '":" has no place'],
    ['1; 2', '";" has no place'],
    ['💥', '"💥" has no place'],
    ['$5', '"$" has no place'],
    ['1 .* 2', 'are for lists'],
    ['(2,340) * 2', 'commas'],
    ['1 2', 'could not be read'],
    ['%', 'could not be read. Write'],
    ['0xZZ', 'could not be read. Write'],
    ['true', 'not a number'],
    ['Infinity', 'not a number'],
    ['sqrt 2', 'write it with parentheses, as sqrt(2)'],
    ['sqrt()', 'sqrt takes 1 argument(s); it got 0'],
    ['log(1, 2, 3)', 'log takes 1 to 2 argument(s); it got 3'],
    ['min()', 'min takes 1 or more argument(s); it got 0'],
    ['10% off 20% off 100', '"off" follows a percentage'],
    ['17% 2340', 'Write "17% of 2340" for a share'],
    ['(3 > 2) + 1', 'cannot be reckoned with'],
    ['1 < 2 < 3', 'Only one arithmetic expression'],
    ['3 or 4', 'operator "or" is not known'],
    ['2 + 3 = 5', 'could not be read'],
    ['5 mod 0', 'division by zero'],
    ['0^-1', 'division by zero'],
    ['1 / (0.1 + 0.2 - 0.3)', 'Division by zero'],
    ['1 / (1 / 3 * 3 - 1)', 'Division by zero'],
    ['sqrt(-1)', 'not real'],
    ['(-8)^(1/3)', 'not real'],
    ['ln(0)', 'above zero'],
    ['log(8, 1)', 'not 1'],
    ['asin(2)', 'from -1 to 1'],
    ['tan(pi / 2)', 'no value at this angle'],
    ['sin(1e300)', '10^12'],
    ['171!', 'from 0 to 170; it got 171'],
    ['2.5!', 'it got 2.5'],
    ['gcd(1.5, 2)', 'gcd takes whole numbers'],
    ['1e999', 'larger than'],
    ['9^9^9^9', 'larger than'],
    ['1 / 9^9^9', 'larger than'],
    ['exp(1e300)', 'larger than'],
    [`170!${'+170!'.repeat(90)}*9`, 'larger than'],
    [`170!*99${'+170!*99'.repeat(3)}`, 'larger than'],
    [`${'('.repeat(51)}1${')'.repeat(51)}`, 'more than 50 parentheses'],
  ])('answers %s', (expression, message) => {
    expect(() => evaluateExpression(expression)).toThrow(ToolInputError);
    expect(() => evaluateExpression(expression)).toThrow(message);
  });
});

/** Far above what any of these takes (0.2 s at most), and far below a hang. */
const LIMIT_MS = 5_000;

describe('the work', () => {
  it.each([
    `${'1%('.repeat(50)}1${')'.repeat(50)}`,
    `${'5 % ('.repeat(49)}3${')'.repeat(49)}`,
    `${'-'.repeat(499)}1`,
    `1${'!'.repeat(499)}`,
    `1${'%'.repeat(499)}`,
    `2${'^2'.repeat(249)}`,
    `${'sqrt('.repeat(50)}2${')'.repeat(50)}`,
    '0.5^9007199254740991',
    '1.000000000000001^9007199254740991',
    '1e308 mod 1e-308',
    Array(41).fill('atan(9.123)').join('-'),
    Array(50).fill('tanh(999)').join('-'),
    Array(22).fill('combinations(1000,500)').join('-').slice(0, 482),
    Array(60).fill('1.1^.377').join('-').slice(0, 500),
  ])('for %s is bounded', (expression) => {
    expect(expression.length).toBeLessThanOrEqual(501);
    const start = performance.now();
    expect(unexpectedOf(expression)).toBeNull();
    expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  });
});

describe('random text', () => {
  const pieces = fc.constantFrom(
    ...'1 2.5 1e9 9 . , ( ) + - * / ^ % ! = < of off mod to in and not pi e deg x ° ² 0x'.split(
      ' ',
    ),
    ...'sqrt( sin( atan( log( max( pow( root( gcd( combinations( abs __proto__ constructor'.split(
      ' ',
    ),
    ...`[ ] { } : ; " ' ? ?? ?. # 
`.split(' '),
    ' ',
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 100 }),
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.array(pieces, { maxLength: 60 }).map((each) => each.join('')),
  );

  it('is answered or refused with a sentence, in bounded time, and nothing else', () => {
    fc.assert(
      fc.property(text, (expression) => {
        const start = performance.now();
        expect(unexpectedOf(expression.slice(0, 500))).toBeNull();
        expect(performance.now() - start).toBeLessThan(LIMIT_MS);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** What went wrong unless there was a finite number, a short text or a refusal in a sentence; else null. */
function unexpectedOf(expression: string): unknown {
  try {
    const result = evaluateExpression(expression);
    const isFine =
      typeof result === 'number'
        ? Number.isFinite(result)
        : /^(true|false|-?\d{16,40})$/.test(result);
    return isFine ? null : result;
  } catch (error) {
    const isFine = error instanceof ToolInputError && /^.{8,600}\.$/s.test(error.message);
    return isFine ? null : error;
  }
}
