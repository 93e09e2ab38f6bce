import { createHash } from 'node:crypto';
import { messageOf } from '../base/index.ts';
import { compileSchemaDefinition, UNCHECKED } from '../breadcrumbs/index.ts';

/** Compiled schemas that are kept: compiling takes milliseconds, checking microseconds. */
const KEPT_MAX = 200;
const SHOWN_MAX = 5;

type Compiled = ReturnType<typeof compileSchemaDefinition> | { readonly fault: string };

/**
 * JSON Schemas of tools, compiled and kept. They come from strangers: what would make a validator run for long, or fetch
 * something, is refused where schemas of records are refused too.
 */
export class ToolSchemas {
  readonly #compiled = new Map<string, Compiled>();

  /** Why the schema cannot be used, or null. */
  whyUnusable(schema: unknown): string | null {
    const compiled = this.#compile(schema);
    return 'fault' in compiled ? compiled.fault : null;
  }

  /**
   * Why a value does not fit, in one line, or null. An unusable schema fits nothing, and neither does a value that is too
   * large to be checked, unless `lets_large_pass`.
   */
  whyMisfit(
    schema: unknown,
    value: unknown,
    name: string,
    { lets_large_pass = false } = {},
  ): string | null {
    const compiled = this.#compile(schema);
    if ('fault' in compiled) return compiled.fault;
    const misfits = compiled
      .validate(value)
      .filter((misfit) => !lets_large_pass || !UNCHECKED.has(misfit));
    if (misfits.length === 0) return null;
    const told = misfits
      .slice(0, SHOWN_MAX)
      .map(({ path, message }) => `${path === '' ? name : `${name}.${path}`}: ${message}`);
    if (misfits.length > SHOWN_MAX) told.push(`and ${misfits.length - SHOWN_MAX} more`);
    return told.join('; ');
  }

  #compile(schema: unknown): Compiled {
    const key = createHash('sha256').update(JSON.stringify(schema)).digest('base64');
    const known = this.#compiled.get(key);
    this.#compiled.delete(key);
    const compiled = known ?? compile(schema);
    // Last used comes last, so that the first is the one to go.
    this.#compiled.set(key, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > KEPT_MAX && oldest !== undefined) this.#compiled.delete(oldest);
    return compiled;
  }
}

function compile(schema: unknown): Compiled {
  try {
    return compileSchemaDefinition({
      schema_name: 'tool.v1',
      validation: 'enforce',
      json_schema: schema,
    });
  } catch (error) {
    return { fault: `it ${messageOf(error).replace(/^it /, '')}` };
  }
}
