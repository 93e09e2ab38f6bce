import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findExpression } from './find-expression.ts';
import { spellOutNumbers } from './spell-out-numbers.ts';

describe('finding an expression in a message', () => {
  it.each([
    ['what is 17% of 2340?', '(17 / 100) * 2340', '17% of 2340'],
    ["what's 15 percent of 80", '(15 / 100) * 80', '15 percent of 80'],
    ['12 * (3+4)', '12 * (3+4)', '12 * (3+4)'],
    ['What is the square root of 2?', 'sqrt(2)', 'the square root of 2'],
    ['square root of two', 'sqrt(2)', 'square root of two'],
    ['sqrt(16) + 1', 'sqrt(16) + 1', 'sqrt(16) + 1'],
    ['what is 2,340 times 3?', '2340 * 3', '2,340 times 3'],
    ['twenty-five times two hundred', '25 * 200', 'twenty-five times two hundred'],
    ['Three plus four, please', '3 + 4', '3 + 4'],
    ['7 x 8', '7 * 8', '7 x 8'],
    ['10 divided by 4', '10 / 4', '10 divided by 4'],
    ['what is 2 to the power of 10', '2 ^10', '2 to the power of 10'],
    ['5 squared', '5 ^2', '5 squared'],
    ['5!', '5!', '5!'],
    ['2 + 3!', '2 + 3', '2 + 3'],
    ['20% off 50', '(1 - 20 / 100) * 50', '20% off 50'],
    ['100 + 20%', '100 * (1 + 20 / 100)', '100 + 20%'],
    ['17 % 5', '17  mod  5', '17 % 5'],
    ['-3 + 5 =', '-3 + 5', '-3 + 5'],
    ['Hi! Could you tell me what is 6*7, thanks', '6*7', '6*7'],
    ['what is half of 50?', '(1 / 2) * 50', 'half of 50'],
    ['I have 3 apples and 2 pears, what is 3 + 2?', '3 + 2', '3 + 2'],
  ])('reads %j', (text, expression, phrase) => {
    expect(findExpression(text)).toEqual({ expression, phrase });
  });

  it.each([
    '',
    'hello',
    'what is 5?',
    'what is (1 + 2?',
    'what is 1 + 2) * 3?',
    'what is 1e5 * 2?',
    'what is a1+2b?',
    'we are open 24/7',
    'call 555-1234 today',
    'what happened on 2024-05-01?',
    'what happened on 12/05/2026?',
    'well-known - and * strange (',
    'what is ( + )?',
    'what is the meaning of pi?',
  ])('finds nothing in %j', (text) => {
    expect(findExpression(text)).toBeNull();
  });

  it('gives only balanced expressions of known characters, whatever the text', () => {
    const sums = ['1', '23', '4.5', '+', '-', '*', '/', '^', '(', ')', '!', '%', 'sqrt', 'pi'];
    const words = [' of ', ' ', 'x', '?', 'two', '=', 'mod', 'percent'];
    const soup = fc
      .array(
        fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...sums) }, fc.constantFrom(...words)),
        {
          maxLength: 9,
        },
      )
      .map((each) => `what is ${each.join('')}`);
    let found = 0;
    fc.assert(
      fc.property(
        fc.oneof({ weight: 9, arbitrary: soup }, fc.string({ unit: 'binary', maxLength: 600 })),
        (text) => {
          const expression = findExpression(text)?.expression;
          if (expression === undefined) return;
          found += 1;
          expect(expression).toMatch(/^[\d\s.+\-*/^()!a-z]+$/);
          expect(expression).toMatch(/\d|pi/);
          const opened = expression.replace(/[^(]/g, '').length;
          expect(expression.replace(/[^)]/g, '')).toHaveLength(opened);
          expect(expression).not.toMatch(/[-+*/^(]$|^[+*/^)]|\(\)|[*/^]\s*[*/^]/);
        },
      ),
      { numRuns: 1_500 },
    );
    // About fifty of the texts hold a sum; with hardly any, the property would say nothing.
    expect(found).toBeGreaterThan(5);
  });
});

describe('numbers in words', () => {
  it.each([
    ['zero', '0'],
    ['forty-two', '42'],
    ['one hundred and five', '105'],
    ['two thousand three hundred forty', '2340'],
    ['three million', '3000000'],
    ['nobody is the one someone', 'nobody is the 1 someone'],
  ])('writes %j as %j', (text, digits) => {
    expect(spellOutNumbers(text)).toBe(digits);
  });
});
