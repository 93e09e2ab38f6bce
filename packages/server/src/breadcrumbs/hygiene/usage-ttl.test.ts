import { describe, expect, it } from 'vitest';
import { AppError, newId, silentLog, systemClock } from '../../base/index.ts';
import { createMemoryBus } from '../../bus/index.ts';
import type { Database } from '../../db/index.ts';
import { newSchemaName, openTestDatabase } from '../../db/testing.ts';
import { Announcer, EventStore, LogTail } from '../../events/index.ts';
import { Breadcrumbs } from '../breadcrumbs.ts';
import { BreadcrumbStore } from '../store.ts';
import { body, eventsOf, openTestBreadcrumbs } from '../testing.ts';

function storeOn(db: Database): Breadcrumbs {
  const bus = createMemoryBus(silentLog);
  const tail = new LogTail(new EventStore(db), bus, systemClock, silentLog);
  const announcer = new Announcer(tail, bus);
  return new Breadcrumbs({ store: new BreadcrumbStore(db), announcer, parallel: 2 });
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'read',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
}

async function setUp(given: object) {
  const scene = await openTestBreadcrumbs();
  const reader = await scene.principal();
  const { full } = await scene.breadcrumbs.create(reader, body(given));
  return { ...scene, reader, id: full.id, full };
}

const usage = (max_reads: number) => ({
  ttl_type: 'usage' as const,
  ttl_config: { max_reads },
});

describe('a record whose TTL is by use', () => {
  it('is read so many times by its id, in either view, and is then nowhere', async () => {
    const { breadcrumbs, reader, id, full } = await setUp(usage(3));
    expect(full).toMatchObject({ ttl: null, ttl_source: 'explicit', read_count: 0 });
    expect((await breadcrumbs.view(reader, id, false)).context).toEqual({ n: 1 });
    expect(await breadcrumbs.readFull(reader, id)).toMatchObject({ read_count: 2, version: 1 });
    const { json } = await breadcrumbs.viewJson(reader, id);
    expect(JSON.parse(json)).toMatchObject({ id, context: { n: 1 } });
    const attempts = [
      () => breadcrumbs.view(reader, id, false),
      () => breadcrumbs.viewJson(reader, id),
      () => breadcrumbs.readFull(reader, id),
      () => breadcrumbs.getFull(reader, id),
      () => breadcrumbs.history(reader, id),
      () => breadcrumbs.update(reader, id, { title: 'late' }),
      () => breadcrumbs.remove(reader, id),
    ];
    for (const attempt of attempts) expect(await codeOf(attempt())).toBe('not_found');
    expect(await breadcrumbs.list(reader, { limit: 10 })).toEqual([]);
  });

  it('is not used up by lists, histories, updates, the program itself and those who may not read it', async () => {
    const { breadcrumbs, reader, id, db, principal } = await setUp({
      ...usage(1),
      visibility: 'private',
    });
    const stranger = await principal({ owner_id: reader.owner_id, roles: ['emitter'] });
    for (let round = 0; round < 3; round++) {
      await breadcrumbs.listWithContext(reader, { limit: 10 });
      await breadcrumbs.history(reader, id);
      await breadcrumbs.update(reader, id, { context: { round } });
      await breadcrumbs.getFull(reader, id);
      expect(await codeOf(breadcrumbs.readFull(stranger, id))).toBe('not_found');
    }
    expect(await breadcrumbs.readFull(reader, id)).toMatchObject({ version: 4, read_count: 1 });
    expect(await codeOf(breadcrumbs.readFull(reader, id))).toBe('not_found');
    expect((await eventsOf(db, id)).map(({ kind }) => kind)).toEqual([
      'created',
      'updated',
      'updated',
      'updated',
    ]);
  });

  it('begins anew with another TTL, and is not counted where it has none by use', async () => {
    const { breadcrumbs, reader, id } = await setUp(usage(2));
    await breadcrumbs.readFull(reader, id);
    const longer = await breadcrumbs.update(reader, id, { ttl_config: { max_reads: 2 } });
    expect(longer).toMatchObject({ ttl_type: 'usage', ttl_source: 'manual', read_count: 0 });
    await breadcrumbs.readFull(reader, id);
    const kept = await breadcrumbs.update(reader, id, { ttl: null });
    expect(kept).toMatchObject({ ttl_type: 'never', ttl_config: null, ttl_source: null });
    for (let round = 0; round < 3; round++)
      expect((await breadcrumbs.readFull(reader, id)).read_count).toBe(0);
  });

  it('keeps its TTL when an update repeats all that the record says of it', async () => {
    const { breadcrumbs, reader, id, full } = await setUp(usage(2));
    const read = await breadcrumbs.readFull(reader, id);
    const { ttl, ttl_type, ttl_config } = full;
    const echo = { ttl, ttl_type: ttl_type as 'usage', ttl_config: ttl_config as object };
    const updated = await breadcrumbs.update(reader, id, { title: 'new', ...echo });
    expect(updated).toMatchObject({ title: 'new', read_count: 1, ttl_source: 'explicit' });
    expect(read.read_count).toBe(1);
  });

  it('fails only the update in a group that asks for a TTL that cannot be', async () => {
    const { breadcrumbs, reader } = await setUp({});
    const made = await Promise.all(
      Array.from({ length: 5 }, () => breadcrumbs.create(reader, body())),
    );
    const outcomes = await Promise.all(
      made.map(({ full }, n) =>
        codeOf(
          breadcrumbs.update(reader, full.id, n === 2 ? { ttl_type: 'usage' } : { title: 'x' }),
        ),
      ),
    );
    expect(outcomes).toEqual(['read', 'read', 'validation_failed', 'read', 'read']);
  });
});

describe('a hybrid', () => {
  const PAST = '2001-01-01T00:00:00Z';
  const FUTURE = '2100-01-01T00:00:00.000Z';
  const hybrid = (hybrid_mode: 'any' | 'all', ttl: string) => ({
    ttl,
    ttl_type: 'hybrid' as const,
    ttl_config: { max_reads: 2, hybrid_mode },
  });

  async function reads(given: object, most: number): Promise<number> {
    const { breadcrumbs, reader, id } = await setUp(given);
    let count = 0;
    while (count < most && (await codeOf(breadcrumbs.readFull(reader, id))) === 'read') count++;
    return count;
  }

  it('that wants any of its limits ends with the first', async () => {
    expect(await reads(hybrid('any', FUTURE), 5)).toBe(2);
    expect(await reads(hybrid('any', PAST), 5)).toBe(0);
  });

  it('that wants all of its limits ends with the last', async () => {
    expect(await reads(hybrid('all', FUTURE), 5)).toBe(5);
    expect(await reads(hybrid('all', PAST), 5)).toBe(2);
  });

  it('that wants all says when it ends as soon as that is known', async () => {
    const { breadcrumbs, reader, id } = await setUp(hybrid('all', FUTURE));
    expect((await breadcrumbs.readFull(reader, id)).ttl).toBe(null);
    expect((await breadcrumbs.readFull(reader, id)).ttl).toBe(FUTURE);
  });
});

describe('two processes that read a record at the same time', () => {
  it('get it exactly as many times together as it may be read', async () => {
    const schema = newSchemaName();
    const stores = [
      storeOn(await openTestDatabase(schema)),
      storeOn(await openTestDatabase(schema)),
    ];
    const { principal } = await openTestBreadcrumbs();
    const db = await openTestDatabase(schema);
    const reader = { ...(await principal()), owner_id: newId() };
    await db.query({
      text: "insert into tenants (id, name) values ($1, 'two processes')",
      values: [reader.owner_id],
    });
    await db.query({
      text: "insert into agents (owner_id, id, roles) values ($1, $2, '{curator}')",
      values: [reader.owner_id, reader.agent_id],
    });
    for (const max_reads of [1, 3, 7]) {
      const { full } = await (stores[0] as Breadcrumbs).create(reader, body(usage(max_reads)));
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, (_, n) => {
          const store = stores[n % 2] as Breadcrumbs;
          return n % 3 === 0
            ? store.viewJson(reader, full.id).then(
                () => 'read',
                (error: AppError) => error.code,
              )
            : codeOf(store.readFull(reader, full.id));
        }),
      );
      expect(outcomes.filter((each) => each === 'read')).toHaveLength(max_reads);
      expect(outcomes.filter((each) => each === 'not_found')).toHaveLength(40 - max_reads);
    }
  });
});
