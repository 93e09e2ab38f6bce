import { ROLES } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { ManualClock, newId, silentLog, systemClock, type Log } from '../../base/index.ts';
import { createMemoryBus } from '../../bus/index.ts';
import type { Database } from '../../db/index.ts';
import { openTestDatabase } from '../../db/testing.ts';
import { Announcer, ConsumerStore, EventStore, LogTail } from '../../events/index.ts';
import { IdentityStore } from '../../identity/index.ts';
import { Breadcrumbs } from '../breadcrumbs.ts';
import { BreadcrumbStore } from '../store.ts';
import { HygieneReports } from './hygiene-reports.ts';
import { ReportStore } from './report-store.ts';
import { SweepStore } from './sweep-store.ts';
import { Sweeper } from './sweeper.ts';

const PAST = '2001-02-03T04:05:06Z';
const RETENTION = {
  absent_consumer_days: 7,
  dead_letters_days: 30,
  agent_idle_hours: 48,
  orphan_subscription_hours: 24,
  events_days: 30,
  history_days: 365,
  idempotency_days: 7,
  done_deliveries_days: 7,
  dead_deliveries_days: 90,
};

async function setUp({ minutes = 60 } = {}) {
  const db = await openTestDatabase();
  const bus = createMemoryBus(silentLog);
  const announcer = new Announcer(
    new LogTail(new EventStore(db), bus, systemClock, silentLog),
    bus,
  );
  const breadcrumbs = new Breadcrumbs({ store: new BreadcrumbStore(db), announcer, parallel: 1 });
  const store = new SweepStore(db);
  const clock = new ManualClock();
  const identity = new IdentityStore(db);
  const warnings: object[] = [];
  const log: Log = { ...silentLog, warn: (fields) => warnings.push(fields) };
  const report_store = new ReportStore(db);
  const reports = new HygieneReports({ store: report_store, breadcrumbs, identity, log, minutes });
  const sweeper = new Sweeper({
    store,
    reports,
    announcer,
    clock,
    log,
    retention: RETENTION,
    interval_ms: 300_000,
    is_enabled: true,
  });
  const principal = { owner_id: newId(), agent_id: newId(), roles: [...ROLES] };
  await identity.ensureAgent(principal);
  const create = (ttl: string | null) =>
    breadcrumbs.create(principal, { title: 'a', tags: [], context: {}, ttl });
  return { db, breadcrumbs, identity, sweeper, store, clock, principal, create, warnings };
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
    expect(await count(db, 'breadcrumbs where schema_name is null')).toBe(2);
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
    expect(await sweeper.sweepTenant(newId())).toMatchObject({ breadcrumbs: 0, agents: 0 });
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

/** An agent that a token made so many hours ago. */
async function mint(db: Database, owner_id: string, hours: number): Promise<string> {
  const id = newId();
  await db.query({
    text: `insert into agents (owner_id, id, roles, minted_at)
      values ($1, $2, '{emitter}', now() - $3 * interval '1 hour')`,
    values: [owner_id, id, hours],
  });
  return id;
}

async function agentsOf(db: Database, owner_id: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    text: 'select id from agents where owner_id = $1',
    values: [owner_id],
  });
  return rows.map(({ id }) => id).toSorted();
}

describe('idle agents', () => {
  it('go when a token made them, they hold nothing and have asked for none since', async () => {
    const { db, sweeper, principal, store } = await setUp({ minutes: 0 });
    const { owner_id } = principal;
    await mint(db, owner_id, 49);
    const busy = await mint(db, owner_id, 47);
    expect((await sweeper.sweep()).agents).toBe(1);
    expect(await agentsOf(db, owner_id)).toEqual([principal.agent_id, busy].toSorted());
    expect(await store.totals()).toMatchObject({ total_agents_cleaned: 1 });
  });

  it('stay when they hold anything, and are not looked at again', async () => {
    const { db, breadcrumbs, sweeper, principal } = await setUp({ minutes: 0 });
    const { owner_id } = principal;
    const [author, subscriber, keyed, defined] = [
      await mint(db, owner_id, 100),
      await mint(db, owner_id, 100),
      await mint(db, owner_id, 100),
      await mint(db, owner_id, 100),
    ];
    const body = { title: 'a', tags: [], context: {} };
    await breadcrumbs.create({ ...principal, agent_id: author }, body);
    await db.query({
      text: `insert into selector_subscriptions (id, owner_id, agent_id, selector) values ($1, $2, $3, '{}')`,
      values: [newId(), owner_id, subscriber],
    });
    await db.query({
      text: `insert into api_keys (id, owner_id, agent_id, name, hash, roles) values ($1, $2, $3, 'k', 'h', '{}')`,
      values: [newId(), owner_id, keyed],
    });
    const definition = await breadcrumbs.create(principal, body);
    await db.query({
      text: 'update agents set id = $1 where id = $2',
      values: [definition.full.id, defined],
    });
    expect((await sweeper.sweep()).agents).toBe(0);
    expect(await agentsOf(db, owner_id)).toHaveLength(5);
    expect(await count(db, 'agents where minted_at is not null')).toBe(0);
  });
});

describe('what is left over', () => {
  it('goes after its time: subscriptions without an agent, and dead letters', async () => {
    const { db, sweeper, principal } = await setUp({ minutes: 0 });
    const { owner_id, agent_id } = principal;
    const subscribe = (agent: string, hours: number) =>
      db.query({
        text: `insert into selector_subscriptions (id, owner_id, agent_id, selector, created_at)
          values ($1, $2, $3, '{}', now() - $4 * interval '1 hour')`,
        values: [newId(), owner_id, agent, hours],
      });
    await subscribe(newId(), 25);
    await subscribe(newId(), 23);
    await subscribe(agent_id, 25);
    await db.query({
      text: "insert into event_cursors (name, seq) values ('dispatcher', 0)",
    });
    const endpoint = newId();
    await db.query({
      text: 'insert into webhook_endpoints (id, owner_id, agent_id, url) values ($1, $2, $3, $4)',
      values: [endpoint, owner_id, agent_id, 'https://example.org/hook'],
    });
    for (const days of [29, 31])
      await db.query({
        text: `insert into webhook_dlq (id, owner_id, agent_id, endpoint_id, url, webhook_id, payload, attempts,
            last_error, created_at)
          values ($1, $2, $3, $4, 'https://example.org/hook', 'w', '{}', 8, 'non-2xx', now() - $5 * interval '1 day')`,
        values: [newId(), owner_id, agent_id, endpoint, days],
      });
    expect(await sweeper.sweep()).toMatchObject({ subscriptions: 1, dead_letters: 1 });
    expect(await count(db, 'selector_subscriptions')).toBe(2);
    expect(await count(db, 'webhook_dlq')).toBe(1);
    expect(await count(db, 'event_cursors where generation = 1')).toBe(1);
  });
});

describe('a reader of the log that is gone', () => {
  async function withConsumer(seen_days: number) {
    const scene = await setUp({ minutes: 0 });
    const { db, create } = scene;
    for (let index = 0; index < 4; index++) await create(null);
    await db.query({ text: `update events set updated_at = '${PAST}'` });
    await db.query({
      text: `insert into event_cursors (name, seq, seen_at)
        select 'dispatcher', max(seq), now() - interval '99 days' from events
        union all select 'jetstream', min(seq), now() - $1 * interval '1 day' from events`,
      values: [seen_days],
    });
    return scene;
  }

  it('does not hold events back, and is told of once', async () => {
    const { sweeper, warnings, db } = await withConsumer(8);
    expect((await sweeper.sweep()).events).toBe(3);
    expect(warnings).toEqual([
      { consumer: 'jetstream', seen_at: expect.any(String), events_unread: 3 },
    ]);
    await sweeper.sweep();
    expect(warnings).toHaveLength(1);
    expect(await count(db, 'event_cursors')).toBe(2);
  });

  it('is forgotten when events went that it had not read', async () => {
    const { sweeper, warnings, db } = await withConsumer(8);
    await sweeper.sweep();
    await db.query({
      text: "update event_cursors set parked_at = now() - interval '31 days' where parked_at is not null",
    });
    await sweeper.sweep();
    expect(warnings.at(-1)).toEqual({ consumer: 'jetstream' });
    expect(await count(db, "event_cursors where name <> 'dispatcher'")).toBe(0);
  });

  it('holds them as long as it was seen lately', async () => {
    const { sweeper, warnings } = await withConsumer(6);
    expect((await sweeper.sweep()).events).toBe(1);
    expect(warnings).toEqual([]);
  });

  it('holds them again once it is back, also when it has nothing to read', async () => {
    const { sweeper, db, create } = await withConsumer(8);
    await sweeper.sweep();
    const consumers = new ConsumerStore(db);
    const { last } = await new EventStore(db).bounds();
    await consumers.leaseCursor('jetstream', 'me', 60_000, last);
    await consumers.moveCursor('jetstream', 'me', last);
    await db.query({ text: "update event_cursors set seen_at = now() - interval '8 days'" });
    // It asks every second, and is seen by that although the log has not grown.
    expect(await consumers.leaseCursor('jetstream', 'me', 60_000, last)).toBe(null);
    await create(null);
    await create(null);
    await db.query({ text: `update events set updated_at = '${PAST}'` });
    await db.query({ text: "update event_cursors set seq = seq + 2 where name = 'dispatcher'" });
    // What it has read goes; the two that it has not stay.
    expect((await sweeper.sweep()).events).toBe(1);
    expect(await count(db, 'events')).toBe(2);
  });
});

describe('the report of a tenant', () => {
  async function reportsOf(scene: Awaited<ReturnType<typeof setUp>>) {
    const { breadcrumbs, principal } = scene;
    const query = { schema_name: 'system.hygiene.v1', limit: 10 };
    return breadcrumbs.listWithContext(principal, query);
  }

  it('is one record, written when something went and not more often than is set', async () => {
    const scene = await setUp();
    const { sweeper, create, db } = scene;
    await sweeper.sweep();
    expect(await reportsOf(scene)).toEqual([]);
    await create(PAST);
    await sweeper.sweep();
    const [first] = await reportsOf(scene);
    expect(first).toMatchObject({ title: 'Hygiene report', version: 1 });
    const removed = { idle_agents: 0, orphan_subscriptions: 0, dead_letters: 0 };
    expect(first?.context).toEqual({
      since: null,
      until: expect.stringMatching(/Z$/),
      removed: { ...removed, expired_breadcrumbs: 1 },
      totals: { ...removed, expired_breadcrumbs: 1 },
    });
    await create(PAST);
    await create(PAST);
    await sweeper.sweep();
    expect((await reportsOf(scene))[0]?.version).toBe(1);
    await db.query({ text: "update hygiene_reports set reported_at = now() - interval '1 hour'" });
    await sweeper.sweep();
    await sweeper.sweep();
    const reports = await reportsOf(scene);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({ id: first?.id, version: 2 });
    expect(reports[0]?.context).toMatchObject({
      removed: { expired_breadcrumbs: 2 },
      totals: { expired_breadcrumbs: 3 },
    });
  });

  it('comes back when somebody deleted it, and tells also of sweeps on request', async () => {
    const scene = await setUp();
    const { sweeper, create, db, breadcrumbs, principal } = scene;
    await create(PAST);
    await sweeper.sweep();
    const [first] = await reportsOf(scene);
    await breadcrumbs.remove(principal, first?.id ?? '');
    await create(PAST);
    expect(await sweeper.sweepTenant(principal.owner_id)).toMatchObject({ breadcrumbs: 1 });
    await db.query({ text: 'update hygiene_reports set reported_at = null' });
    await sweeper.sweep();
    const [second] = await reportsOf(scene);
    expect(second?.id).not.toBe(first?.id);
    expect(second?.context).toMatchObject({ totals: { expired_breadcrumbs: 2 } });
  });

  it('is not written when it is switched off', async () => {
    const scene = await setUp({ minutes: 0 });
    await scene.create(PAST);
    await scene.sweeper.sweep();
    expect(await reportsOf(scene)).toEqual([]);
  });
});
