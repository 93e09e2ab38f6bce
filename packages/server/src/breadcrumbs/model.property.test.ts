import type { BreadcrumbCreate, BreadcrumbFull, BreadcrumbPatch } from '@cairn/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError, checksum } from '../base/index.ts';
import { eventsOf, openTestBreadcrumbs, type TestBreadcrumbs } from './testing.ts';
import type { Principal } from '../http/index.ts';

const PAST = '2001-02-03T04:05:06.789Z';
const FUTURE = '2100-01-01T00:00:00.000Z';

/** What the store should hold of one record, by the simplest means: a value in a map. */
interface Expected {
  fields: Omit<BreadcrumbCreate, 'ttl'> & { ttl: string | null };
  version: number;
  versions: { version: number; title: string; checksum: string }[];
  events: { kind: string; version: number }[];
  is_gone: boolean;
}

const json: fc.Arbitrary<unknown> = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => !holdsUnstorable(value));
const ttl = fc.constantFrom(undefined, null, PAST, FUTURE);
const create = fc.record(
  {
    title: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
    context: json,
    tags: fc.array(fc.constantFrom('a', 'b', 'c', 'session:1')),
    schema_name: fc.option(fc.constantFrom('x.v1', 'y.v1')),
    description: fc.option(fc.string({ maxLength: 20 })),
    ttl,
  },
  { requiredKeys: ['title', 'context', 'tags'] },
);
const index = fc.nat({ max: 30 });
const operation = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), body: create }),
  fc.record({ kind: fc.constant('create' as const), body: create, key: fc.nat({ max: 3 }) }),
  fc.record({
    kind: fc.constant('patch' as const),
    at: index,
    patch: create.map((given) => somePart(given)),
    offset: fc.constantFrom(undefined, 0, 0, -1, 1),
  }),
  fc.record({
    kind: fc.constant('delete' as const),
    at: index,
    offset: fc.constantFrom(undefined, 0, 1),
  }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

describe('the record store against a map', () => {
  it('holds what the map holds, with a version and one event for each write', async () => {
    const scene = await openTestBreadcrumbs();
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 20 }), async (operations) => {
        const principal = await scene.principal();
        const model = new Model(scene, principal);
        for (const each of operations) await model.run(each);
        await model.compare();
      }),
      { numRuns: 40 },
    );
  });
});

class Model {
  readonly #scene: TestBreadcrumbs;
  readonly #principal: Principal;
  readonly #records = new Map<string, Expected>();
  readonly #keys = new Map<number, { hash: string; id: string; answer: BreadcrumbFull }>();

  constructor(scene: TestBreadcrumbs, principal: Principal) {
    this.#scene = scene;
    this.#principal = principal;
  }

  async run(each: Operation): Promise<void> {
    if (each.kind === 'create')
      await this.#create(each.body as BreadcrumbCreate, 'key' in each ? each.key : null);
    else {
      const ids = [...this.#records.keys()];
      const id = ids[each.at % Math.max(1, ids.length)];
      if (id === undefined) return;
      if (each.kind === 'patch') await this.#patch(id, each.patch, each.offset);
      else await this.#delete(id, each.offset);
    }
  }

  async #create(given: BreadcrumbCreate, key: number | null): Promise<void> {
    const { breadcrumbs } = this.#scene;
    const known = key === null ? undefined : this.#keys.get(key);
    const attempt = breadcrumbs.create(this.#principal, given, key === null ? null : `key ${key}`);
    if (known) {
      if (known.hash !== checksum(given)) {
        expect(await codeOf(attempt)).toBe('idempotency_mismatch');
      } else if (isVisible(this.#records.get(known.id))) {
        expect(await attempt).toEqual({ full: known.answer, is_replay: true });
      } else {
        expect(await codeOf(attempt)).toBe('conflict');
      }
      return;
    }
    const { full, is_replay } = await attempt;
    expect(is_replay).toBe(false);
    if (key !== null) this.#keys.set(key, { hash: checksum(given), id: full.id, answer: full });
    const fields = { ...given, tags: [...new Set(given.tags)], ttl: given.ttl ?? null };
    const first = { version: 1, title: given.title, checksum: checksum(given.context) };
    this.#records.set(full.id, {
      fields,
      version: 1,
      versions: [first],
      events: [{ kind: 'created', version: 1 }],
      is_gone: false,
    });
  }

  async #patch(id: string, patch: BreadcrumbPatch, offset: number | undefined): Promise<void> {
    const expected = this.#records.get(id) as Expected;
    const version = offset === undefined ? undefined : expected.version + offset;
    const attempt = this.#scene.breadcrumbs.update(this.#principal, id, patch, version);
    if (!isVisible(expected)) return expect(await codeOf(attempt)).toBe('not_found');
    if (version !== undefined && version !== expected.version) {
      const error = await attempt.catch((caught: unknown) => caught as AppError);
      expect(error).toMatchObject({
        code: 'version_mismatch',
        extra: { current_version: expected.version },
      });
      return;
    }
    const full = await attempt;
    Object.assign(expected.fields, patch);
    if (patch.tags) expected.fields.tags = [...new Set(patch.tags)];
    expected.version++;
    expected.versions.push({
      version: expected.version,
      title: expected.fields.title,
      checksum: checksum(expected.fields.context),
    });
    expected.events.push({ kind: 'updated', version: expected.version });
    expect(full).toMatchObject({ id, version: expected.version });
  }

  async #delete(id: string, offset: number | undefined): Promise<void> {
    const expected = this.#records.get(id) as Expected;
    const version = offset === undefined ? undefined : expected.version + offset;
    const attempt = this.#scene.breadcrumbs.remove(this.#principal, id, version);
    if (!isVisible(expected)) return expect(await codeOf(attempt)).toBe('not_found');
    if (version !== undefined && version !== expected.version)
      return expect(await codeOf(attempt)).toBe('version_mismatch');
    await attempt;
    expected.is_gone = true;
    expected.events.push({ kind: 'deleted', version: expected.version });
  }

  async compare(): Promise<void> {
    const { breadcrumbs, db } = this.#scene;
    for (const [id, expected] of this.#records) {
      const events = await eventsOf(db, id);
      expect(events.map(({ kind, version }) => ({ kind, version }))).toEqual(expected.events);
      if (!isVisible(expected)) {
        expect(await codeOf(breadcrumbs.getFull(this.#principal, id))).toBe('not_found');
        continue;
      }
      const full = await breadcrumbs.getFull(this.#principal, id);
      const { title, context, tags, schema_name, description, ttl: end } = expected.fields;
      expect(full).toMatchObject({ version: expected.version, title, tags, ttl: end });
      expect(full.context).toEqual(asStored(context));
      expect(full.schema_name).toBe(schema_name ?? null);
      expect(full.description).toBe(description ?? null);
      expect(full.checksum).toBe(checksum(full.context));
      expect(full.size_bytes).toBe(Buffer.byteLength(JSON.stringify(context)));
      const history = await breadcrumbs.history(this.#principal, id);
      expect(history.map((each) => pick(each))).toEqual(expected.versions.toReversed());
    }
    const listed = await breadcrumbs.list(this.#principal, { limit: 500 });
    const visible = [...this.#records].filter(([, each]) => isVisible(each)).map(([id]) => id);
    expect(listed.map(({ id }) => id).toSorted()).toEqual(visible.toSorted());
  }
}

function pick(each: { version: number; title: string; checksum: string }) {
  return { version: each.version, title: each.title, checksum: each.checksum };
}

function isVisible(expected: Expected | undefined): boolean {
  return expected !== undefined && !expected.is_gone && expected.fields.ttl !== PAST;
}

function somePart(given: object): BreadcrumbPatch {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.slice(entries.length % 3));
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'nothing was refused',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
}

/** JSON knows no negative zero. */
function asStored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function holdsUnstorable(value: unknown): boolean {
  const text = JSON.stringify(value);
  return (
    text.includes(String.raw`\u0000`) || /\\ud[89a-f]/i.test(text) || text.includes('__proto__')
  );
}
