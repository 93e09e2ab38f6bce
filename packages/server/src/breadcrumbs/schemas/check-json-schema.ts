/**
 * JSON Schemas from outside, made safe before any validator sees them. A schema of a few lines can make a validator
 * run for ever (references that double, regular expressions, `uniqueItems` over much) or fetch an address. So a
 * schema is copied keyword by keyword: what is known and harmless is taken over, what only describes is left out,
 * references within the schema are replaced by what they name, and everything else is refused by name.
 */
import { LinearPattern, PatternError } from './linear-pattern.ts';
import { SchemaDefinitionError } from './schema-definition.ts';

/** A schema that has been checked. */
export type SafeSchema = boolean | { readonly [keyword: string]: unknown };

export interface CheckedSchema {
  readonly schema: SafeSchema;
  /** What checking one value against all of the schema costs at most, in checks of a plain keyword. */
  readonly cost: number;
}

export const SCHEMA_LIMITS = {
  /** Schemas within one schema, each reference counted with all that it brings. */
  schemas: 300,
  depth: 32,
  /** Characters of one definition as JSON. */
  chars: 65_536,
  /** Characters of a property's name. */
  name_chars: 200,
} as const;

const DESCRIBES = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
]);

/** Formats that are checked; others only describe, as the standard allows. */
const FORMATS: readonly unknown[] = ['date-time', 'date', 'time', 'uuid'];
const TYPES: readonly unknown[] = [
  'string',
  'number',
  'integer',
  'boolean',
  'object',
  'array',
  'null',
];

const ONE_SCHEMA = new Set([
  'additionalProperties',
  'items',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'propertyNames',
]);
const MANY_SCHEMAS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const NAMED_SCHEMAS = new Set(['properties', 'patternProperties', 'dependentSchemas']);

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isName = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= SCHEMA_LIMITS.name_chars && value !== '__proto__';
const isNames = (value: unknown): boolean => Array.isArray(value) && value.every(isName);

/** Keywords with plain values: what the value must be, and a test of it. */
const PLAIN: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  type: [
    `one of ${TYPES.join(', ')}, or an array of these`,
    (value) => {
      const types: unknown[] = Array.isArray(value) ? value : [value];
      return types.length > 0 && types.every((type) => TYPES.includes(type));
    },
  ],
  enum: ['an array that is not empty', (value) => Array.isArray(value) && value.length > 0],
  const: ['a value', (value) => value !== undefined],
  required: ['an array of names', isNames],
  dependentRequired: [
    'an object of arrays of names',
    (value) =>
      isObject(value) && Object.entries(value).every(([key, each]) => isName(key) && isNames(each)),
  ],
  minimum: ['a number', Number.isFinite],
  maximum: ['a number', Number.isFinite],
  exclusiveMinimum: ['a number', Number.isFinite],
  exclusiveMaximum: ['a number', Number.isFinite],
  multipleOf: ['a number above 0', (value) => Number.isFinite(value) && Number(value) > 0],
  minLength: ['a whole number from 0', isCount],
  maxLength: ['a whole number from 0', isCount],
  minItems: ['a whole number from 0', isCount],
  maxItems: ['a whole number from 0', isCount],
  minContains: ['a whole number from 0', isCount],
  maxContains: ['a whole number from 0', isCount],
  minProperties: ['a whole number from 0', isCount],
  maxProperties: ['a whole number from 0', isCount],
  uniqueItems: ['true or false', (value) => typeof value === 'boolean'],
};

/** Below these a fault does not end the check but is written down and thrown away, which costs more. */
const TRIES = new Set(['anyOf', 'oneOf', 'not', 'if', 'contains', 'propertyNames']);
const TRY_COST = 20;
const UNIQUE_COST = 200;

interface Progress {
  readonly root: unknown;
  schemas: number;
  cost: number;
  /** What a schema costs where the check is. */
  weight: number;
}

/**
 * A safe copy of a schema; `name` is what messages call it.
 * @throws SchemaDefinitionError
 */
export function checkJsonSchema(schema: unknown, name: string): CheckedSchema {
  const progress: Progress = { root: schema, schemas: 0, cost: 0, weight: 1 };
  return { schema: checkSchema(schema, name, 0, progress), cost: progress.cost };
}

function checkSchema(schema: unknown, at: string, depth: number, progress: Progress): SafeSchema {
  if (++progress.schemas > SCHEMA_LIMITS.schemas) {
    throw new SchemaDefinitionError(
      `has more than ${SCHEMA_LIMITS.schemas} schemas, with all that its references bring`,
    );
  }
  if (depth > SCHEMA_LIMITS.depth) {
    throw new SchemaDefinitionError(
      `is nested deeper than ${SCHEMA_LIMITS.depth} levels, or refers to itself, near ${at.slice(0, 200)}`,
    );
  }
  progress.cost += progress.weight;
  if (typeof schema === 'boolean') return schema;
  if (!isObject(schema)) throw expected(at, 'a schema (an object, true or false)');
  const safe: [string, unknown][] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    const where = `${at}.${keyword.slice(0, 50)}`;
    if (keyword === '$ref') {
      const target = checkSchema(follow(value, where, progress.root), where, depth + 1, progress);
      safe.push(['allOf', [target]]);
    } else if (!DESCRIBES.has(keyword) && !keyword.startsWith('x-')) {
      safe.push(...checkKeyword(keyword, value, where, depth, progress));
    }
  }
  return mergeAllOf(safe);
}

function checkKeyword(
  keyword: string,
  value: unknown,
  at: string,
  depth: number,
  progress: Progress,
): [string, unknown][] {
  const inner = (each: unknown, where: string): SafeSchema => {
    const { weight } = progress;
    if (TRIES.has(keyword)) progress.weight = TRY_COST;
    const safe = checkSchema(each, where, depth + 1, progress);
    progress.weight = weight;
    return safe;
  };
  if (ONE_SCHEMA.has(keyword)) return [[keyword, inner(value, at)]];
  if (MANY_SCHEMAS.has(keyword)) {
    if (!Array.isArray(value) || value.length === 0) throw expected(at, 'an array of schemas');
    return [[keyword, value.map((each, index) => inner(each, `${at}[${index}]`))]];
  }
  if (NAMED_SCHEMAS.has(keyword)) {
    if (!isObject(value)) throw expected(at, 'an object of schemas');
    const named = Object.entries(value).map(([key, each]) => {
      if (!isName(key)) {
        throw expected(at, `names of at most ${SCHEMA_LIMITS.name_chars} characters`);
      }
      if (keyword === 'patternProperties') checkPattern(key, at);
      return [key, inner(each, `${at}.${key}`)] as const;
    });
    return [[keyword, Object.fromEntries(named)]];
  }
  if (keyword === 'pattern') return [[keyword, checkPattern(value, at)]];
  if (keyword === 'format') return FORMATS.includes(value) ? [[keyword, value]] : [];
  const plain = Object.hasOwn(PLAIN, keyword) ? PLAIN[keyword] : undefined;
  if (!plain) throw new SchemaDefinitionError(`uses a keyword that is not supported: ${at}`);
  const [expectation, fits] = plain;
  if (!fits(value)) throw expected(at, expectation);
  progress.cost += progress.weight * costOf(keyword, value);
  return [[keyword, value]];
}

/** A reference stands beside other keywords, `allOf` among them: both hold. */
function mergeAllOf(entries: readonly [string, unknown][]): SafeSchema {
  const all = entries.filter(([keyword]) => keyword === 'allOf').flatMap(([, each]) => each);
  const others = entries.filter(([keyword]) => keyword !== 'allOf');
  return Object.fromEntries(all.length > 0 ? [...others, ['allOf', all]] : others);
}

/** What a reference within the schema names, such as `#/$defs/address`. */
function follow(reference: unknown, at: string, root: unknown): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#/')) {
    throw expected(at, 'a reference within the schema, such as #/$defs/address');
  }
  let found = root;
  for (const token of reference.slice(2).split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  if (found === undefined) throw expected(at, 'a reference to something that is there');
  return found;
}

/** @throws SchemaDefinitionError for what is no pattern that can be matched in linear time. */
function checkPattern(pattern: unknown, at: string): string {
  if (typeof pattern !== 'string') throw expected(at, 'a regular expression');
  try {
    return new LinearPattern(pattern).toString();
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new SchemaDefinitionError(`has a pattern that ${error.message}: ${at}`, { cause: error });
  }
}

function expected(at: string, what: string): SchemaDefinitionError {
  return new SchemaDefinitionError(`has ${at.slice(0, 200)} that is not ${what}`);
}

/** Lists of values and names are gone through one by one; unique elements are written as JSON. */
function costOf(keyword: string, value: unknown): number {
  if (keyword === 'uniqueItems') return UNIQUE_COST;
  return typeof value === 'object' && value !== null ? Object.values(value).flat().length : 1;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
