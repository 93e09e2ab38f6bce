import {
  bounded,
  CONSTANTS,
  decimal,
  divide,
  factorial,
  FUNCTIONS,
  modulo,
  parseExpression,
  plus,
  power,
  settle,
  type Decimal,
} from './calculator-functions.ts';
import { ToolInputError } from './contract.ts';
import { rewriteExpression } from './rewrite-expression.ts';

/** A value, and whether it was written as a percentage: `100 + 20%` is 120. */
interface Term {
  readonly value: Decimal;
  readonly percent: boolean;
}

/** The nodes of the parser that have a meaning here; every other kind is refused. */
type Node =
  | { type: 'ConstantNode'; value: unknown }
  | { type: 'ParenthesisNode'; content: Node }
  | { type: 'SymbolNode'; name: string }
  | { type: 'OperatorNode'; op: string; fn: string; args: Node[] }
  | { type: 'FunctionNode'; fn: Node; args: Node[] };

/** Whole numbers with more digits than this are given as the nearest number: not all their digits are sure. */
const EXACT_DIGITS = 40;

/**
 * Works out one arithmetic expression. The library only parses; this file walks the tree and knows a short list of
 * operators, functions and constants, each with a bound on its work, so nothing an expression says can reach
 * anything else or take long.
 * @returns a finite number; whole numbers beyond the safe integers as digits; `true` or `false` for a comparison
 * @throws ToolInputError with a sentence, for anything that is not arithmetic or has no value
 */
export function evaluateExpression(expression: string): number | string {
  const tree = parse(rewriteExpression(expression));
  const comparison = comparisonOf(tree);
  return comparison === null ? tidy(evaluate(tree).value) : String(comparison);
}

function parse(text: string): Node {
  try {
    return parseExpression(text) as unknown as Node;
  } catch (error) {
    const message = error instanceof SyntaxError ? error.message.replace(/ \(char \d+\)$/, '') : '';
    // The position, and the sign that stands for percent, are of the rewritten text: nobody wrote that.
    const why = /['"]/.test(message) ? '' : message;
    throw new ToolInputError(
      `The expression could not be read${why ? `: ${why}` : ''}. Write one such as "2 * (3 + 4)"; ` +
        'numbers go without units, and without spaces or commas inside them.',
    );
  }
}

/** A comparison stands at the top alone: its value is not a number to go on with. */
function comparisonOf(tree: Node): boolean | null {
  if (tree.type === 'ParenthesisNode') return comparisonOf(tree.content);
  if (tree.type !== 'OperatorNode' || tree.args.length !== 2) return null;
  const holds = COMPARISONS.get(tree.fn);
  if (!holds) return null;
  const [a, b] = tree.args.map((each) => settle(evaluate(each).value)) as [Decimal, Decimal];
  return holds(a.comparedTo(b));
}

const COMPARISONS: ReadonlyMap<string, (order: number) => boolean> = new Map([
  ['equal', (order) => order === 0],
  ['unequal', (order) => order !== 0],
  ['smaller', (order) => order < 0],
  ['smallerEq', (order) => order <= 0],
  ['larger', (order) => order > 0],
  ['largerEq', (order) => order >= 0],
]);

function evaluate(node: Node): Term {
  switch (node.type) {
    case 'ConstantNode':
      return { value: bounded(numberOf(node.value)), percent: false };
    case 'ParenthesisNode':
      return evaluate(node.content);
    case 'SymbolNode':
      return { value: constantNamed(node.name), percent: false };
    case 'FunctionNode':
      return { value: bounded(call(node.fn, node.args)), percent: false };
    case 'OperatorNode': {
      const { value, percent } = operate(node.op, node.fn, node.args.map(evaluate));
      return { value: bounded(value), percent };
    }
    default:
      throw new ToolInputError(
        'Only one arithmetic expression can be worked out: no variables, lists, ranges, units or conditions.',
      );
  }
}

/** Decimals are what the parser makes of numbers; `true`, `null`, `NaN` and the like come as something else. */
function numberOf(value: unknown): Decimal {
  if (typeof value === 'object' && value !== null && 'toSignificantDigits' in value) {
    return value as Decimal;
  }
  throw new ToolInputError(`"${String(value).slice(0, 40)}" is not a number.`);
}

function constantNamed(name: string): Decimal {
  const value = CONSTANTS.get(name.toLowerCase());
  if (value) return value;
  const shown = name.slice(0, 40);
  if (FUNCTIONS.has(name.toLowerCase())) {
    throw new ToolInputError(`${shown} is a function; write it with parentheses, as ${shown}(2).`);
  }
  const hint = /^x$/i.test(name) ? 'write * for multiplication, and ' : '';
  throw new ToolInputError(
    `"${shown}" is not known: ${hint}use numbers, the constants ${[...CONSTANTS.keys()].join(', ')} ` +
      'and the functions of this tool, and no other words, variables or units.',
  );
}

function call(fn: Node, args: Node[]): Decimal {
  const name = fn.type === 'SymbolNode' ? fn.name : '';
  // `pi (2 + 3)` is a product, though it looks like a call.
  const constant = CONSTANTS.get(name.toLowerCase());
  if (constant && args.length === 1) return constant.times(evaluate(args[0] as Node).value);
  const known = FUNCTIONS.get(name.toLowerCase());
  if (!known) {
    throw new ToolInputError(
      `There is no function "${name.slice(0, 40)}"; there are ${[...FUNCTIONS.keys()].join(', ')}.`,
    );
  }
  if (args.length < known.least || args.length > known.most) {
    const most = known.most === Infinity ? 'or more' : `to ${known.most}`;
    const takes = known.least === known.most ? `${known.least}` : `${known.least} ${most}`;
    throw new ToolInputError(`${name} takes ${takes} argument(s); it got ${args.length}.`);
  }
  return known.apply(args.map((each) => evaluate(each).value));
}

function operate(op: string, fn: string, args: readonly Term[]): Term {
  const [a, b] = args;
  if (a && b) return operateOnTwo(op, fn, a, b);
  if (a) {
    switch (fn) {
      case 'unaryMinus':
        return { value: a.value.negated(), percent: a.percent };
      case 'unaryPlus':
        return a;
      case 'factorial':
        return { value: factorial(a.value), percent: false };
      // The sign that percentages were rewritten to.
      case 'ctranspose':
        return { value: a.value.div(100), percent: true };
    }
  }
  throw new ToolInputError(`The operator "${op}" is not known; use + - * / ^ ! mod and %.`);
}

function operateOnTwo(op: string, fn: string, a: Term, b: Term): Term {
  const plain = (value: Decimal): Term => ({ value, percent: false });
  switch (fn) {
    case 'add':
    case 'subtract': {
      // A percentage added to anything else is of that: 100 + 20% is 120, but 10% + 5% is 15%.
      const isRelative = b.percent && !a.percent;
      const change = isRelative ? a.value.times(b.value) : b.value;
      const value = fn === 'add' ? plus(a.value, change) : plus(a.value, change.negated());
      return { value, percent: a.percent && b.percent };
    }
    case 'multiply':
      return plain(a.value.times(b.value));
    case 'divide':
      return plain(divide(a.value, b.value));
    case 'mod':
      return plain(modulo(a.value, b.value));
    case 'pow':
      return plain(power(a.value, b.value));
    // The sign that "off" was rewritten to.
    case 'dotMultiply':
      if (!a.percent) {
        throw new ToolInputError(
          '"off" follows a percentage, as in "20% off 50"; use parentheses.',
        );
      }
      return plain(decimal(1).minus(a.value).times(b.value));
  }
  if (COMPARISONS.has(fn)) {
    throw new ToolInputError('A comparison is true or false, and cannot be reckoned with.');
  }
  throw new ToolInputError(`The operator "${op}" is not known; use + - * / ^ ! mod and %.`);
}

/** Since decimals were reckoned with, the nearest number has no tail such as 0.30000000000000004. */
function tidy(value: Decimal): number | string {
  const settled = settle(value);
  if (settled.isInteger()) {
    if (settled.abs().lessThanOrEqualTo(Number.MAX_SAFE_INTEGER)) return settled.toNumber() + 0;
    if (settled.e < EXACT_DIGITS) return settled.toFixed(0);
  }
  return settled.toNumber() + 0;
}
