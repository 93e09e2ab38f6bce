import { ToolDefinition } from '@cairn/protocol';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import type { AnyBuiltin, ToolContext } from './contract.ts';
import { describeMismatch } from './describe-mismatch.ts';
import { BUILTIN_TOOLS } from './registry.ts';
import { runToEnd, testingContext } from './testing-context.ts';
import { toToolDefinition } from './to-tool-definition.ts';

/** Inputs to try a tool with. */
export interface ToolExamples {
  /** Each runs, and its output fits the schema. */
  readonly valid: readonly unknown[];
  /** Each is refused with a message that matches. */
  readonly invalid: readonly { readonly input: unknown; readonly message: RegExp }[];
  readonly context?: () => ToolContext;
}

/** Inputs that no tool may choke on, whatever it takes. */
const NEVER_VALID: readonly unknown[] = [
  'text',
  17,
  true,
  [],
  [{}],
  { no_such_field: 1 },
  JSON.parse('{"__proto__": 1}'),
  { constructor: {} },
];

/** What every built-in tool promises. Each tool's test calls this once with examples of its own. */
export function toolConformance(tool: AnyBuiltin, examples: ToolExamples): void {
  const context = examples.context ?? testingContext;

  describe(`${tool.name}, as every built-in tool`, () => {
    it('is in the registry, once', () => {
      expect(BUILTIN_TOOLS.filter((each) => each.name === tool.name)).toEqual([tool]);
    });

    it('makes a tool definition of plain JSON', () => {
      const definition = toToolDefinition(tool);
      expect(describeMismatch(ToolDefinition, definition, 'definition')).toBeNull();
      expect(JSON.parse(JSON.stringify(definition))).toEqual(definition);
      expect(definition.implementation).toEqual({ type: 'builtin', name: tool.name });
    });

    it('tells a model what it does and shows an example', () => {
      expect(tool.description).toMatch(/\bUse it\b/);
      expect(tool.description).toContain('Example: {');
    });

    it('describes every field, and takes no others', () => {
      const { inputSchema, outputSchema } = toToolDefinition(tool).definition;
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(outputSchema).toMatchObject({ type: 'object' });
      for (const schema of [inputSchema, outputSchema]) {
        const properties = Object.values(schema?.properties as Record<string, object>);
        expect(properties.length).toBeGreaterThan(0);
        for (const property of properties) {
          expect(property).toHaveProperty('description', expect.stringMatching(/\w/));
        }
      }
    });

    it('has schemas that stay the same as plain JSON Schema', () => {
      const { inputSchema, outputSchema } = toToolDefinition(tool).definition;
      for (const input of [...examples.valid, ...NEVER_VALID]) {
        expect(Value.Check(inputSchema, input)).toBe(Value.Check(tool.input_schema, input));
        expect(Value.Check(outputSchema as object, input)).toBe(
          Value.Check(tool.output_schema, input),
        );
      }
    });

    it.each(examples.valid.map((input) => [JSON.stringify(input), input]))(
      'answers %s as promised',
      async (_, input) => {
        const result = await runToEnd(tool, input, context());
        expect(result).toMatchObject({ status: 'success' });
        const output = result.status === 'success' ? result.output : null;
        expect(describeMismatch(tool.output_schema, output, 'output')).toBeNull();
        expect(JSON.parse(JSON.stringify(output))).toEqual(output);
      },
    );

    it.each(examples.invalid.map(({ input, message }) => [nameOf(input), input, message] as const))(
      'refuses %s with a sentence',
      async (_, input, message) => {
        const result = await runToEnd(tool, input, context());
        expect(result).toEqual({
          status: 'error',
          error: expect.stringMatching(message),
          error_class: expect.any(String),
        });
      },
    );

    it.each(NEVER_VALID.map((input) => [JSON.stringify(input), input]))(
      'refuses %s, and says that it is the input',
      async (_, input) => {
        const result = await runToEnd(tool, input, context());
        const error = expect.stringMatching(`The input of ${tool.name} is not valid: input .+`);
        expect(result).toEqual({ status: 'error', error, error_class: 'invalid_input' });
      },
    );

    it('does nothing when nobody waits any more', async () => {
      const signal = AbortSignal.abort();
      for (const input of examples.valid) {
        const result = await runToEnd(tool, input, { ...context(), signal });
        expect(result).toEqual({
          status: 'error',
          error: `${tool.name} did not answer: the run was stopped.`,
          error_class: 'stopped',
        });
      }
    });
  });
}

function nameOf(input: unknown): string {
  const json = JSON.stringify(input);
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}
