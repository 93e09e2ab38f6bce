/**
 * The one selector grammar: SSE filters, subscriptions, webhooks, agents, tools and waits all speak it.
 *
 * A selector is a conjunction: every field that is present must hold. An absent or null field holds.
 * `any_tags: []` holds for nothing and `all_tags: []` for everything, as "some of none" and "all of none" do.
 */
import parsePath from 'jsonpath-rfc9535/parser';
import { Type, type Static } from 'typebox';
import { findPlaces, type Segments } from './find-places.ts';
import { LIMITS } from './limits.ts';

/** The operators of a context rule. An operator outside this list is refused when the selector is registered. */
export const OPERATORS = [
  'eq',
  'ne',
  'gt',
  'lt',
  'gte',
  'lte',
  'contains',
  'contains_any',
  'exists',
] as const;
export type Operator = (typeof OPERATORS)[number];

const Tags = Type.Array(Type.String({ minLength: 1, maxLength: LIMITS.tag_chars }), {
  maxItems: LIMITS.selector_tags,
});

export const ContextRule = Type.Object({
  path: Type.String({
    minLength: 1,
    maxLength: LIMITS.selector_path_chars,
    description: 'RFC 9535 path into the context, such as `$.priority` or `$.a.b[0]`',
  }),
  op: Type.String({ description: `One of ${OPERATORS.join(', ')}` }),
  value: Type.Optional(
    Type.Unknown({ description: 'What the value at the path is compared with' }),
  ),
});
export type ContextRule = Static<typeof ContextRule>;

export const Selector = Type.Object({
  any_tags: Type.Optional(Type.Union([Tags, Type.Null()])),
  all_tags: Type.Optional(Type.Union([Tags, Type.Null()])),
  schema_name: Type.Optional(
    Type.Union([Type.String({ maxLength: LIMITS.schema_name_chars }), Type.Null()]),
  ),
  context_match: Type.Optional(
    Type.Union([Type.Array(ContextRule, { maxItems: LIMITS.selector_rules }), Type.Null()]),
  ),
});
export type Selector = Static<typeof Selector>;

/** What a selector is matched against: the parts of an event that it can name. */
export interface Selectable {
  readonly tags: readonly string[];
  readonly schema_name: string | null;
  readonly context?: unknown;
}

/** A selector that does not follow the grammar; `message` says which rule and what was expected. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

/** What a selector is made of. */
const FIELDS: readonly string[] = Object.keys(Selector.properties);
/** Fields that clients of the original know besides. */
const FORMER_FIELDS: readonly string[] = ['owner_id', 'sensitivity_in', 'visibility_in'];

/**
 * Refuses a selector with a field that would be passed over: without it, it would match more than its author meant, and
 * with that field alone everything. Of what clients of the original send, `owner_id` may name the tenant that the
 * selector is of, and null says nothing, as everywhere. `also` are fields beside the selector in the same object.
 * @throws SelectorError that names the field
 */
export function assertKnownFields(
  given: object,
  owner_id: string,
  also: readonly string[] = [],
): void {
  for (const [field, value] of Object.entries(given)) {
    if (FIELDS.includes(field) || also.includes(field)) continue;
    if (FORMER_FIELDS.includes(field) && value === null) continue;
    if (field === 'owner_id') {
      if (typeof value === 'string' && value.toLowerCase() === owner_id) continue;
      throw new SelectorError(
        'owner_id is not your tenant; leave it out, events are of yours only',
      );
    }
    const advice = field === 'selector' ? '; send what is in it' : '';
    throw new SelectorError(
      `"${field.slice(0, 100)}" is no field of a selector${advice}; it has ${FIELDS.join(', ')}`,
    );
  }
}

/** A rule that the value at one place equals a string, a number, a boolean or null. */
export interface Equality {
  /** Names the place: equal for equal places, however their paths were written. */
  readonly place: string;
  readonly value: string | number | boolean | null;
  /** The value at the place in a context; undefined when there is none. */
  find(context: unknown): unknown;
}

/** A selector made ready for matching: paths parsed once, tags as sets. */
export interface CompiledSelector {
  readonly any_tags: ReadonlySet<string> | null;
  readonly all_tags: readonly string[];
  readonly schema_name: string | null;
  /** Rules that one place of the context has one simple value: an index can file the selector under them. */
  readonly equalities: readonly Equality[];
  matches(event: Selectable): boolean;
}

/**
 * Checks a selector and makes it ready for matching.
 * @throws SelectorError for an unknown operator, a path outside RFC 9535 or a value of the wrong type.
 */
export function compileSelector(selector: Selector): CompiledSelector {
  const any_tags = selector.any_tags ? new Set(selector.any_tags) : null;
  const all_tags = [...new Set(selector.all_tags ?? [])];
  const schema_name = selector.schema_name ?? null;
  const rules = (selector.context_match ?? []).map(compileRule);
  return {
    any_tags,
    all_tags,
    schema_name,
    equalities: (selector.context_match ?? []).flatMap(readEquality),
    matches(event) {
      if (schema_name !== null && event.schema_name !== schema_name) return false;
      if (any_tags !== null && !event.tags.some((tag) => any_tags.has(tag))) return false;
      if (!all_tags.every((tag) => event.tags.includes(tag))) return false;
      return rules.every((rule) => rule(event.context));
    },
  };
}

function readEquality({ op, path, value }: ContextRule): Equality[] {
  const is_simple = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  if (op !== 'eq' || !is_simple) return [];
  const keys = singularKeys(readPath(fullPath(path), path, ''));
  if (keys === null) return [];
  const find = (context: unknown) => (context === undefined ? undefined : walk(context, keys)[0]);
  return [{ place: JSON.stringify(keys), value: value as Equality['value'], find }];
}

type Rule = (context: unknown) => boolean;

function compileRule(rule: ContextRule, position: number): Rule {
  const where = `context_match[${position}]`;
  if (!isOperator(rule.op)) {
    throw new SelectorError(`${where}.op is "${rule.op}"; expected one of ${OPERATORS.join(', ')}`);
  }
  const find = compilePath(rule.path, where);
  const { value } = rule;
  assertValueFits(rule.op, value, where);
  const holds = comparison(rule.op, value);
  if (rule.op === 'exists') {
    const expected = value !== false;
    return (context) => find(context).length > 0 === expected;
  }
  // `ne` holds where nothing is found: a missing value is not equal to anything.
  if (rule.op === 'ne') return (context) => !find(context).some((found) => equal(found, value));
  return (context) => find(context).some(holds);
}

function isOperator(op: string): op is Operator {
  return (OPERATORS as readonly string[]).includes(op);
}

/** Finds what a path names in a context; nothing found is an empty array, never an error. */
type Finder = (context: unknown) => unknown[];

function compilePath(path: string, where: string): Finder {
  const full = fullPath(path);
  // match() and search() take regular expressions of the caller, which can be made to run for minutes.
  if (/\b(match|search)\s*\(/.test(full)) {
    throw new SelectorError(`${where}.path uses match() or search(), which selectors do not allow`);
  }
  const segments = readPath(full, path, where);
  const keys = singularKeys(segments);
  if (keys !== null) return (context) => walk(context, keys);
  return (context) => findAll(context, segments);
}

/** Values that a match may look at. A path of a few characters can ask for more than any machine can do. */
const STEPS_MAX = 10_000;

class TooManySteps extends Error {}

/** What the path names; nothing when looking for it costs too much. */
function findAll(context: unknown, segments: Segments): unknown[] {
  if (context === undefined) return [];
  let left = STEPS_MAX;
  const step = (count = 1) => {
    left -= count;
    if (left < 0) throw new TooManySteps();
  };
  try {
    return findPlaces(segments, context, { step }).map(({ value }) => value);
  } catch (error) {
    if (error instanceof TooManySteps) return [];
    throw error;
  }
}

/** `a.b[0]`, which clients of the original send, means `$.a.b[0]`. */
function fullPath(path: string): string {
  return path.startsWith('$') ? path : `$.${path}`;
}

function readPath(full: string, given: string, where: string): Segments {
  try {
    return parsePath(full).segments;
  } catch {
    throw new SelectorError(
      `${where}.path is "${given}"; expected an RFC 9535 path such as $.a.b[0]`,
    );
  }
}

/** The keys of a path that names one place (`$.a.b[0]`), which can be walked without visiting anything else; else null. */
function singularKeys(segments: Segments): (string | number)[] | null {
  const keys: (string | number)[] = [];
  for (const segment of segments) {
    if (segment.type !== 'ChildSegment') return null;
    const { node } = segment;
    const only =
      node.type === 'BracketedSelection' && node.selectors.length === 1 ? node.selectors[0] : node;
    if (only?.type === 'MemberNameShorthand' || only?.type === 'NameSelector')
      keys.push(only.value);
    else if (only?.type === 'IndexSelector') keys.push(only.value);
    else return null;
  }
  return keys;
}

function walk(context: unknown, keys: readonly (string | number)[]): unknown[] {
  let at = context;
  for (const key of keys) {
    if (typeof at !== 'object' || at === null) return [];
    if (typeof key === 'number') at = Array.isArray(at) ? at.at(key) : undefined;
    else
      at =
        !Array.isArray(at) && Object.hasOwn(at, key)
          ? (at as Record<string, unknown>)[key]
          : undefined;
    if (at === undefined) return [];
  }
  return at === undefined ? [] : [at];
}

function assertValueFits(op: Operator, value: unknown, where: string): void {
  const isOrdered = op === 'gt' || op === 'lt' || op === 'gte' || op === 'lte';
  if (isOrdered && typeof value !== 'number' && typeof value !== 'string') {
    throw new SelectorError(`${where}.value must be a number or a string for ${op}`);
  }
  if (op === 'contains_any' && !Array.isArray(value)) {
    throw new SelectorError(`${where}.value must be an array for contains_any`);
  }
  if (op === 'exists' && value !== undefined && value !== null && typeof value !== 'boolean') {
    throw new SelectorError(`${where}.value must be true or false for exists, or left out`);
  }
  if ((op === 'eq' || op === 'ne' || op === 'contains') && value === undefined) {
    throw new SelectorError(`${where}.value is missing; ${op} compares with it`);
  }
}

function comparison(op: Operator, value: unknown): (found: unknown) => boolean {
  switch (op) {
    case 'eq':
      return (found) => equal(found, value);
    case 'gt':
      return (found) => compare(found, value, (order) => order > 0);
    case 'lt':
      return (found) => compare(found, value, (order) => order < 0);
    case 'gte':
      return (found) => compare(found, value, (order) => order >= 0);
    case 'lte':
      return (found) => compare(found, value, (order) => order <= 0);
    case 'contains':
      return (found) => contains(found, value);
    case 'contains_any':
      return (found) => (value as unknown[]).some((each) => contains(found, each));
    case 'ne':
    case 'exists':
      return () => true;
  }
}

/** Numbers are ordered with numbers and strings with strings; anything else has no order. */
function compare(found: unknown, value: unknown, holds: (order: number) => boolean): boolean {
  if (typeof found === 'number' && typeof value === 'number') return holds(found - value);
  if (typeof found === 'string' && typeof value === 'string') {
    return holds(found < value ? -1 : found > value ? 1 : 0);
  }
  return false;
}

function contains(found: unknown, value: unknown): boolean {
  if (typeof found === 'string') return typeof value === 'string' && found.includes(value);
  if (Array.isArray(found)) return found.some((each) => equal(each, value));
  return false;
}

/** Equality of JSON values; the order of keys does not matter. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) &&
      equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
