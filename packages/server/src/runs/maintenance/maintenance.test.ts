import { describe, expect, it } from 'vitest';
import { newId, silentLog } from '../../base/index.ts';
import { OWNER_ID, openTestIngest, runBody, type TestIngest } from '../ingest/testing.ts';
import { RetentionStore } from '../retention-store.ts';
import { RunMaintenance } from './maintenance.ts';

const DAY_MS = 86_400_000;
const TABLES = ['runs', 'run_keys', 'run_steps', 'run_decisions', 'run_signals'];

function look(test: TestIngest) {
  const { db, clock, ingest } = test;
  return new RunMaintenance({
    clock,
    ingest,
    log: silentLog,
    retell: null,
    store: new RetentionStore(db),
    silent_after_s: 600,
    retention_days: 90,
    rollups_days: 400,
  });
}

async function put(test: TestIngest, policy: Record<string, unknown>) {
  const response = await test.server.inject({
    method: 'PUT',
    url: '/v1/runs/policies',
    payload: policy,
  });
  expect(response.statusCode, response.payload).toBe(200);
  return response.json();
}

async function counts(test: TestIngest) {
  return Promise.all(TABLES.map((table) => test.count(table)));
}

async function partitions({ db }: TestIngest): Promise<number> {
  const { rows } = await db.query<{ n: number }>({
    text: `select count(*)::int as n from pg_inherits i join pg_class p on p.oid = i.inhparent
      where p.relkind = 'p' and p.relnamespace = current_schema()::regnamespace`,
  });
  return rows[0]?.n ?? -1;
}

describe('the environment of a policy', () => {
  it('is a name, not something private', async () => {
    const test = await openTestIngest();
    const payload = { environment: 'bob@example.com', retention_days: 3 };
    const answer = await test.server.inject({ method: 'PUT', url: '/v1/runs/policies', payload });
    expect(answer.json()).toMatchObject({ status: 422, errors: [{ path: 'environment' }] });
    expect(answer.payload).not.toContain('bob');
    expect(await test.count('run_policies')).toBe(0);
  });
});

describe('retention', () => {
  it('drops the week of runs once all of it may go, with their keys, and keeps statistics longer', async () => {
    const test = await openTestIngest();
    const maintenance = look(test);
    const failure = { failure_type: 'tool', failure_code: 'timeout', message: 'no answer' };
    const body = runBody({ status: 'failure', failure });
    await test.post('/v1/runs', body);
    test.clock.advance(14 * DAY_MS);
    await test.post('/v1/runs', runBody());
    expect(await partitions(test)).toBe(10);
    // The first may go after 2026-06-08, a Monday, so its week is over on the 15th.
    test.clock.advance((90 - 14 + 6) * DAY_MS);
    expect(await maintenance.round()).toMatchObject({ partitions: 0, keys: 0 });
    test.clock.advance(DAY_MS);
    expect(await maintenance.round()).toMatchObject({ partitions: 5, keys: 1, rollups: 0 });
    expect(await counts(test)).toEqual([1, 1, 2, 1, 1]);
    expect(await test.count('run_rollups')).toBeGreaterThan(0);
    expect(await test.count('run_failure_hours')).toBe(1);
    // What is gone may come again, and has a partition again.
    expect((await test.post('/v1/runs', body)).status).toBe(201);
    test.clock.advance(400 * DAY_MS);
    const { partitions: dropped, rollups } = await maintenance.round();
    expect([dropped, await counts(test)]).toEqual([10, [0, 0, 0, 0, 0]]);
    expect([rollups > 0, await test.count('run_rollups')]).toEqual([true, 0]);
    for (const table of ['run_rollup_days', 'run_failure_hours', 'run_failure_days'])
      expect([table, await test.count(table)]).toEqual([table, 0]);
  });

  it('waits for nobody: a partition that is in use is dropped in a later round', async () => {
    const test = await openTestIngest();
    if (test.db.capabilities.connections === 1) return;
    const maintenance = look(test);
    await test.post('/v1/runs', runBody());
    test.clock.advance(100 * DAY_MS);
    const reading = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const reader = test.db.transaction(async (tx) => {
      await tx.query({ text: 'select count(*) from run_steps' });
      reading.resolve();
      await done.promise;
    });
    await reading.promise;
    expect(await maintenance.round()).toMatchObject({ partitions: 4 });
    done.resolve();
    await reader;
    expect(await maintenance.round()).toMatchObject({ partitions: 1 });
  });
});

describe('a policy', () => {
  it('is listed and replaced, by environment', async () => {
    const test = await openTestIngest();
    expect(await put(test, { retention_days: 30 })).toEqual({
      environment: null,
      privacy: null,
      retention_days: 30,
      updated_at: expect.any(String),
    });
    await put(test, { environment: 'test', privacy: 'redact' });
    await put(test, { environment: 'test', privacy: 'allow', retention_days: 7 });
    const list = await test.server.inject({ method: 'GET', url: '/v1/runs/policies' });
    expect(list.json()).toMatchObject([
      { environment: null, privacy: null, retention_days: 30 },
      { environment: 'test', privacy: 'allow', retention_days: 7 },
    ]);
    const bad = await test.server.inject({
      method: 'PUT',
      url: '/v1/runs/policies',
      payload: { privacy: 'keep' },
    });
    expect(bad.statusCode).toBe(400);
  });

  it('says how long what comes is kept', async () => {
    const test = await openTestIngest();
    await put(test, { environment: 'test', retention_days: 7 });
    await test.post('/v1/runs', runBody());
    await test.post('/v1/runs', runBody({ environment: 'other' }));
    const { rows } = await test.db.query({
      text: 'select environment, expires_on::text from runs order by environment',
    });
    expect(rows).toEqual([
      { environment: 'other', expires_on: '2026-06-08' },
      { environment: 'test', expires_on: '2026-03-17' },
    ]);
  });

  it('that is shortened deletes what is older, of its environment and tenant only', async () => {
    const test = await openTestIngest();
    const maintenance = look(test);
    const stranger = { 'x-owner': newId() };
    await test.post('/v1/runs', runBody());
    await test.post('/v1/runs', runBody({ environment: 'own' }));
    await test.post('/v1/runs', runBody({ environment: 'third' }));
    await test.post('/v1/runs', runBody(), stranger);
    test.clock.advance(10 * DAY_MS);
    await test.post('/v1/runs', runBody());
    await put(test, { environment: 'own', retention_days: 20 });
    expect(await maintenance.round()).toMatchObject({ runs: 0 });
    await put(test, { environment: 'test', retention_days: 5 });
    expect(await maintenance.round()).toMatchObject({ runs: 1 });
    await put(test, { retention_days: 3 });
    expect(await maintenance.round()).toMatchObject({ runs: 1 });
    const { rows } = await test.db.query({
      text: 'select environment from runs where owner_id = $1 order by environment',
      values: [OWNER_ID],
    });
    expect(rows).toEqual([{ environment: 'own' }, { environment: 'test' }]);
    expect(await counts(test)).toEqual([3, 3, 6, 3, 3]);
    expect(await maintenance.round()).toMatchObject({ runs: 0 });
  });
});
