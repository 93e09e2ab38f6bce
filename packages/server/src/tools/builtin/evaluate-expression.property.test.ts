import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../base/index.ts';
import { evaluateExpression } from './evaluate-expression.ts';

interface Tree {
  readonly text: string;
  /** By the arithmetic of JavaScript. */
  readonly value: number;
  /** As an exact fraction. */
  readonly exact: { readonly over: bigint; readonly under: bigint };
}

const leaf: fc.Arbitrary<Tree> = fc
  .tuple(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 0, max: 3 }))
  .map(([digits, places]) => {
    const text = (digits / 10 ** places).toFixed(places);
    return {
      text,
      value: Number(text),
      exact: { over: BigInt(digits), under: 10n ** BigInt(places) },
    };
  });

function join(operator: string, a: Tree, b: Tree): Tree {
  const text = `(${a.text} ${operator} ${b.text})`;
  const [p, q] = [a.exact, b.exact];
  switch (operator) {
    case '+':
      return {
        text,
        value: a.value + b.value,
        exact: { over: p.over * q.under + q.over * p.under, under: p.under * q.under },
      };
    case '-':
      return {
        text,
        value: a.value - b.value,
        exact: { over: p.over * q.under - q.over * p.under, under: p.under * q.under },
      };
    case '*':
      return {
        text,
        value: a.value * b.value,
        exact: { over: p.over * q.over, under: p.under * q.under },
      };
    default:
      return {
        text,
        value: a.value / b.value,
        // A division by zero anywhere inside leaves nothing to divide by.
        exact: { over: p.over * q.under, under: q.under === 0n ? 0n : p.under * q.over },
      };
  }
}

function trees(operators: readonly string[]): fc.Arbitrary<Tree> {
  return fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc
        .tuple(fc.constantFrom(...operators), tie('tree'), tie('tree'))
        .map(([operator, a, b]) => join(operator, a, b)),
      tie('tree').map((a) => join('-', leafZero, a)),
    ),
  })).tree;
}

const leafZero: Tree = { text: '0', value: 0, exact: { over: 0n, under: 1n } };

/** The nearest number to a fraction, with digits enough for the smallest that a tree can have. */
function nearest({ over, under }: Tree['exact']): number {
  const scale = 10n ** 200n;
  return Number((over * scale) / under) / 1e200;
}

function outcomeOf(text: string): number | string {
  try {
    return Number(evaluateExpression(text));
  } catch (error) {
    return messageOf(error);
  }
}

function isClose(result: number | string, expected: number | string): boolean {
  if (typeof result === 'string' || typeof expected === 'string') return result === expected;
  return Math.abs(result - expected) <= 1e-14 * Math.abs(expected);
}

describe('random arithmetic', () => {
  it('has the exact value, whatever the operators', () => {
    fc.assert(
      fc.property(trees(['+', '-', '*', '/']), ({ text, exact }) => {
        fc.pre(text.length <= 500);
        const result = outcomeOf(text);
        const expected = exact.under === 0n ? 'Division by zero has no result.' : nearest(exact);
        expect(isClose(result, expected) ? expected : result).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with JavaScript, but for the tails of binary fractions', () => {
    fc.assert(
      fc.property(trees(['+', '-', '*']), ({ text, value }) => {
        fc.pre(text.length <= 500);
        // Every leaf is below 10^5 and rounding grows with the largest value on the way.
        const largest = Math.max(1, ...(text.match(/[\d.]+/g) ?? []).map(Number));
        const depth = (text.match(/\(/g) ?? []).length;
        fc.pre(largest ** (depth + 1) < 1e300);
        const result = Number(evaluateExpression(text));
        expect(Math.abs(result - value)).toBeLessThanOrEqual(1e-12 * largest ** (depth + 1));
      }),
      { numRuns: 500 },
    );
  });

  it('of whole numbers is exactly that of JavaScript integers', () => {
    const whole = trees(['+', '-', '*']).map(({ text }) => text.replaceAll('.', ''));
    fc.assert(
      fc.property(whole, (text) => {
        fc.pre(text.length <= 500);
        // Leading zeros of "0.12" without its point are not octal to the calculator.
        const plain = text.replace(/\b0+(?=\d)/g, '');
        const expected = wholeValue(plain);
        fc.pre(expected.toString().length <= 40);
        expect(String(evaluateExpression(plain))).toBe(expected.toString());
      }),
      { numRuns: 500 },
    );
  });

  it('follows the usual precedence without parentheses', () => {
    const digit = fc.integer({ min: 1, max: 9 });
    const rest = fc.array(fc.tuple(fc.constantFrom('+', '-', '*', '/'), digit), { maxLength: 20 });
    fc.assert(
      fc.property(digit, rest, (first, pairs) => {
        const text = `${first}${pairs.map(([operator, value]) => `${operator}${value}`).join('')}`;
        const result = Number(evaluateExpression(text));
        const expected = inOrder(first, pairs);
        expect(Math.abs(result - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, 9 ** 6));
        expect(result).toBeCloseTo(expected, 2);
      }),
    );
  });
});

/** A whole-number expression of `( a op b )` by BigInt: a second way to the same value. */
function wholeValue(text: string): bigint {
  const tokens = text.match(/\d+|[-+*()]/g) ?? [];
  let at = 0;
  const read = (): bigint => {
    const token = tokens[at++] ?? '0';
    if (token !== '(') return BigInt(token);
    const a = read();
    const operator = tokens[at++];
    const b = read();
    at += 1;
    return operator === '+' ? a + b : operator === '-' ? a - b : a * b;
  };
  return read();
}

/** Sums of products, from left to right. */
function inOrder(first: number, pairs: readonly (readonly [string, number])[]): number {
  let sum = 0;
  let product = first;
  for (const [operator, value] of pairs) {
    if (operator === '*') product *= value;
    else if (operator === '/') product /= value;
    else {
      sum += product;
      product = operator === '+' ? value : -value;
    }
  }
  return sum + product;
}
