import type { RunCreate } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId, silentLog } from '../../base/index.ts';
import { RunMaintenance, type Retell } from '../maintenance/maintenance.ts';
import { RetentionStore } from '../retention-store.ts';
import { OWNER_ID, openTestIngest, runBody, type Json, type TestIngest } from './testing.ts';

const at = (second: number) => `2026-03-10T12:00:0${second}.000Z`;

/** A run of an agent: two calls of a model, and of a tool between them. */
function ownRun(run_id = newId()) {
  const ids = [newId(), newId(), newId()];
  const step = (seq: number, ends: number, more: Record<string, unknown> = {}) => ({
    step_id: ids[seq] ?? '',
    seq,
    step_type: seq === 1 ? ('tool' as const) : ('plan' as const),
    name: `step ${seq}`,
    latency_ms: (ends - seq) * 1_000,
    started_at: at(seq),
    ended_at: at(ends),
    metadata: {},
    input_tokens: 5,
    ...more,
  });
  const head = {
    run_id,
    agent_id: 'a',
    agent_version: '1',
    environment: 'production',
    started_at: at(0),
    decisions: [],
    quality_signals: [],
    conversation_id: 'c',
    end_reason: null,
  };
  const open = (steps: RunCreate['steps']): RunCreate => ({
    ...head,
    steps,
    status: 'running',
    ended_at: null,
    failures: [],
  });
  const failure = {
    step_id: null,
    failure_type: 'model' as const,
    failure_code: 'quota',
    message: 'no money',
  };
  const waits = step(1, 1, { metadata: { outcome: 'waiting' } });
  const answered = step(1, 3, { metadata: { outcome: 'success' } });
  const whole: RunCreate = {
    ...head,
    steps: [step(0, 1), answered, step(2, 4)],
    status: 'failure',
    ended_at: at(5),
    failures: [failure],
  };
  return { run_id, whole, begun: open([]), waiting: open([step(0, 1), waits]) };
}

/** Everything that is stored, without the times at which it was. */
async function everything({ db }: TestIngest): Promise<Json> {
  const { rows } = await db.query<Json>({
    text: `select
      (select jsonb_agg(to_jsonb(t) - '{created_at}'::text[] order by run_id) from run_keys t) as keys,
      (select jsonb_agg(to_jsonb(t) - '{created_at,heard_at}'::text[] order by run_id) from runs t) as runs,
      (select jsonb_agg(to_jsonb(t) - '{created_at}'::text[] order by seq) from run_steps t) as steps,
      (select jsonb_agg(to_jsonb(t) - '{created_at}'::text[] order by failure_id) from run_failures t) as failures,
      (select jsonb_agg(to_jsonb(t) order by metric, key) from run_rollups t where n <> 0) as rollups,
      (select jsonb_agg(to_jsonb(t) order by metric, key) from run_rollup_days t where n <> 0) as days,
      (select jsonb_agg(to_jsonb(t) order by fingerprint) from run_failure_groups t where n <> 0) as groups`,
  });
  return rows[0];
}

/** What is left when the run was told whole, and nothing before. */
async function toldWholeOnly(whole: RunCreate): Promise<Json> {
  const test = await openTestIngest();
  await test.ingest.record(OWNER_ID, whole);
  return everything(test);
}

function look(test: TestIngest, retell: Retell) {
  const { db, clock, ingest } = test;
  return new RunMaintenance({
    clock,
    ingest,
    retell,
    log: silentLog,
    store: new RetentionStore(db),
    silent_after_s: 600,
    retention_days: 90,
    rollups_days: 400,
  });
}

describe('a run of our own', () => {
  it('is told as far as it came, and leaves at its end what it leaves when it is told whole only', async () => {
    const test = await openTestIngest();
    const { whole, begun, waiting } = ownRun();
    await test.ingest.recordOpen(OWNER_ID, begun);
    test.clock.advance(1_000);
    await test.ingest.recordOpen(OWNER_ID, waiting);
    await test.ingest.recordOpen(OWNER_ID, waiting);
    expect(await everything(test)).toMatchObject({
      runs: [{ status: 'running', source: 'cairn', steps_count: 2, input_tokens: 10 }],
      steps: [{ name: 'step 0' }, { metadata: { outcome: 'waiting' } }],
      rollups: null,
      days: null,
      groups: null,
    });
    test.clock.advance(1_000);
    expect(await test.ingest.record(OWNER_ID, whole)).toMatchObject({
      is_new: true,
      run: { status: 'failure', steps: [{ seq: 0 }, { seq: 1 }, { seq: 2 }] },
    });
    const expected = await toldWholeOnly(whole);
    expect(await everything(test)).toEqual(expected);
    // Told again, or by somebody who read it before the end.
    expect(await test.ingest.record(OWNER_ID, whole)).toMatchObject({ is_new: false });
    expect(await test.ingest.recordOpen(OWNER_ID, waiting)).toMatchObject({
      is_new: false,
      run: { status: 'failure' },
    });
    expect(await everything(test)).toEqual(expected);
    expect(test.counts).toMatchObject({ ingested: 1, failed: 0 });
  });

  it('ends once, whoever tells of it at the same time', async () => {
    const test = await openTestIngest();
    const { whole, begun, waiting } = ownRun();
    const { ingest } = test;
    await Promise.all([
      ingest.recordOpen(OWNER_ID, begun),
      ingest.record(OWNER_ID, whole),
      ingest.recordOpen(OWNER_ID, waiting),
      ingest.record(OWNER_ID, whole),
      ingest.recordOpen(OWNER_ID, begun),
    ]);
    expect(await everything(test)).toEqual(await toldWholeOnly(whole));
  });

  it('does not lose steps to who read it earlier', async () => {
    const test = await openTestIngest();
    const { begun, waiting } = ownRun();
    await test.ingest.recordOpen(OWNER_ID, waiting);
    await test.ingest.recordOpen(OWNER_ID, begun);
    expect(await everything(test)).toMatchObject({ runs: [{ steps_count: 2 }] });
  });

  it('is changed by nobody else while it goes on, nor is theirs by it', async () => {
    const test = await openTestIngest();
    const { run_id, begun, whole } = ownRun();
    await test.ingest.recordOpen(OWNER_ID, begun);
    const step = { ...whole.steps[0], step_id: newId() };
    const end = { status: 'success', ended_at: at(5), failure: null };
    const { steps: _, ...head } = runBody({ run_id });
    for (const [path, body] of [
      ['/v1/runs', runBody({ run_id })],
      ['/v1/runs/start', { ...head, status: undefined }],
      [`/v1/runs/${run_id}/steps`, { steps: [step] }],
      [`/v1/runs/${run_id}/end`, end],
    ] as const)
      expect([path, (await test.post(path, body)).status]).toEqual([path, 409]);
    await test.ingest.record(OWNER_ID, whole);
    expect(await everything(test)).toEqual(await toldWholeOnly(whole));
    expect((await test.post('/v1/runs', runBody({ run_id }))).status).toBe(409);

    const theirs = runBody();
    await test.post('/v1/runs', theirs);
    const other = ownRun(String(theirs['run_id']));
    for (const tell of [
      () => test.ingest.recordOpen(OWNER_ID, other.begun),
      () => test.ingest.record(OWNER_ID, other.whole),
    ])
      await expect(tell()).rejects.toMatchObject({ code: 'conflict' });
    expect((await test.post('/v1/runs', theirs)).status).toBe(200);
  });
});

describe('a run of our own of which nothing was heard for long', () => {
  it('stays open for as long as its agent has it', async () => {
    const test = await openTestIngest();
    const { run_id, waiting, whole } = ownRun();
    await test.ingest.recordOpen(OWNER_ID, waiting);
    const asked: string[] = [];
    const maintenance = look(test, async (owner_id, id) => {
      asked.push(id);
      await test.ingest.recordOpen(owner_id, waiting);
      return true;
    });
    for (let hour = 0; hour < 3; hour++) {
      test.clock.advance(3_600_000);
      expect(await maintenance.round()).toMatchObject({ closed: 0 });
      // It was heard of now.
      expect(await maintenance.round()).toMatchObject({ closed: 0 });
    }
    expect(asked).toEqual([run_id, run_id, run_id]);
    await test.ingest.record(OWNER_ID, whole);
    expect(await everything(test)).toEqual(await toldWholeOnly(whole));
  });

  it('stays open when that cannot be found out, and keeps back no other', async () => {
    const test = await openTestIngest();
    await test.ingest.recordOpen(OWNER_ID, ownRun().waiting);
    const { steps: _, status: __, ended_at: ___, ...head } = runBody();
    const { agent_id, agent_version, environment, started_at } = head as Json;
    await test.post('/v1/runs/start', { agent_id, agent_version, environment, started_at });
    test.clock.advance(3_600_000);
    const maintenance = look(test, () => Promise.reject(new Error('the database is away')));
    expect(await maintenance.round()).toMatchObject({ closed: 1 });
    expect((await everything(test)).runs).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ source: 'cairn', status: 'running' })]),
    );
  });

  it('is closed when it is gone; if it is heard of after all it goes on, and is counted once', async () => {
    const test = await openTestIngest();
    const { waiting, whole } = ownRun();
    await test.ingest.recordOpen(OWNER_ID, waiting);
    test.clock.advance(3_600_000);
    const maintenance = look(test, async () => false);
    expect(await maintenance.round()).toMatchObject({ closed: 1 });
    expect(await everything(test)).toMatchObject({
      runs: [{ status: 'partial', end_reason: 'nothing was heard of it for 600 s' }],
      rollups: expect.arrayContaining([expect.objectContaining({ metric: 'run', key: 'partial' })]),
    });
    await test.ingest.recordOpen(OWNER_ID, waiting);
    expect(await everything(test)).toMatchObject({
      runs: [{ status: 'running', ended_at: null, end_reason: null }],
      rollups: null,
    });
    test.clock.advance(3_600_000);
    await maintenance.round();
    await test.ingest.record(OWNER_ID, whole);
    expect(await everything(test)).toEqual(await toldWholeOnly(whole));
  });
});
