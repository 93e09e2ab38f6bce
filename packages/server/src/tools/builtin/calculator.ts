import { Type, type Static } from 'typebox';
import type { BuiltinTool } from './contract.ts';

const input_schema = Type.Object(
  {
    expression: Type.String({
      minLength: 1,
      maxLength: 500,
      description:
        'One expression, at most 500 characters, such as "17% of 2340" or "sqrt(2)^2 * 3".',
    }),
  },
  { additionalProperties: false },
);

const output_schema = Type.Object({
  result: Type.Union([Type.Number(), Type.String()], {
    description:
      'The value as a number; whole numbers beyond 9007199254740991 exactly, as text of digits; ' +
      'comparisons as "true" or "false".',
  }),
  expression: Type.String({ description: 'The expression that was worked out.' }),
});

/** Works out arithmetic with 64 decimal digits, so that 0.1 + 0.2 is 0.3. */
export const calculator: BuiltinTool<Static<typeof input_schema>, Static<typeof output_schema>> = {
  name: 'calculator',
  description:
    'Works out an arithmetic expression exactly. Use it for every calculation instead of reckoning yourself. ' +
    'It knows + - * / ^ ! mod, parentheses, comparisons; percentages ("17% of 2340", "20% off 50", "100 + 20%"); ' +
    'pi, e, tau, phi, deg; sqrt, cbrt, root(x, n), abs, round(x, digits), floor, ceil, trunc, sign, min, max, sum, ' +
    'mean, median, exp, ln, log(x, base), log10, log2, sin, cos, tan, asin, acos, atan (radians; write 90 deg for ' +
    'degrees), sinh, cosh, tanh, hypot, factorial, gcd, lcm, combinations(n, k), permutations(n, k). log(x) is the ' +
    'natural logarithm. It knows no variables and no units. ' +
    'Example: {"expression": "17% of 2340"} answers {"result": 397.8, "expression": "17% of 2340"}.',
  input_schema,
  output_schema,
  async execute({ expression }) {
    // Loaded at the first use: the parser takes longer to load than the rest of the tools together.
    const { evaluateExpression } = await import('./evaluate-expression.ts');
    return { result: evaluateExpression(expression), expression };
  },
};
