import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';

/** Bodies are taken as they are: a number is not a title. Queries and paths are text, so their numbers are read from it. */
const bodies = withFormats(new Ajv({ coerceTypes: false, useDefaults: true, strict: false }));
const texts = withFormats(new Ajv({ coerceTypes: true, useDefaults: true, strict: false }));

function withFormats(ajv: Ajv): Ajv {
  addFormats.default(ajv, ['date-time', 'uri']);
  return ajv;
}

/** Checks requests against their schemas and explains what does not fit: where, what was expected, what came. */
export const compileValidator: FastifySchemaCompiler<object> = ({ schema, httpPart }) => {
  const validate = (httpPart === 'body' ? bodies : texts).compile(schema);
  return (data: unknown) => {
    if (validate(data)) return { value: data };
    const error = Object.assign(new Error('validation failed'), {
      validation: [explain(validate.errors ?? [], data)],
    });
    return { error };
  };
};

function explain(
  errors: readonly ErrorObject[],
  data: unknown,
): { field: string; explanation: string } {
  // A union reports each branch; the deepest path is the one that the caller meant.
  const error = errors.toSorted((a, b) => b.instancePath.length - a.instancePath.length)[0];
  if (!error) return { field: '', explanation: 'does not fit its schema' };
  const field = error.instancePath.slice(1).replaceAll('/', '.');
  if (error.keyword === 'required') {
    const missing = String((error.params as { missingProperty: string }).missingProperty);
    return { field: field ? `${field}.${missing}` : missing, explanation: 'is missing' };
  }
  const expected =
    error.keyword === 'enum'
      ? `must be one of ${(error.params as { allowedValues: unknown[] }).allowedValues.join(', ')}`
      : error.keyword === 'pattern'
        ? `must be ${(error.parentSchema as { description?: string } | undefined)?.description ?? 'of the right form'}`
        : (error.message ?? 'does not fit its schema');
  return {
    field: field || 'the request',
    explanation: `${expected}; ${whatCame(data, error.instancePath)} came`,
  };
}

/** The type and size of what came, not its value: a value may be a secret. */
function whatCame(data: unknown, path: string): string {
  let at = data;
  for (const key of path.split('/').slice(1))
    at = (at as Record<string, unknown> | undefined)?.[key];
  if (at === null) return 'null';
  if (Array.isArray(at)) return `an array of ${at.length}`;
  if (typeof at === 'string') return `a string of ${[...at].length} characters`;
  if (typeof at === 'object') return 'an object';
  return `a ${typeof at}`;
}
