import { Type, type Static } from 'typebox';
import { ToolInputError, type BuiltinTool } from './contract.ts';

const TIMEOUT_MS = 2_000;

const input_schema = Type.Object(
  {
    data: Type.Unknown({ description: 'The JSON to work on; `data` in the expression.' }),
    expression: Type.String({
      minLength: 1,
      maxLength: 20_000,
      description:
        'An expression of JavaScript over `data`, such as data.items.map((i) => i.name).',
    }),
  },
  { additionalProperties: false },
);

const output_schema = Type.Object({
  result: Type.Unknown({ description: 'What the expression comes to, as JSON.' }),
});

/**
 * An expression of JavaScript, in the sandbox. A language for queries would be one more to learn for models and people,
 * and its interpreter one more that runs without limits in this process; the sandbox has them already.
 */
export const jsonTransform: BuiltinTool<
  Static<typeof input_schema>,
  Static<typeof output_schema>
> = {
  name: 'json_transform',
  description:
    'Picks from JSON, filters it, sorts it, adds it up, or gives it another shape. Use it instead of doing so by hand when there is much of it. ' +
    'Example: {"data": {"items": [{"n": 1}, {"n": 5}]}, "expression": "data.items.filter((i) => i.n > 2)"} answers {"result": [{"n": 5}]}.',
  input_schema,
  output_schema,
  async execute({ data, expression }, context) {
    const source = `export async function execute(data) { return (\n${expression}\n); }`;
    const result = await context.evaluate(source, data, TIMEOUT_MS);
    if (result.status === 'success') return { result: result.output };
    throw new ToolInputError(
      `The expression failed (${result.error_class}): ${result.error}`,
      result.error_class,
    );
  },
};
