import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import { whyNotStorable } from '../base/index.ts';

/** Bodies are taken as they are: a number is not a title. Queries and paths are text, so their numbers are read from it. */
const SHARED = { useDefaults: true, strict: false, verbose: true };
const bodies = withFormats(new Ajv({ ...SHARED, coerceTypes: false }));
const texts = withFormats(new Ajv({ ...SHARED, coerceTypes: true }));

function withFormats(ajv: Ajv): Ajv {
  addFormats.default(ajv, ['date-time', 'uri']);
  return ajv;
}

/**
 * Compiles equal schemas once, however many routes and servers have them: each route is there twice, and compiling is a
 * good part of a start.
 */
function compileOnce(ajv: Ajv): (schema: object) => ValidateFunction {
  const known = new Map<string, ValidateFunction>();
  return (schema) => {
    const key = JSON.stringify(schema);
    const validate = known.get(key) ?? ajv.compile(schema);
    known.set(key, validate);
    return validate;
  };
}

const compileBody = compileOnce(bodies);
const compileText = compileOnce(texts);

/** Checks requests against their schemas and explains what does not fit: where, what was expected, what came. */
export const compileValidator: FastifySchemaCompiler<object> = ({ schema, httpPart }) => {
  const validate = (httpPart === 'body' ? compileBody : compileText)(schema);
  return (data: unknown) => {
    const misfit = validate(data)
      ? findUnstorable(data)
      : explain(validate.errors ?? [], data, PART_NAMES[httpPart ?? ''] ?? 'the request');
    if (!misfit) return { value: data };
    return { error: Object.assign(new Error('validation failed'), { validation: [misfit] }) };
  };
};

const PART_NAMES: Readonly<Record<string, string>> = {
  body: 'the body',
  querystring: 'the query',
  params: 'the path',
  headers: 'the headers',
};

/** What is wrong with a part of a request: the path of a field, empty for the whole part, a clause and a sentence. */
export interface Misfit {
  readonly path: string;
  readonly message: string;
  readonly sentence: string;
}

/** No route has a use for text that the database cannot hold, so none has to think of it. */
function findUnstorable(data: unknown): Misfit | null {
  // The outermost object is the request's own, so each of its fields has all levels of nesting.
  const why = whyNotStorable(data, '', -1);
  return why === null ? null : { path: '', message: why, sentence: why };
}

function explain(errors: readonly ErrorObject[], data: unknown, part: string): Misfit {
  // A union reports each branch; the deepest path is the one that the caller meant.
  const error = errors.toSorted((a, b) => b.instancePath.length - a.instancePath.length)[0];
  const at = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const missing =
    error?.keyword === 'required'
      ? String((error.params as { missingProperty: string }).missingProperty)
      : null;
  const path = missing === null ? at : at ? `${at}.${missing}` : missing;
  const message =
    missing === null
      ? `${whatFits(error)}; ${whatCame(data, error?.instancePath ?? '')} came`
      : 'is missing';
  return { path, message, sentence: `${path || part} ${message}` };
}

function whatFits(error: ErrorObject | undefined): string {
  if (error?.keyword === 'enum')
    return `must be one of ${(error.params as { allowedValues: unknown[] }).allowedValues.join(', ')}`;
  if (error?.keyword === 'pattern') {
    const { description } = (error.parentSchema ?? {}) as { description?: string };
    return `must be ${description ?? 'of the right form'}`;
  }
  return error?.message ?? 'must fit its schema';
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
