import { Type, type Static } from 'typebox';
import { ToolInputError, type BuiltinTool } from './contract.ts';

const DEFAULTS = { min: 1, max: 100, count: 1, integer: true };
const bounds = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

const input_schema = Type.Object(
  {
    min: Type.Optional(
      Type.Number({
        ...bounds,
        default: DEFAULTS.min,
        description: 'The smallest value that may come; 1 when absent.',
      }),
    ),
    max: Type.Optional(
      Type.Number({
        ...bounds,
        default: DEFAULTS.max,
        description: 'The largest value that may come; 100 when absent.',
      }),
    ),
    count: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: DEFAULTS.count,
        description: 'How many values, 1 to 100; 1 when absent. Values may repeat.',
      }),
    ),
    integer: Type.Optional(
      Type.Boolean({
        default: DEFAULTS.integer,
        description: 'true for whole numbers (when absent), false for fractions too.',
      }),
    ),
  },
  { additionalProperties: false },
);

const output_schema = Type.Object({
  values: Type.Array(Type.Number(), { description: 'The values, in the order they were drawn.' }),
});

/** Draws evenly distributed numbers; both ends of the range can come. */
export const random: BuiltinTool<Static<typeof input_schema>, Static<typeof output_schema>> = {
  name: 'random',
  description:
    'Draws random numbers, evenly distributed between min and max (both included). ' +
    'Use it for dice, coins, lots and samples: never invent random numbers yourself. ' +
    'Example: {"min": 1, "max": 6, "count": 2} answers such as {"values": [4, 1]}.',
  input_schema,
  output_schema,
  async execute(input, context) {
    const { min, max, count, integer } = { ...DEFAULTS, ...input };
    if (min > max) {
      throw new ToolInputError(
        `min is ${min} and max is ${max}: min must not be above max (absent, they are ` +
          `${DEFAULTS.min} and ${DEFAULTS.max}).`,
      );
    }
    const draw = integer
      ? integersBetween(min, max, context.random)
      : fractionsBetween(min, max, context.random);
    return { values: Array.from({ length: count }, draw) };
  },
};

function integersBetween(min: number, max: number, next: () => number): () => number {
  const first = Math.ceil(min);
  const last = Math.floor(max);
  if (first > last) {
    throw new ToolInputError(
      `There is no whole number between ${min} and ${max}; set "integer" to false, or widen the range.`,
    );
  }
  const size = last - first + 1;
  // One number from the generator has 53 bits: a larger range would have values that never come.
  if (size > Number.MAX_SAFE_INTEGER) {
    throw new ToolInputError(
      `The range from ${min} to ${max} is too wide; max - min must be below ${Number.MAX_SAFE_INTEGER}.`,
    );
  }
  // Adding 0 turns -0 into 0.
  return () => Math.min(last, first + Math.floor(next() * size)) + 0;
}

function fractionsBetween(min: number, max: number, next: () => number): () => number {
  return () => Math.min(max, min + next() * (max - min)) + 0;
}
