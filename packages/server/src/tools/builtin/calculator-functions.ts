import { createRequire } from 'node:module';
import type { BigNumber, ConfigOptions, MathJsInstance, MathNode } from 'mathjs';
import { ToolInputError } from './contract.ts';

/** Digits that are reckoned with. */
const DIGITS = 64;
/** Digits that are trusted after many steps: (1 / 3) * 3 is 1 again. */
const TRUSTED_DIGITS = 50;
/** What is closer to zero than 10^-308 counts as zero, as with ordinary numbers. */
const EXPONENT_MIN = -308;

// The library in one file: as modules it is a thousand files, and the first sum would wait for seconds.
const library = createRequire(import.meta.url)('mathjs/lib/browser/math.js') as {
  create(config: ConfigOptions): MathJsInstance;
};

/**
 * An instance of its own. Only its parser is used: nothing that a caller writes
 * is evaluated by the library, so its functions (import, evaluate, simplify, …) cannot be reached from an expression.
 */
const math = library.create({ number: 'BigNumber', precision: DIGITS });

/** Parses with every number kept as the decimal that was written. */
export const parseExpression = (text: string): MathNode => math.parse(text);

/** A decimal with 64 digits. */
export type Decimal = BigNumber;
export const decimal = (value: number | string): Decimal => math.bignumber(value);

const ZERO = decimal(0);
const ONE = decimal(1);
const PI = decimal('3.141592653589793238462643383279502884197169399375105820974944592307816406286');
const TAU = PI.times(2);

/** Rounds away what the last digits picked up on the way. */
export const settle = (value: Decimal): Decimal => value.toSignificantDigits(TRUSTED_DIGITS);

/** Every value passes here, so that no single step can be made to work on millions of digits. */
export function bounded(value: Decimal): Decimal {
  if (value.isNaN()) throw new ToolInputError('The result is not a real number.');
  if (value.abs().greaterThan(Number.MAX_VALUE)) {
    throw new ToolInputError('The result, or a step on the way, is larger than 1.79 * 10^308.');
  }
  return value.e < EXPONENT_MIN ? ZERO : value;
}

/** What is left when two values that should be equal cancel is 0: 1 / 3 * 3 - 1 must not be divided by. */
export function plus(a: Decimal, b: Decimal): Decimal {
  const sum = a.plus(b);
  if (a.isInteger() && b.isInteger()) return sum;
  const isRest = sum.abs().lessThan(a.abs().times(`1e-${TRUSTED_DIGITS}`));
  return isRest ? ZERO : sum;
}

export function divide(a: Decimal, b: Decimal): Decimal {
  if (b.isZero()) throw new ToolInputError('Division by zero has no result.');
  return a.div(b);
}

/** The remainder with the sign of the divisor, so that -7 mod 3 is 2. */
export function modulo(a: Decimal, b: Decimal): Decimal {
  if (b.isZero()) throw new ToolInputError('A remainder of a division by zero has no value.');
  const rest = a.mod(b);
  return rest.isZero() || rest.isNegative() === b.isNegative() ? rest : rest.plus(b);
}

export function power(base: Decimal, exponent: Decimal): Decimal {
  if (base.isZero() && exponent.isNegative()) {
    throw new ToolInputError('Zero to a negative power is a division by zero.');
  }
  if (base.isNegative() && !exponent.isInteger()) {
    throw new ToolInputError(
      'A negative number to a fractional power is not real; for odd roots use root(x, n).',
    );
  }
  return base.pow(exponent);
}

export function factorial(value: Decimal): Decimal {
  const n = wholeNumber(value, 'factorial', 0, 170);
  let product = ONE;
  for (let factor = 2; factor <= n; factor++) product = product.times(factor);
  return product;
}

function wholeNumber(value: Decimal, name: string, least: number, most: number): number {
  const settled = settle(value);
  if (!settled.isInteger() || settled.lessThan(least) || settled.greaterThan(most)) {
    throw new ToolInputError(
      `${name} takes whole numbers from ${least} to ${most}; it got ${settled.toNumber()}.`,
    );
  }
  return settled.toNumber();
}

/** `n (n-1) … (n-k+1)`, divided by `k!` for combinations. */
function choose(name: string, ordered: boolean, args: readonly Decimal[]): Decimal {
  const [n, k] = args.map((each) => wholeNumber(each, name, 0, 1_000)) as [number, number];
  if (k > n) return ZERO;
  const picks = ordered ? k : Math.min(k, n - k);
  let result = ONE;
  for (let pick = 0; pick < picks; pick++) {
    result = bounded(result.times(n - pick));
    if (!ordered) result = result.div(pick + 1);
  }
  return settle(result);
}

function greatestCommonDivisor(name: string, args: readonly Decimal[]): Decimal {
  return args
    .map((each) => decimal(wholeNumber(each, name, -1e15, 1e15)).abs())
    .reduce((a, b) => {
      while (!b.isZero()) [a, b] = [b, a.mod(b)];
      return a;
    });
}

function leastCommonMultiple(args: readonly Decimal[]): Decimal {
  return args.reduce((a, b) => {
    const divisor = greatestCommonDivisor('lcm', [a, b]);
    return divisor.isZero() ? ZERO : a.times(b).abs().div(divisor);
  }, ONE);
}

function logarithm(value: Decimal, base?: Decimal): Decimal {
  if (!value.greaterThan(0)) {
    throw new ToolInputError('A logarithm needs a number above zero.');
  }
  if (base === undefined) return value.ln();
  if (!base.greaterThan(0) || base.equals(1)) {
    throw new ToolInputError('The base of a logarithm must be above zero and not 1.');
  }
  return value.ln().div(base.ln());
}

function squareRoot(value: Decimal): Decimal {
  if (value.isNegative() && !value.isZero()) {
    throw new ToolInputError('The square root of a negative number is not real.');
  }
  return value.sqrt();
}

function root(value: Decimal, degree: Decimal): Decimal {
  const n = wholeNumber(degree, 'The degree of root', 1, 1_000);
  if (!value.isNegative()) return value.pow(ONE.div(n));
  if (n % 2 === 0) throw new ToolInputError('An even root of a negative number is not real.');
  return value.abs().pow(ONE.div(n)).negated();
}

function exponential(value: Decimal): Decimal {
  if (value.lessThan(-1_000)) return ZERO;
  // Above this the result is beyond 10^308 in any case.
  return value.greaterThan(1_000) ? decimal(Infinity) : value.exp();
}

/** An angle brought into one turn, which is exact only while the digits of pi reach. */
function angle(value: Decimal): Decimal {
  if (value.abs().greaterThan(1e12)) {
    throw new ToolInputError('sin, cos and tan take angles up to 10^12 radians.');
  }
  return value.mod(TAU);
}

/** What should be 0 comes out of pi with an error in the last digits. */
const nearZero = (value: Decimal): Decimal => (value.abs().lessThan(1e-45) ? ZERO : value);
const sine = (x: Decimal): Decimal => nearZero(angle(x).sin());
const cosine = (x: Decimal): Decimal => nearZero(angle(x).cos());

function tangent(x: Decimal): Decimal {
  const below = cosine(x);
  if (below.isZero()) throw new ToolInputError('tan has no value at this angle.');
  return sine(x).div(below);
}

function arc(name: 'asin' | 'acos', x: Decimal): Decimal {
  const value = settle(x);
  if (value.abs().greaterThan(1)) throw new ToolInputError(`${name} takes numbers from -1 to 1.`);
  return nearZero(value[name]());
}

function hyperbolic(name: 'sinh' | 'cosh' | 'tanh', x: Decimal): Decimal {
  if (x.abs().greaterThan(1_000)) {
    throw new ToolInputError(`${name} takes numbers from -1000 to 1000.`);
  }
  return x[name]();
}

function rounded(value: Decimal, digits: Decimal = ZERO): Decimal {
  const places = wholeNumber(digits, 'The number of digits of round', 0, 30);
  // 4 is "half away from zero".
  return settle(value).toDecimalPlaces(places, 4);
}

const sum = (args: readonly Decimal[]): Decimal => args.reduce((a, b) => a.plus(b));
const mean = (args: readonly Decimal[]): Decimal => sum(args).div(args.length);

function median(args: readonly Decimal[]): Decimal {
  const sorted = args.toSorted((a, b) => a.comparedTo(b));
  const half = Math.floor((sorted.length - 1) / 2);
  return mean(sorted.slice(half, sorted.length - half));
}

interface CalculatorFunction {
  /** How many arguments it takes. */
  readonly least: number;
  readonly most: number;
  apply(args: readonly Decimal[]): Decimal;
}

const one = (apply: (x: Decimal) => Decimal): CalculatorFunction => ({
  least: 1,
  most: 1,
  apply: (args) => apply(args[0] as Decimal),
});
const upToTwo = (
  least: 1 | 2,
  apply: (x: Decimal, y: Decimal | undefined) => Decimal,
): CalculatorFunction => ({
  least,
  most: 2,
  apply: (args) => apply(args[0] as Decimal, args[1]),
});
const two = (apply: (x: Decimal, y: Decimal) => Decimal): CalculatorFunction =>
  upToTwo(2, (x, y) => apply(x, y as Decimal));
const many = (apply: (args: readonly Decimal[]) => Decimal): CalculatorFunction => ({
  least: 1,
  most: Infinity,
  apply,
});

/** Every name that may stand before a parenthesis. A map, so that `constructor` is not found in it. */
export const FUNCTIONS: ReadonlyMap<string, CalculatorFunction> = new Map([
  ['abs', one((x) => x.abs())],
  ['sqrt', one(squareRoot)],
  ['cbrt', one((x) => x.cbrt())],
  ['root', two(root)],
  ['nthroot', two(root)],
  ['pow', two(power)],
  ['mod', two(modulo)],
  ['round', upToTwo(1, rounded)],
  ['floor', one((x) => settle(x).floor())],
  ['ceil', one((x) => settle(x).ceil())],
  ['trunc', one((x) => settle(x).trunc())],
  ['fix', one((x) => settle(x).trunc())],
  ['sign', one((x) => (x.isZero() ? ZERO : decimal(x.isNegative() ? -1 : 1)))],
  ['min', many((args) => args.reduce((a, b) => (b.lessThan(a) ? b : a)))],
  ['max', many((args) => args.reduce((a, b) => (b.greaterThan(a) ? b : a)))],
  ['sum', many(sum)],
  ['mean', many(mean)],
  ['average', many(mean)],
  ['median', many(median)],
  ['exp', one(exponential)],
  ['ln', one((x) => logarithm(x))],
  ['log', upToTwo(1, logarithm)],
  ['log10', one((x) => logarithm(x, decimal(10)))],
  ['log2', one((x) => logarithm(x, decimal(2)))],
  ['sin', one(sine)],
  ['cos', one(cosine)],
  ['tan', one(tangent)],
  ['asin', one((x) => arc('asin', x))],
  ['acos', one((x) => arc('acos', x))],
  ['atan', one((x) => x.atan())],
  ['sinh', one((x) => hyperbolic('sinh', x))],
  ['cosh', one((x) => hyperbolic('cosh', x))],
  ['tanh', one((x) => hyperbolic('tanh', x))],
  ['hypot', many((args) => sum(args.map((each) => bounded(each.times(each)))).sqrt())],
  ['factorial', one(factorial)],
  ['gcd', many((args) => greatestCommonDivisor('gcd', args))],
  ['lcm', many(leastCommonMultiple)],
  ['combinations', two((n, k) => choose('combinations', false, [n, k]))],
  ['permutations', two((n, k) => choose('permutations', true, [n, k]))],
]);

export const CONSTANTS: ReadonlyMap<string, Decimal> = new Map([
  ['pi', PI],
  ['tau', TAU],
  ['e', ONE.exp()],
  ['phi', decimal(5).sqrt().plus(1).div(2)],
  ['deg', PI.div(180)],
]);
