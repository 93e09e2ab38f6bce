import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';

type Mismatch = ReturnType<typeof Value.Errors>[number];

/** More than this would be the same mistake again. */
const SHOWN_MAX = 5;

/** Complaints about which fields there are, and not about the value of one. */
const SHAPE_KEYWORDS: ReadonlySet<string> = new Set(['required', 'additionalProperties']);

/**
 * Says in one line why a value does not fit a schema: each field, what was expected there and what came.
 * Null when it fits. `name` is what the value is called in the message.
 */
export function describeMismatch(schema: TSchema, value: unknown, name: string): string | null {
  if (Value.Check(schema, value)) return null;
  const sentences = new Map<string, string>();
  const errors = Value.Errors(schema, value);
  for (const error of errors) {
    // Branches of a union are reported one by one and then together; false schemas only repeat unknown fields.
    if (error.keyword === 'boolean' || /\/anyOf\/\d+/.test(error.schemaPath)) continue;
    const keys = keysOf(error.instancePath);
    const where = [name, ...keys].join('.');
    // The first complaint about a value is the one that matters: a wrong type comes before its limits.
    const key = SHAPE_KEYWORDS.has(error.keyword) ? `${where} ${error.keyword}` : where;
    if (!sentences.has(key)) sentences.set(key, sentenceOf(error, where, at(value, keys), errors));
  }
  const all = [...sentences.values()];
  const more = all.length > SHOWN_MAX ? [`and ${all.length - SHOWN_MAX} more`] : [];
  const text =
    [...all.slice(0, SHOWN_MAX), ...more].join('; ') || `${name} does not fit its schema`;
  return text + knownFields(errors, schema);
}

function sentenceOf(
  error: Mismatch,
  where: string,
  found: unknown,
  all: readonly Mismatch[],
): string {
  if (error.keyword === 'required') {
    const missing = error.params.requiredProperties.join(', ');
    return `${where} lacks ${missing}`;
  }
  if (error.keyword === 'additionalProperties') {
    const unknown = error.params.additionalProperties
      .slice(0, SHOWN_MAX)
      .map((key) => `"${shorten(key)}"`)
      .join(', ');
    return `${where} has no field ${unknown}`;
  }
  return `${where} must be ${expectation(error, all)}; ${cameAs(found)}`;
}

/** At the top, a wrong or missing name is best answered with the right ones. */
function knownFields(errors: readonly Mismatch[], schema: TSchema): string {
  const isAboutNames = errors.some(
    ({ keyword, instancePath }) => SHAPE_KEYWORDS.has(keyword) && instancePath === '',
  );
  if (!isAboutNames || !('properties' in schema)) return '';
  return ` (the fields are ${Object.keys(schema.properties as object).join(', ')})`;
}

function expectation(error: Mismatch, all: readonly Mismatch[]): string {
  switch (error.keyword) {
    case 'type': {
      const types = [error.params.type].flat();
      return types.map((type) => ARTICLES[type] ?? type).join(' or ');
    }
    case 'minimum':
      return `at least ${error.params.limit}`;
    case 'maximum':
      return `at most ${error.params.limit}`;
    case 'minLength':
      return `text of at least ${count(error.params.limit, 'character')}`;
    case 'maxLength':
      return `text of at most ${count(error.params.limit, 'character')}`;
    case 'minItems':
      return `a list of at least ${count(error.params.limit, 'item')}`;
    case 'maxItems':
      return `a list of at most ${count(error.params.limit, 'item')}`;
    case 'enum':
      return `one of ${error.params.allowedValues.map((each) => JSON.stringify(each)).join(', ')}`;
    case 'const':
      return JSON.stringify(error.params.allowedValue);
    case 'pattern':
      return `text that matches ${error.params.pattern}`;
    case 'anyOf': {
      const branches = all.filter((each) =>
        each.schemaPath.startsWith(`${error.schemaPath}/anyOf/`),
      );
      return (
        [...new Set(branches.map((each) => expectation(each, [])))].join(' or ') || 'different'
      );
    }
    default:
      return `different (it ${error.message})`;
  }
}

const ARTICLES: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
};

const count = (limit: number, unit: string): string =>
  `${limit.toLocaleString('en')} ${unit}${limit === 1 ? '' : 's'}`;

function cameAs(found: unknown): string {
  if (found === undefined) return 'nothing came';
  if (typeof found === 'string') {
    const size = found.length > 60 ? ` (${count(found.length, 'character')})` : '';
    return `the text ${JSON.stringify(shorten(found))}${size} came`;
  }
  if (Array.isArray(found)) return `a list of ${count(found.length, 'item')} came`;
  if (typeof found === 'object' && found !== null) return 'an object came';
  return `${JSON.stringify(found)} came`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
}

/** The keys of a JSON pointer (RFC 6901). */
function keysOf(pointer: string): string[] {
  if (pointer === '') return [];
  const keys = pointer.slice(1).split('/');
  return keys.map((key) => shorten(key.replaceAll('~1', '/').replaceAll('~0', '~')));
}

function at(value: unknown, keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}
