import { compileSelector, type Selectable, type Selector } from '@cairn/protocol';
import { SelectorIndex } from '../../packages/server/src/events/index.ts';
import type { Figure, Measurement } from '../figure.ts';
import type { Bench } from '../harness.ts';
import { median, round } from '../statistics.ts';

const FEW = 1_000;
const MANY = 100_000;
const MATCHES = 10;
/** Events of a turn, unless it takes longer than this. */
const EVENTS = 10_000;
const TURN_MS = 300;
/** A prime, to go over everything in no order. */
const STRIDE = 7_919;
const OWNER = '00000000-0000-0000-0000-000000000001';

/** Selectors in groups of ten, and for each group an event that all ten match and no other selector does. */
interface Shape {
  readonly figure: string;
  readonly about: string;
  selector(index: number, group: number): Selector;
  event(group: number): Selectable;
}

const BY_TAG: Shape = {
  figure: 'selectors',
  about:
    'told apart by tags: alone, beside a tag that all share, with a schema, with a context rule',
  selector(index, group) {
    const topic = `topic:${group}`;
    const kind = index % 10;
    if (kind < 4) return { any_tags: [topic, `own:${index}`] };
    if (kind < 7) return { all_tags: ['workspace:bench', topic] };
    if (kind < 9) return { schema_name: 'bench.note.v1', any_tags: [topic] };
    return { all_tags: [topic], context_match: [{ path: '$.priority', op: 'gte', value: 3 }] };
  },
  event: (group) => ({
    tags: ['workspace:bench', 'kind:note', `topic:${group}`],
    schema_name: 'bench.note.v1',
    context: { priority: 5, request_id: `request-${group}` },
  }),
};

const BY_CONTEXT: Shape = {
  figure: 'selectors-by-context',
  about: 'that share tag and schema, and are told apart by a value in the context only',
  selector: (_index, group) => ({
    schema_name: 'tool.response.v1',
    any_tags: ['tool:response'],
    context_match: [{ path: '$.request_id', op: 'eq', value: `request-${group}` }],
  }),
  event: (group) => ({
    tags: ['workspace:bench', 'tool:response'],
    schema_name: 'tool.response.v1',
    context: { status: 'success', request_id: `request-${group}` },
  }),
};

/** Finds the selectors that an event matches, among few and among many. In this process, without network or database. */
export const selectorsFigure: Figure = {
  name: 'selectors',
  title: `selector matching at ${MANY} ÷ at ${FEW} selectors, ${MATCHES} matches each`,
  async measure(bench) {
    return [await compare(bench, BY_TAG), await compare(bench, BY_CONTEXT)];
  },
};

/** Both indexes get the same events, so that only the number of selectors differs. */
async function compare(bench: Bench, shape: Shape): Promise<Measurement> {
  const few = fill(shape, FEW);
  const many = fill(shape, MANY);
  const groups = FEW / MATCHES;
  const values = await bench.takeTurns(
    async () => timeMatching(many, shape, groups),
    async () => timeMatching(few, shape, groups),
  );
  // Other events each time touch memory that no cache of the processor holds.
  const all_over = median(values.ours.map(() => timeMatching(many, shape, MANY / MATCHES)));
  return {
    figure: shape.figure,
    unit: 'µs',
    ...values,
    goal: { of: 'ratio', at_most: 2 },
    notes: [
      `selectors ${shape.about}; up to ${EVENTS} events a round, of ${groups} kinds`,
      `with events of ${MANY / MATCHES} kinds among the ${MANY} it is ${round(all_over)} µs`,
    ],
  };
}

/** Adds the selectors in no order, as they would come, so that those of one group do not lie side by side. */
function fill(shape: Shape, count: number): SelectorIndex<number> {
  const index = new SelectorIndex<number>();
  for (let step = 0; step < count; step++) {
    const at = (step * STRIDE) % count;
    const selector = compileSelector(shape.selector(at, Math.floor(at / MATCHES)));
    index.add(`selector-${at}`, OWNER, selector, at);
  }
  return index;
}

/** Microseconds for one event. */
function timeMatching(index: SelectorIndex<number>, shape: Shape, groups: number): number {
  const wanted = Array.from({ length: EVENTS }, (_, at) => shape.event((at * STRIDE) % groups));
  const began = performance.now();
  let found = 0;
  let events = 0;
  for (const event of wanted) {
    found += index.match(OWNER, event).length;
    events++;
    if (performance.now() - began > TURN_MS) break;
  }
  const took_ms = performance.now() - began;
  if (found !== events * MATCHES)
    throw new Error(`${events * MATCHES} matches were expected and ${found} came`);
  return (took_ms * 1_000) / events;
}
