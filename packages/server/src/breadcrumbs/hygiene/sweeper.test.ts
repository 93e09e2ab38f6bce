import { ROLES } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { ManualClock, newId, silentLog, systemClock } from '../../base/index.ts';
import { createMemoryBus } from '../../bus/index.ts';
import type { Database } from '../../db/index.ts';
import { openTestDatabase } from '../../db/testing.ts';
import { Announcer, EventStore, LogTail } from '../../events/index.ts';
import { IdentityStore } from '../../identity/index.ts';
import { Breadcrumbs } from '../breadcrumbs.ts';
import { BreadcrumbStore } from '../store.ts';
import { SweepStore } from './sweep-store.ts';
import { Sweeper } from './sweeper.ts';

const PAST = '2001-02-03T04:05:06Z';
const RETENTION = {
  events_days: 30,
  history_days: 365,
  idempotency_days: 7,
  done_deliveries_days: 7,
  dead_deliveries_days: 90,
};

async function setUp() {
  const db = await openTestDatabase();
  const bus = createMemoryBus(silentLog);
  const announcer = new Announcer(
    new LogTail(new EventStore(db), bus, systemClock, silentLog),
    bus,
  );
  const breadcrumbs = new Breadcrumbs({ store: new BreadcrumbStore(db), announcer, parallel: 1 });
  const store = new SweepStore(db);
  const clock = new ManualClock();
  const sweeper = new Sweeper({
    store,
    announcer,
    clock,
    log: silentLog,
    retention: RETENTION,
    interval_ms: 300_000,
    is_enabled: true,
  });
  const principal = { owner_id: newId(), agent_id: newId(), roles: [...ROLES] };
  await new IdentityStore(db).ensureAgent(principal);
  const create = (ttl: string | null) =>
    breadcrumbs.create(principal, { title: 'a', tags: [], context: {}, ttl });
  return { db, breadcrumbs, sweeper, store, clock, principal, create };
}

async function count(db: Database, text: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>({
    text: `select count(*)::int as n from ${text}`,
  });
  return rows[0]?.n ?? -1;
}

describe('sweeping', () => {
  it('deletes what has expired, with an event for each, and nothing else', async () => {
    const { db, sweeper, store, create } = await setUp();
    for (let index = 0; index < 3; index++) await create(PAST);
    await create(null);
    await create('2999-01-01T00:00:00Z');
    const swept = await sweeper.sweep();
    expect(swept.breadcrumbs).toBe(3);
    expect(await count(db, 'breadcrumbs')).toBe(2);
    expect(await count(db, "events where kind = 'deleted'")).toBe(3);
    expect(await store.totals()).toMatchObject({
      runs_completed: 1,
      total_breadcrumbs_purged: 3,
      last_run_errors: 0,
    });
  });

  it('of one tenant leaves the others alone', async () => {
    const { db, sweeper, create } = await setUp();
    await create(PAST);
    expect(await sweeper.sweepTenant(newId())).toBe(0);
    expect(await count(db, 'breadcrumbs')).toBe(1);
  });

  it('keeps old events until every reader has passed them, and always the last', async () => {
    const { db, sweeper, create } = await setUp();
    for (let index = 0; index < 3; index++) await create(null);
    await db.query({ text: `update events set updated_at = '${PAST}'` });
    await db.query({
      text: "insert into event_cursors (name, seq) select 'slow', min(seq) from events",
    });
    expect((await sweeper.sweep()).events).toBe(1);
    await db.query({ text: 'update event_cursors set seq = 1000' });
    expect((await sweeper.sweep()).events).toBe(1);
    expect(await count(db, 'events')).toBe(1);
  });

  it('goes on with the rest when one kind fails, and counts the failure', async () => {
    const { db, sweeper, store, create } = await setUp();
    await create(PAST);
    await db.exec('drop table idempotency_keys');
    expect((await sweeper.sweep()).breadcrumbs).toBe(1);
    expect(await store.totals()).toMatchObject({ last_run_errors: 1 });
  });

  it('runs by itself after each interval until it is stopped', async () => {
    const { sweeper, store, clock, create } = await setUp();
    await create(PAST);
    await sweeper.start();
    await sweeper.start();
    clock.advance(300_000);
    await expect.poll(async () => (await store.totals()).runs_completed).toBe(1);
    await sweeper.stop();
    await sweeper.stop();
    clock.advance(900_000);
    expect(await store.totals()).toMatchObject({ runs_completed: 1, total_breadcrumbs_purged: 1 });
  });
});
