import { describe, expect, it } from 'vitest';
import { newId, silentLog } from '../../base/index.ts';
import { RunMaintenance } from '../maintenance/maintenance.ts';
import { RetentionStore } from '../retention-store.ts';
import { openTestIngest, runBody, type Json, type TestIngest } from './testing.ts';

function stepOf(seq: number, changes: Record<string, unknown> = {}) {
  return {
    step_id: newId(),
    seq,
    step_type: 'tool',
    name: `step ${seq}`,
    latency_ms: 10,
    started_at: '2026-03-10T12:00:01Z',
    ended_at: `2026-03-10T12:00:0${2 + seq}Z`,
    input_tokens: 5,
    ...changes,
  };
}

const HEAD = {
  agent_id: 'a',
  agent_version: '1',
  environment: 'test',
  started_at: '2026-03-10T12:00:00Z',
};
const END = { status: 'success', ended_at: '2026-03-10T12:00:10Z', failure: null };

async function begin({ post }: TestIngest, changes: Record<string, unknown> = {}) {
  const { status, body } = await post('/v1/runs/start', { ...HEAD, ...changes });
  expect(status).toBe(201);
  return body.run_id as string;
}

async function rollups({ db }: TestIngest) {
  const { rows } = await db.query<{ metric: string; key: string; n: number; total: number }>({
    text: 'select metric, key, n, total from run_rollups where n <> 0 order by metric, key',
  });
  return rows.map(({ metric, key, n, total }) => [metric, key, n, total]);
}

describe('a run that is reported in pieces', () => {
  it('is begun, added to in any order, and ended', async () => {
    const test = await openTestIngest();
    const { post } = test;
    const start = await post('/v1/runs/start', HEAD);
    expect(start.status).toBe(201);
    expect(Object.keys(start.body)).toHaveLength(12);
    expect(start.body).toMatchObject({
      status: 'running',
      ended_at: null,
      steps: [],
      failures: [],
    });
    const path = `/v1/runs/${start.body.run_id}`;
    const steps = [stepOf(0), stepOf(1)];
    expect(await post(`${path}/steps`, { steps: [steps[1]] })).toEqual({
      status: 200,
      body: {
        run_id: start.body.run_id,
        status: 'running',
        steps: 1,
        decisions: 0,
        quality_signals: 0,
      },
    });
    const { decisions, quality_signals } = runBody() as Json;
    const decision = { ...decisions[0], step_id: steps[1]?.step_id };
    const more = await post(`${path}/steps`, {
      steps: [steps[0]],
      decisions: [decision],
      quality_signals,
    });
    expect(more.body).toMatchObject({ steps: 2, decisions: 1, quality_signals: 1 });
    expect(await rollups(test)).toEqual([]);
    const failure = {
      step_id: steps[0]?.step_id,
      failure_type: 'tool',
      failure_code: 'timeout',
      message: 'm',
    };
    const ended = await post(`${path}/end`, { ...END, status: 'failure', failure });
    expect(ended.status).toBe(200);
    expect(ended.body).toMatchObject({
      status: 'failure',
      ended_at: '2026-03-10T12:00:10Z',
      steps: [{ seq: 0 }, { seq: 1 }],
      failures: [failure],
      decisions: [{ step_id: steps[1]?.step_id, metadata: { candidates: ['search', 'cache'] } }],
      quality_signals: [{ value: true }],
    });
    expect(await rollups(test)).toEqual([
      ['decision', 'tool_selection/search/fresh_data_required', 1, 0],
      ['failure', 'tool/timeout', 1, 0],
      ['run', 'failure', 1, 10_000],
      ['signal', 'tool_success/first_attempt/true', 1, 0],
      ['step', 'tool', 2, 20],
      ['tokens', 'input', 1, 10],
    ]);
  });

  it('takes every piece twice without harm, and no other content in its place', async () => {
    const test = await openTestIngest();
    const { post, count } = test;
    const run_id = await begin(test);
    expect((await post('/v1/runs/start', { ...HEAD, run_id })).status).toBe(200);
    expect((await post('/v1/runs/start', { ...HEAD, run_id, agent_id: 'b' })).status).toBe(409);
    expect((await post('/v1/runs', { ...runBody(), run_id })).status).toBe(409);
    const path = `/v1/runs/${run_id}`;
    const step = stepOf(0, { metadata: { b: 1, a: -0 } });
    const piece = { steps: [step] };
    for (let time = 0; time < 2; time++) {
      const { status, body } = await post(`${path}/steps`, piece);
      expect([status, body.steps]).toEqual([200, 1]);
    }
    const other = await post(`${path}/steps`, { steps: [{ ...step, name: 'other' }] });
    expect([other.status, other.body.code]).toEqual([409, 'conflict']);
    expect((await post(`${path}/steps`, { steps: [stepOf(0)] })).status).toBe(409);
    const first = await post(`${path}/end`, END);
    expect(await post(`${path}/end`, END)).toEqual(first);
    expect((await post(`${path}/end`, { ...END, status: 'partial' })).status).toBe(409);
    expect((await post(`${path}/steps`, piece)).status).toBe(200);
    expect((await post(`${path}/steps`, { steps: [stepOf(1)] })).status).toBe(409);
    expect([await count('runs'), await count('run_steps')]).toEqual([1, 1]);
    expect(await rollups(test)).toContainEqual(['run', 'success', 1, 10_000]);
  });

  it('does not end well while steps before one that came have not come', async () => {
    const test = await openTestIngest();
    const run_id = await begin(test);
    const path = `/v1/runs/${run_id}`;
    await test.post(`${path}/steps`, { steps: [stepOf(0), stepOf(4)] });
    const failed = {
      ...END,
      status: 'failure',
      failure: { failure_type: 'tool', failure_code: 'x', message: 'm' },
    };
    for (const end of [END, failed])
      expect(await test.post(`${path}/end`, end)).toMatchObject({
        status: 422,
        body: {
          code: 'invalid_run',
          errors: [{ path: 'steps', message: expect.stringMatching(/Missing: \[1, 2, 3\]$/) }],
        },
      });
    expect(await test.count("runs where status = 'running'")).toBe(1);
    await test.post(`${path}/steps`, { steps: [3, 2, 1].map((seq) => stepOf(seq)) });
    const { status, body } = await test.post(`${path}/end`, END);
    expect([status, body.steps.map(({ seq }: Json) => seq)]).toEqual([200, [0, 1, 2, 3, 4]]);
  });

  it('is numbered anew when it ends as partial without all of its steps, and says so', async () => {
    const test = await openTestIngest();
    const run_id = await begin(test);
    const path = `/v1/runs/${run_id}`;
    await test.post(`${path}/steps`, { steps: [stepOf(4), stepOf(1)] });
    const partial = { ...END, status: 'partial' };
    const { body } = await test.post(`${path}/end`, partial);
    expect(body.steps.map((step: Json) => [step.seq, step.name])).toEqual([
      [0, 'step 1'],
      [1, 'step 4'],
    ]);
    expect(await test.count("runs where end_reason = 'steps never came: seq 0, 2, 3'")).toBe(1);
    expect((await test.post(`${path}/end`, partial)).status).toBe(200);
  });

  it('answers 404 when it is not known, also in another tenant', async () => {
    const test = await openTestIngest();
    const run_id = await begin(test);
    const stranger = { 'x-owner': newId() };
    for (const [id, headers] of [
      [newId(), {}],
      [run_id, stranger],
    ] as const) {
      for (const [what, body] of [
        ['steps', { steps: [stepOf(0)] }],
        ['end', END],
      ] as const) {
        const answer = await test.post(`/v1/runs/${id}/${what}`, body, headers);
        expect(answer).toMatchObject({ status: 404, body: { error: `Run ${id} not found` } });
      }
    }
    expect(await test.count('run_keys')).toBe(1);
  });

  it('refuses references to steps that it does not have, and ends before its start', async () => {
    const test = await openTestIngest();
    const run_id = await begin(test);
    const { decisions } = runBody() as Json;
    const stray = await test.post(`/v1/runs/${run_id}/steps`, { decisions });
    expect(stray.body).toMatchObject({
      status: 422,
      errors: [{ path: 'decisions[0].step_id' }],
    });
    const early = await test.post(`/v1/runs/${run_id}/end`, { ...END, ended_at: '2026-01-01' });
    expect(early.body).toMatchObject({ status: 422, errors: [{ path: 'ended_at' }] });
    const failure = {
      failure_type: 'tool',
      failure_code: 'x',
      message: 'm',
      step_id: newId(),
    };
    const lost = await test.post(`/v1/runs/${run_id}/end`, { ...END, failure });
    expect(lost.body).toMatchObject({ status: 422, errors: [{ path: 'failure.step_id' }] });
    expect(await test.count('run_decisions')).toBe(0);
  });

  it('keeps to the privacy of its environment', async () => {
    const test = await openTestIngest({ privacy: 'allow' });
    await test.server.inject({
      method: 'PUT',
      url: '/v1/runs/policies',
      payload: { environment: 'test', privacy: 'redact' },
    });
    const guarded = await begin(test);
    const open = await begin(test, { environment: 'other' });
    for (const [run_id, expected] of [
      [guarded, {}],
      [open, { prompt: 'hello' }],
    ] as const) {
      const steps = [stepOf(0, { metadata: { prompt: 'hello' } })];
      await test.post(`/v1/runs/${run_id}/steps`, { steps });
      const { body } = await test.post(`/v1/runs/${run_id}/end`, END);
      expect(body.steps[0].metadata).toEqual(expected);
    }
  });
});

describe('a run of which nothing is heard any more', () => {
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

  it('is closed as partial, with the reason and the end of its last step', async () => {
    const test = await openTestIngest();
    const maintenance = look(test);
    const silent = await begin(test);
    const empty = await begin(test);
    const alive = await begin(test);
    await test.post(`/v1/runs/${silent}/steps`, { steps: [stepOf(0), stepOf(2)] });
    test.clock.advance(599_000);
    expect(await maintenance.round()).toMatchObject({ closed: 0 });
    await test.post(`/v1/runs/${alive}/steps`, {});
    test.clock.advance(2_000);
    expect(await maintenance.round()).toMatchObject({ closed: 2 });
    const { rows } = await test.db.query<Json>({
      text: `select run_id, status, ended_at, end_reason from runs order by started_at, run_id`,
    });
    const states = Object.fromEntries(rows.map(({ run_id, ...rest }: Json) => [run_id, rest]));
    const reason = { status: 'partial', end_reason: 'nothing was heard of it for 600 s' };
    expect(states[silent]).toEqual({
      status: 'partial',
      end_reason: 'nothing was heard of it for 600 s; steps never came: seq 1',
      ended_at: '2026-03-10T12:00:04.000Z',
    });
    expect(states[empty]).toEqual({ ...reason, ended_at: null });
    expect(states[alive]).toEqual({ status: 'running', end_reason: null, ended_at: null });
    expect(await rollups(test)).toEqual([
      ['run', 'partial', 2, 4_000],
      ['step', 'tool', 2, 20],
      ['tokens', 'input', 1, 10],
    ]);
    expect((await test.post(`/v1/runs/${silent}/end`, END)).status).toBe(409);
  });

  it('is found by itself, minute by minute, until the service is stopped', async () => {
    const test = await openTestIngest();
    const maintenance = look(test);
    await begin(test);
    await maintenance.start();
    await maintenance.start();
    for (let minute = 0; minute < 11; minute++) {
      await expect.poll(() => test.clock.isAwaited(60_000)).toBe(true);
      test.clock.advance(60_000);
    }
    await expect.poll(() => test.count("runs where status = 'partial'")).toBe(1);
    await maintenance.stop();
    await maintenance.stop();
  });
});
