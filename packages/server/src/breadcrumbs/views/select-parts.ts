import { findPlaces, type Place } from '@cairn/protocol';
import { readJsonPath } from './read-json-path.ts';
import type { ViewBudget } from './view-budget.ts';

/** What is named of a value: all of it, or parts of it by key. Keys of one value only, so a Map and no object. */
interface Named {
  all: boolean;
  readonly parts: Map<string | number, Named>;
}

/**
 * The parts of a context that the entries name, each where it was: `user.name` keeps `{user: {name}}`. Elements of
 * arrays that are not named go, and the others move up. A context that is no object or array has no parts and stays.
 */
export function includeParts(
  context: unknown,
  entries: readonly string[],
  budget: ViewBudget,
): unknown {
  return typeof context === 'object' ? keep(context, name(entries, context, budget)) : context;
}

/** The context without the parts that the entries name, and with all else, whatever its parents are. */
export function excludeParts(
  context: unknown,
  entries: readonly string[],
  budget: ViewBudget,
): unknown {
  const named = name(entries, context, budget);
  return named.all ? null : drop(context, named);
}

/**
 * The places that one entry names: the key of that very spelling, when the context has it (`"a.b"` may be a key),
 * else what it names as a path.
 */
export function placesOf(entry: string, context: unknown, budget: ViewBudget): Place[] {
  if (isObject(context) && !Array.isArray(context) && Object.hasOwn(context, entry)) {
    const root = { parent: null, key: '', value: context };
    return [{ parent: root, key: entry, value: context[entry] }];
  }
  return findPlaces(readJsonPath(entry), context, budget);
}

function name(entries: readonly string[], context: unknown, budget: ViewBudget): Named {
  const root: Named = { all: false, parts: new Map() };
  for (const entry of entries) {
    for (const place of placesOf(entry, context, budget)) {
      let named = root;
      for (const key of keysTo(place, budget)) {
        const part = named.parts.get(key) ?? { all: false, parts: new Map() };
        named.parts.set(key, part);
        named = part;
      }
      named.all = true;
    }
  }
  return root;
}

function keysTo(place: Place, budget: ViewBudget): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let at = place; at.parent; at = at.parent) {
    budget.step();
    keys.push(at.key);
  }
  return keys.reverse();
}

function keep(value: unknown, named: Named): unknown {
  if (named.all) return value;
  if (Array.isArray(value)) {
    return value.flatMap((each, index) => {
      const part = named.parts.get(index);
      return part ? [keep(each, part)] : [];
    });
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value).flatMap((key) => {
      const part = named.parts.get(key);
      return part ? [[key, keep(value[key], part)]] : [];
    }),
  );
}

function drop(value: unknown, named: Named): unknown {
  if (named.parts.size === 0) return value;
  if (Array.isArray(value)) {
    return value.flatMap((each, index) => {
      const part = named.parts.get(index);
      if (part?.all) return [];
      return [part ? drop(each, part) : each];
    });
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value).flatMap((key) => {
      const part = named.parts.get(key);
      if (part?.all) return [];
      return [[key, part ? drop(value[key], part) : value[key]]];
    }),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
