import type { ErrorObject } from 'ajv';

/** Where a context does not fit. */
export interface Misfit {
  /** The field, dotted, as `items.0.price`; empty for the whole context. */
  readonly path: string;
  /** What was expected and what came: its type and size, never its value, which may be a secret. */
  readonly message: string;
}

/** Names come from the caller: an answer repeats only their beginning. */
const PATH_CHARS = 200;
const CHOICES_CHARS = 200;

/** Says one fault of a validator in words. */
export function explainMisfit(error: ErrorObject, context: unknown): Misfit {
  const keys = error.instancePath
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  const params = error.params as Readonly<Record<string, unknown>>;
  if (error.keyword === 'required' || error.keyword === 'dependentRequired') {
    const missing = String(params['missingProperty']);
    const expected = whatFits(typeOf(error.parentSchema, missing)) ?? 'a value';
    return { path: pathOf([...keys, missing]), message: `expected ${expected}; nothing came` };
  }
  if (error.keyword === 'additionalProperties' || error.keyword === 'propertyNames') {
    const name = String(params['additionalProperty'] ?? params['propertyName']);
    return { path: pathOf([...keys, name]), message: 'expected no field of this name; one came' };
  }
  return {
    path: pathOf(keys),
    message: `expected ${expectation(error, params)}; ${whatCame(context, keys)} came`,
  };
}

function pathOf(keys: readonly string[]): string {
  const path = keys.join('.');
  return path.length > PATH_CHARS ? `${path.slice(0, PATH_CHARS).toWellFormed()}…` : path;
}

function typeOf(schema: unknown, property: string): unknown {
  const { properties } = (schema ?? {}) as { properties?: Record<string, unknown> };
  const field =
    properties && Object.hasOwn(properties, property) ? properties[property] : undefined;
  return (field as { type?: unknown } | undefined)?.type;
}

function whatFits(type: unknown): string | null {
  const types = (Array.isArray(type) ? type : [type]).filter((each) => typeof each === 'string');
  const named = types.map((each) =>
    each === 'null' ? each : `${/^[aoi]/.test(each) ? 'an' : 'a'} ${each}`,
  );
  return named.length > 0 ? named.join(' or ') : null;
}

function expectation(error: ErrorObject, params: Readonly<Record<string, unknown>>): string {
  const limit = String(params['limit']);
  switch (error.keyword) {
    case 'type':
      return whatFits(params['type']) ?? 'another type';
    case 'enum':
      return `one of ${shorten(JSON.stringify(params['allowedValues']).slice(1, -1))}`;
    case 'const':
      return shorten(JSON.stringify(params['allowedValue']));
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `a number ${String(params['comparison'])} ${limit}`;
    case 'multipleOf':
      return `a multiple of ${String(params['multipleOf'])}`;
    case 'minLength':
      return `at least ${limit} characters`;
    case 'maxLength':
      return `at most ${limit} characters`;
    case 'minItems':
      return `at least ${limit} elements`;
    case 'maxItems':
      return `at most ${limit} elements`;
    case 'uniqueItems':
      return 'elements that all differ';
    case 'minProperties':
      return `at least ${limit} fields`;
    case 'maxProperties':
      return `at most ${limit} fields`;
    case 'pattern':
      return `text that matches ${shorten(String(params['pattern']))}`;
    case 'format':
      return `a ${String(params['format'])}`;
    case 'anyOf':
    case 'oneOf':
      return `${error.keyword === 'oneOf' ? 'exactly one' : 'one'} of the schema's alternatives`;
    case 'false schema':
      return 'nothing';
    default:
      return `what ${error.keyword} of the schema asks for`;
  }
}

function shorten(text: string): string {
  return text.length > CHOICES_CHARS ? `${text.slice(0, CHOICES_CHARS).toWellFormed()}…` : text;
}

function whatCame(context: unknown, keys: readonly string[]): string {
  let at = context;
  for (const key of keys) {
    at =
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Record<string, unknown>)[key]
        : undefined;
  }
  if (at === null) return 'null';
  if (at === undefined) return 'nothing';
  if (Array.isArray(at)) return `an array of ${at.length}`;
  if (typeof at === 'string') return `a string of ${at.length} characters`;
  return typeof at === 'object'
    ? `an object of ${Object.keys(at).length} fields`
    : `a ${typeof at}`;
}
