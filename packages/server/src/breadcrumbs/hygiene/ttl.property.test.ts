import type { BreadcrumbCreate } from '@cairn/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AppError, ManualClock, newId, silentLog, systemClock } from '../../base/index.ts';
import { createMemoryBus } from '../../bus/index.ts';
import { openTestDatabase } from '../../db/testing.ts';
import { Announcer, EventStore, LogTail } from '../../events/index.ts';
import type { Principal } from '../../http/index.ts';
import { IdentityStore } from '../../identity/index.ts';
import { Breadcrumbs } from '../breadcrumbs.ts';
import { BreadcrumbStore } from '../store.ts';
import { SweepStore } from './sweep-store.ts';

const DAY = 86_400_000;
/** Whole days and half ones never meet, so no record ends while the test looks at it. */
const half = (days: number) => (days + 0.5) * DAY;

type Ttl = Pick<BreadcrumbCreate, 'ttl' | 'ttl_type' | 'ttl_config'>;

/** What a record says of its end, by the simplest means. `ends_ms` and `reads_left` are null where nothing limits them. */
interface Expected {
  ends_ms: number | null;
  reads_left: number | null;
  needs_all: boolean;
}

type Asked =
  | { kind: 'none' }
  | { kind: 'null' }
  | { kind: 'datetime'; in_days: number }
  | { kind: 'duration'; days: number }
  | { kind: 'usage'; reads: number }
  | { kind: 'hybrid'; days: number; reads: number; mode: 'any' | 'all' };

const days = fc.integer({ min: 1, max: 12 });
const reads = fc.integer({ min: 1, max: 4 });
const asked: fc.Arbitrary<Asked> = fc.oneof(
  fc.record({ kind: fc.constantFrom('none' as const, 'null' as const) }),
  fc.record({ kind: fc.constant('datetime' as const), in_days: fc.integer({ min: -9, max: 9 }) }),
  fc.record({ kind: fc.constant('duration' as const), days }),
  fc.record({ kind: fc.constant('usage' as const), reads }),
  fc.record({
    kind: fc.constant('hybrid' as const),
    days,
    reads,
    mode: fc.constantFrom('any' as const, 'all' as const),
  }),
);
const at = fc.nat({ max: 5 });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('create' as const), asked }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('patch' as const), at, asked }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('read' as const), at, full: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), days: fc.nat({ max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The request, and what it means for a record that is written at `clock_ms`. */
function meaningOf(given: Asked, clock_ms: number, now_ms: number): { ttl: Ttl; means: Expected } {
  const open: Expected = { ends_ms: null, reads_left: null, needs_all: false };
  switch (given.kind) {
    case 'none':
      return { ttl: {}, means: open };
    case 'null':
      return { ttl: { ttl: null }, means: open };
    case 'datetime': {
      const ends_ms = now_ms + half(given.in_days);
      return { ttl: { ttl: new Date(ends_ms).toISOString() }, means: { ...open, ends_ms } };
    }
    case 'duration':
      return {
        ttl: { ttl_type: 'duration', ttl_config: { days: given.days } },
        means: { ...open, ends_ms: clock_ms + given.days * DAY },
      };
    case 'usage':
      return {
        ttl: { ttl_type: 'usage', ttl_config: { max_reads: given.reads } },
        means: { ...open, reads_left: given.reads },
      };
    case 'hybrid':
      return {
        ttl: {
          ttl_type: 'hybrid',
          ttl_config: { days: given.days, max_reads: given.reads, hybrid_mode: given.mode },
        },
        means: {
          ends_ms: clock_ms + given.days * DAY,
          reads_left: given.reads,
          needs_all: given.mode === 'all',
        },
      };
  }
}

function isVisible({ ends_ms, reads_left, needs_all }: Expected, now_ms: number): boolean {
  const is_over = ends_ms !== null && ends_ms <= now_ms;
  const is_used_up = reads_left !== null && reads_left <= 0;
  return needs_all ? !(is_over && is_used_up) : !(is_over || is_used_up);
}

/** Writes happen at the hand-moved time of the process, some days before or after the time of the database. */
async function setUp() {
  const db = await openTestDatabase();
  const bus = createMemoryBus(silentLog);
  const tail = new LogTail(new EventStore(db), bus, systemClock, silentLog);
  const announcer = new Announcer(tail, bus);
  const store = new BreadcrumbStore(db);
  const at = (clock: ManualClock) => new Breadcrumbs({ store, announcer, parallel: 1, clock });
  return { at, identity: new IdentityStore(db), sweeps: new SweepStore(db) };
}

/** Says whether the record was there; any other fault is the test's. */
async function isFound(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return false;
    throw error;
  }
}

/** The store beside a map of what each record should do. */
class Model {
  readonly #now_ms: number;
  readonly #clock: ManualClock;
  readonly #breadcrumbs: Breadcrumbs;
  readonly #sweeps: SweepStore;
  readonly #principal: Principal;
  readonly #records = new Map<string, Expected>();

  constructor(
    { at: storeAt, sweeps }: Awaited<ReturnType<typeof setUp>>,
    principal: Principal,
    now_ms: number,
  ) {
    this.#now_ms = now_ms;
    this.#clock = new ManualClock(now_ms - half(10));
    this.#breadcrumbs = storeAt(this.#clock);
    this.#sweeps = sweeps;
    this.#principal = principal;
  }

  async run(each: Step): Promise<void> {
    if (each.kind === 'advance') this.#clock.advance(each.days * DAY);
    else if (each.kind === 'sweep') await this.#sweeps.expired(100, this.#principal.owner_id);
    else if (each.kind === 'create') await this.#create(each.asked);
    else {
      const ids = [...this.#records.keys()];
      const id = ids[each.at % Math.max(1, ids.length)];
      if (id === undefined) return;
      if (each.kind === 'patch') await this.#patch(id, each.asked);
      else await this.#read(id, each.full);
    }
  }

  async #create(given: Asked): Promise<void> {
    const { ttl, means } = meaningOf(given, this.#clock.now(), this.#now_ms);
    const body = { title: 'a', tags: [], context: {}, ...ttl };
    this.#records.set((await this.#breadcrumbs.create(this.#principal, body)).full.id, means);
  }

  async #patch(id: string, given: Asked): Promise<void> {
    const is_visible = isVisible(this.#records.get(id) as Expected, this.#now_ms);
    const { ttl, means } = meaningOf(given, this.#clock.now(), this.#now_ms);
    expect(await isFound(this.#breadcrumbs.update(this.#principal, id, ttl))).toBe(is_visible);
    if (is_visible && given.kind !== 'none') this.#records.set(id, means);
  }

  async #read(id: string, full: boolean): Promise<void> {
    const expected = this.#records.get(id) as Expected;
    const is_visible = isVisible(expected, this.#now_ms);
    const read = full
      ? this.#breadcrumbs.readFull(this.#principal, id)
      : this.#breadcrumbs.viewJson(this.#principal, id);
    expect(await isFound(read)).toBe(is_visible);
    if (is_visible && expected.reads_left !== null) expected.reads_left--;
  }

  async compare(): Promise<void> {
    const visible = [...this.#records].filter(([, each]) => isVisible(each, this.#now_ms));
    const ids = visible.map(([id]) => id).toSorted();
    const listed = await this.#breadcrumbs.list(this.#principal, { limit: 500 });
    expect(listed.map(({ id }) => id).toSorted()).toEqual(ids);
    const found: string[] = [];
    for (const id of this.#records.keys())
      if (await isFound(this.#breadcrumbs.getFull(this.#principal, id))) found.push(id);
    expect(found.toSorted()).toEqual(ids);
  }
}

it('a record is seen on every way to it until it ends by time or by use, and not after', async () => {
  const scene = await setUp();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const principal: Principal = { owner_id: newId(), agent_id: newId(), roles: ['curator'] };
      await scene.identity.ensureAgent(principal);
      const model = new Model(scene, principal, Date.now());
      for (const each of steps) await model.run(each);
      await model.compare();
    }),
    { numRuns: 50 },
  );
});
