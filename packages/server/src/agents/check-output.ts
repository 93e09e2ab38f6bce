import { whyNotStorable } from '../base/index.ts';
import { compileSchemaDefinition } from '../breadcrumbs/index.ts';

/** Misfits that a model is told of at once. */
const MISFITS_TOLD = 5;
/** The longest text that is read as JSON, in characters. */
const TEXT_CHARS = 1_000_000;

/** An answer as data, or what is wrong with it, in words for the model. */
export type CheckedOutput = { readonly data: unknown } | { readonly misfit: string };

/** Reads answers of a model as JSON of a schema. */
export type OutputCheck = (text: string) => CheckedOutput;

/**
 * Compiles an `output_schema`. Definitions come from outside, so only keywords that cannot run for ever are taken.
 * @throws Error that says what is wrong with the schema
 */
export function compileOutputSchema(output_schema: Record<string, unknown>): OutputCheck {
  const { validate } = compileSchemaDefinition({
    schema_name: 'output',
    validation: 'enforce',
    json_schema: output_schema,
  });
  return (text) => {
    const data = readJson(text);
    if (data === undefined) return { misfit: 'it is not JSON' };
    const why = whyNotStorable(data);
    if (why !== null) return { misfit: why };
    const misfits = validate(data);
    if (misfits.length === 0) return { data };
    const told = misfits.slice(0, MISFITS_TOLD);
    return { misfit: told.map(({ path, message }) => `${path || 'it'}: ${message}`).join('; ') };
  };
}

/** The JSON of an answer: the whole of it, or what stands in its one code block. Undefined when there is none. */
function readJson(text: string): unknown {
  if (text.length > TEXT_CHARS) return undefined;
  const [, fenced] = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text) ?? [];
  try {
    return JSON.parse(fenced ?? text);
  } catch {
    return undefined;
  }
}
