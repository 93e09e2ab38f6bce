/**
 * RFC 9535 paths over JSON values, with a price: every value that is visited costs one step of the caller's budget.
 * A path of a few characters can ask for more than any machine can do (`$[0,0][0,0]…` doubles with each bracket, and
 * so do `..` in a row), so paths from outside are never handed to an evaluator without one.
 */
import type { JsonPathQuery } from 'jsonpath-rfc9535/parser';

/** A path that was read: its steps from the root down. */
export type Segments = JsonPathQuery['segments'];

/** Where a value was found: the way up to the root, whose `parent` is null and whose `key` means nothing. */
export interface Place {
  readonly parent: Place | null;
  readonly key: string | number;
  readonly value: unknown;
}

/** Is asked before every visit, and before work that grows with a value; throws when no more is allowed. */
export interface Steps {
  step(count?: number): void;
}

/** Characters that are compared or counted for the price of one visit. */
const CHARS_A_STEP = 64;

type Selection = Segments[number]['node'];
type Selector = Extract<Selection, { type: 'BracketedSelection' }>['selectors'][number];
type Filter = Extract<Selector, { type: 'FilterSelector' }>['value'];
type Comparison = Extract<Filter, { type: 'ComparisonExpr' }>;
type Comparable = Comparison['left'];
type FunctionCall = Extract<Comparable, { type: 'FunctionExpr' }>;
type Argument = FunctionCall['arguments'][number];

/** The places that a path names, in the order of RFC 9535; duplicates stay, as it says. */
export function findPlaces(segments: Segments, root: unknown, steps: Steps): Place[] {
  return findFrom(segments, { parent: null, key: '', value: root }, root, steps);
}

/** As `findPlaces`, but relative to a place: `@` in a filter. */
function findFrom(segments: Segments, start: Place, root: unknown, steps: Steps): Place[] {
  let places = [start];
  for (const { type, node } of segments) {
    const next: Place[] = [];
    for (const place of places) {
      const froms = type === 'DescendantSegment' ? withDescendants(place, steps) : [place];
      for (const from of froms) select(node, from, root, steps, next);
    }
    places = next;
  }
  return places;
}

function* withDescendants(place: Place, steps: Steps): Generator<Place> {
  const stack = [place];
  for (let at = stack.pop(); at; at = stack.pop()) {
    yield at;
    for (const each of [...childrenOf(at, steps)].reverse()) stack.push(each);
  }
}

function* childrenOf(parent: Place, steps: Steps): Generator<Place> {
  const { value } = parent;
  if (Array.isArray(value)) {
    for (let key = 0; key < value.length; key++) yield child(parent, key, value[key], steps);
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      yield child(parent, key, (value as Record<string, unknown>)[key], steps);
    }
  }
}

function child(parent: Place, key: string | number, value: unknown, steps: Steps): Place {
  steps.step();
  return { parent, key, value };
}

function select(
  node: Selection | Selector,
  at: Place,
  root: unknown,
  steps: Steps,
  found: Place[],
): void {
  steps.step();
  const { value } = at;
  switch (node.type) {
    case 'BracketedSelection':
      for (const each of node.selectors) select(each, at, root, steps, found);
      return;
    case 'MemberNameShorthand':
    case 'NameSelector':
      if (!Array.isArray(value) && isContainer(value) && Object.hasOwn(value, node.value)) {
        found.push(child(at, node.value, value[node.value], steps));
      }
      return;
    case 'IndexSelector': {
      if (!Array.isArray(value)) return;
      const index = node.value < 0 ? value.length + node.value : node.value;
      if (index >= 0 && index < value.length) found.push(child(at, index, value[index], steps));
      return;
    }
    case 'SliceSelector':
      if (!Array.isArray(value)) return;
      for (const index of sliceIndexes(node, value.length)) {
        found.push(child(at, index, value[index], steps));
      }
      return;
    case 'WildcardSelector':
      for (const each of childrenOf(at, steps)) found.push(each);
      return;
    case 'FilterSelector':
      for (const each of childrenOf(at, steps)) {
        if (holds(node.value, each, root, steps)) found.push(each);
      }
  }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The indexes of `[start:end:step]`, as section 2.3.4.2 of RFC 9535 computes them. */
function* sliceIndexes(
  slice: Extract<Selector, { type: 'SliceSelector' }>,
  length: number,
): Generator<number> {
  const step = slice.step ?? 1;
  if (step === 0) return;
  const normal = (index: number): number => (index >= 0 ? index : length + index);
  const [least, most] = step > 0 ? [0, length] : [-1, length - 1];
  const bound = (index: number): number => Math.min(Math.max(index, least), most);
  const from = bound(slice.start === null ? (step > 0 ? 0 : length - 1) : normal(slice.start));
  const to = bound(slice.end === null ? (step > 0 ? length : -1) : normal(slice.end));
  for (let index = from; step > 0 ? index < to : index > to; index += step) yield index;
}

/** Whether a filter holds for one child of an array or object. */
function holds(filter: Filter, at: Place, root: unknown, steps: Steps): boolean {
  steps.step();
  switch (filter.type) {
    case 'LogicalOrExpr':
      return holds(filter.left, at, root, steps) || holds(filter.right, at, root, steps);
    case 'LogicalAndExpr':
      return holds(filter.left, at, root, steps) && holds(filter.right, at, root, steps);
    case 'LogicalNotExpr':
      return !holds(filter.expression, at, root, steps);
    case 'ComparisonExpr':
      return compares(filter, at, root, steps);
    case 'TestExpr': {
      const { expression } = filter;
      // No function that is left answers true or false, so none can be a test.
      return expression.type === 'FilterQuery' && nodesOf(expression, at, root, steps).length > 0;
    }
  }
}

function nodesOf(
  { value: query }: Extract<Argument, { type: 'FilterQuery' }>,
  at: Place,
  root: unknown,
  steps: Steps,
): Place[] {
  const start = query.type === 'RelQuery' ? at : { parent: null, key: '', value: root };
  return findFrom(query.segments, start, root, steps);
}

/** The value of one side of a comparison; undefined is the "Nothing" of RFC 9535. */
function valueOf(side: Comparable | Argument, at: Place, root: unknown, steps: Steps): unknown {
  switch (side.type) {
    case 'Literal':
      return side.value;
    case 'RelSingularQuery':
    case 'AbsSingularQuery': {
      const start = side.type === 'RelSingularQuery' ? at : { parent: null, key: '', value: root };
      const segments: Segments = side.segments.map(({ node }) => ({
        type: 'ChildSegment',
        node:
          node.type === 'MemberNameShorthand'
            ? node
            : { type: 'BracketedSelection', selectors: [node] },
      }));
      return findFrom(segments, start, root, steps)[0]?.value;
    }
    case 'FilterQuery': {
      const nodes = nodesOf(side, at, root, steps);
      return nodes.length === 1 ? nodes[0]?.value : undefined;
    }
    case 'FunctionExpr':
      return callFunction(side, at, root, steps);
    default:
      return undefined;
  }
}

function callFunction(call: FunctionCall, at: Place, root: unknown, steps: Steps): unknown {
  const [argument] = call.arguments;
  if (!argument || call.arguments.length > 1) return undefined;
  switch (call.name) {
    case 'length':
      return lengthOf(valueOf(argument, at, root, steps), steps);
    case 'count':
      return argument.type === 'FilterQuery'
        ? nodesOf(argument, at, root, steps).length
        : undefined;
    case 'value':
      return argument.type === 'FilterQuery' ? valueOf(argument, at, root, steps) : undefined;
    default:
      return undefined;
  }
}

function lengthOf(value: unknown, steps: Steps): number | undefined {
  if (typeof value === 'string') {
    steps.step(value.length / CHARS_A_STEP);
    let length = 0;
    for (const _ of value) length++;
    return length;
  }
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? keysOf(value, steps).length : undefined;
}

function keysOf(value: object, steps: Steps): string[] {
  const keys = Object.keys(value);
  steps.step(keys.length);
  return keys;
}

function compares(
  { op, left, right }: Comparison,
  at: Place,
  root: unknown,
  steps: Steps,
): boolean {
  const a = valueOf(left, at, root, steps);
  const b = valueOf(right, at, root, steps);
  switch (op) {
    case '==':
      return equals(a, b, steps);
    case '!=':
      return !equals(a, b, steps);
    case '<':
      return isLess(a, b, steps);
    case '>':
      return isLess(b, a, steps);
    case '<=':
      return isLess(a, b, steps) || equals(a, b, steps);
    case '>=':
      return isLess(b, a, steps) || equals(a, b, steps);
  }
}

function isLess(a: unknown, b: unknown, steps: Steps): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  steps.step(Math.min(a.length, b.length) / CHARS_A_STEP);
  return a < b;
}

function equals(a: unknown, b: unknown, steps: Steps): boolean {
  steps.step();
  if (typeof a === 'string' && typeof b === 'string') {
    if (a.length !== b.length) return false;
    steps.step(a.length / CHARS_A_STEP);
  }
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = keysOf(a, steps);
  if (keys.length !== keysOf(b, steps).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) &&
      equals((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], steps),
  );
}
