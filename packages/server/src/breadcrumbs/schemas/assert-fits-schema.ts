import { AppError } from '../../base/index.ts';
import { compileSchemaDefinition } from './compile-definition.ts';
import { SchemaDefinitionError } from './schema-definition.ts';
import type { SchemaDefinitions } from './schema-definitions.ts';

const DEFINITION = 'schema.def.v1';

/** The parts of a record that its schema speaks of. */
interface Shaped {
  readonly schema_name?: string | null;
  readonly context: unknown;
  readonly llm_hints?: unknown;
}

/**
 * Refuses a record that does not fit the definition of its schema, where the tenant has one that says `enforce`, and a
 * definition that cannot be used.
 * @throws AppError validation_failed, with the fields
 */
export async function assertFitsSchema(
  schemas: SchemaDefinitions,
  owner_id: string,
  { schema_name, context, llm_hints }: Shaped,
): Promise<void> {
  if (!schema_name) return;
  if (schema_name === DEFINITION) return assertUsable(context, llm_hints);
  const definition = await schemas.find(owner_id, schema_name);
  if (definition?.validation !== 'enforce') return;
  const misfits = definition.validate(context);
  if (misfits.length === 0) return;
  const errors = misfits.map(({ path, message }) => ({
    path: path === '' ? 'context' : `context.${path}`,
    message,
  }));
  const text = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new AppError('validation_failed', `the context does not fit ${schema_name}: ${text}`, {
    errors,
  });
}

function assertUsable(context: unknown, llm_hints: unknown): void {
  try {
    compileSchemaDefinition(context, llm_hints);
  } catch (error) {
    if (!(error instanceof SchemaDefinitionError)) throw error;
    throw new AppError('validation_failed', `the schema definition ${error.message}`);
  }
}
