import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { newId } from '../../base/index.ts';
import { openTestIngest, runBody, type Json } from './testing.ts';

const RUN_KEYS = [
  'run_id',
  'agent_id',
  'agent_version',
  'environment',
  'status',
  'started_at',
  'ended_at',
  'created_at',
  'steps',
  'failures',
  'decisions',
  'quality_signals',
];
const STEP_KEYS = [
  'step_id',
  'run_id',
  'seq',
  'step_type',
  'name',
  'latency_ms',
  'started_at',
  'ended_at',
  'metadata',
  'created_at',
];
const FAILURE_KEYS = [
  'failure_id',
  'run_id',
  'step_id',
  'failure_type',
  'failure_code',
  'message',
  'created_at',
];
const DECISION_KEYS = [
  'decision_id',
  'run_id',
  'step_id',
  'decision_type',
  'selected',
  'reason_code',
  'confidence',
  'metadata',
  'recorded_at',
  'created_at',
];
const SIGNAL_KEYS = [
  'signal_id',
  'run_id',
  'step_id',
  'signal_type',
  'signal_code',
  'value',
  'weight',
  'metadata',
  'recorded_at',
  'created_at',
];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/;
const FAILURE = { failure_type: 'tool', failure_code: 'timeout', message: 'no answer in 5 s' };

describe('POST /v1/runs', () => {
  it('answers 201 with the run, every key of it', async () => {
    const { post } = await openTestIngest();
    const given: Json = runBody({ status: 'failure' });
    given.failure = { ...FAILURE, step_id: given.steps[0].step_id };
    const { status, body } = await post('/v1/runs', given);
    expect(status).toBe(201);
    expect(Object.keys(body)).toEqual(RUN_KEYS);
    expect(body.steps.map((step: Json) => step.seq)).toEqual([0, 1]);
    for (const step of body.steps) expect(Object.keys(step)).toEqual(STEP_KEYS);
    for (const failure of body.failures) expect(Object.keys(failure)).toEqual(FAILURE_KEYS);
    for (const decision of body.decisions) expect(Object.keys(decision)).toEqual(DECISION_KEYS);
    for (const signal of body.quality_signals) expect(Object.keys(signal)).toEqual(SIGNAL_KEYS);
    expect(body).toMatchObject({
      run_id: given.run_id,
      started_at: '2026-01-01T00:00:00Z',
      ended_at: '2026-01-01T00:00:02.500000Z',
      failures: [{ ...FAILURE, step_id: given.steps[0].step_id, run_id: given.run_id }],
      decisions: [{ metadata: { tools: 2, candidates: ['search', 'cache'] }, confidence: 0.9 }],
      quality_signals: [{ value: true, weight: 0.5, step_id: null, metadata: {} }],
    });
    expect(body.steps[1].ended_at).toBe('2026-01-01T00:00:00.005000Z');
    for (const time of [body.created_at, body.steps[0].created_at, body.decisions[0].recorded_at])
      expect(time).toMatch(TIME);
  });

  it('answers an identical repeat with 200 and the same run, in any order of its keys and steps', async () => {
    const { post, count, clock, counts } = await openTestIngest();
    const given: Json = runBody();
    const first = await post('/v1/runs', given);
    clock.advance(60_000);
    const repeat = Object.fromEntries(Object.entries(given).toReversed());
    const second = await post('/v1/runs', { ...repeat, steps: given.steps.toReversed() });
    expect(second).toEqual({ status: 200, body: first.body });
    expect(await count('runs')).toBe(1);
    expect(await count('run_steps')).toBe(2);
    expect(counts.toJson().metrics).toEqual({
      runs_ingested_total: 1,
      runs_failed_total: 0,
      runs_duplicate_total: 1,
    });
  });

  it('answers a repeat with 200 also when its parts have no ids', async () => {
    const { post } = await openTestIngest();
    const given: Json = runBody();
    for (const part of [...given.steps, ...given.decisions, ...given.quality_signals]) {
      for (const name of ['step_id', 'decision_id', 'signal_id']) delete part[name];
    }
    const first = await post('/v1/runs', given);
    expect(first.status).toBe(201);
    expect(await post('/v1/runs', given)).toEqual({ status: 200, body: first.body });
  });

  it('answers 409 for the same run_id with another body, and changes nothing', async () => {
    const { post, count } = await openTestIngest();
    const given = runBody();
    await post('/v1/runs', given);
    const { status, body } = await post('/v1/runs', { ...given, agent_version: '2.0.0' });
    expect(status).toBe(409);
    expect(body).toMatchObject({
      code: 'conflict',
      error: `Run ${given['run_id']} exists already with another body`,
      status_code: 409,
      path: '/v1/runs',
    });
    expect(await count("runs where agent_version = '1.0.0'")).toBe(1);
    expect(await count('run_steps')).toBe(2);
  });

  it('keeps tenants apart: the same run_id is two runs', async () => {
    const { post, count } = await openTestIngest();
    const given = runBody();
    expect((await post('/v1/runs', given)).status).toBe(201);
    expect((await post('/v1/runs', given, { 'x-owner': newId() })).status).toBe(201);
    expect(await count('runs')).toBe(2);
  });

  it('answers only below /v1', async () => {
    const { post } = await openTestIngest();
    expect((await post('/runs', runBody())).status).toBe(404);
  });

  it('answers 401 without a principal, with the fields of the contract', async () => {
    const { post } = await openTestIngest();
    const { status, body } = await post('/v1/runs', runBody(), { 'x-owner': 'nobody' });
    expect(status).toBe(401);
    expect(body).toMatchObject({ error: 'nobody', status_code: 401, path: '/v1/runs' });
  });

  it('takes an empty body of fields that may be absent', async () => {
    const { post } = await openTestIngest();
    const { status, body } = await post('/v1/runs', {
      agent_id: 'a',
      agent_version: '1',
      status: 'partial',
      started_at: 1_767_225_600,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      environment: 'production',
      started_at: '2026-01-01T00:00:00Z',
      ended_at: null,
      steps: [],
      failures: [],
      decisions: [],
      quality_signals: [],
    });
  });
});

describe('gzip', () => {
  it('is taken', async () => {
    const { post } = await openTestIngest();
    const body = gzipSync(JSON.stringify(runBody()));
    expect((await post('/v1/runs', body, { 'content-encoding': 'gzip' })).status).toBe(201);
  });

  it('that unpacks to too much answers 413', async () => {
    const { post } = await openTestIngest();
    const bomb = gzipSync(Buffer.alloc(64 * 1_048_576));
    const { status, body } = await post('/v1/runs', bomb, { 'content-encoding': 'gzip' });
    expect(status).toBe(413);
    expect(body).toMatchObject({ code: 'payload_too_large', status_code: 413, path: '/v1/runs' });
  });

  it.each([
    ['cut short', gzipSync(JSON.stringify(runBody())).subarray(0, -20)],
    ['garbage', Buffer.from('not gzip at all')],
    ['empty', Buffer.alloc(0)],
  ])('that is %s answers 400', async (_, body) => {
    const { post } = await openTestIngest();
    const answer = await post('/v1/runs', body, { 'content-encoding': 'gzip' });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toEqual(expect.any(String));
  });

  it('is the only encoding', async () => {
    const { post } = await openTestIngest();
    expect((await post('/v1/runs', runBody(), { 'content-encoding': 'br' })).status).toBe(415);
  });
});

describe('POST /v1/runs/batch', () => {
  it('answers for each run by itself', async () => {
    const { post, count } = await openTestIngest();
    const known = runBody();
    await post('/v1/runs', known);
    const fresh = runBody();
    const runs = [fresh, known, { ...known, agent_id: 'other' }, runBody({ status: 'done' }), 7];
    const { status, body } = await post('/v1/runs/batch', { runs });
    expect(status).toBe(200);
    expect(body.results.map((result: Json) => result.status)).toEqual([201, 200, 409, 422, 422]);
    expect(body.results[0]).toEqual({ run_id: fresh['run_id'], status: 201 });
    expect(Object.keys(body.results[3])).toEqual(['run_id', 'status', 'error', 'errors']);
    expect(body.results[4].run_id).toBeNull();
    expect(await count('runs')).toBe(2);
  });

  it('stores the same run twice in one batch once', async () => {
    const { post, count } = await openTestIngest();
    const run = runBody();
    const { body } = await post('/v1/runs/batch', { runs: [run, run, { ...run, steps: [] }] });
    expect(body.results.map((result: Json) => result.status)).toEqual([201, 200, 422]);
    expect(await count('runs')).toBe(1);
  });

  it('stores a thousand runs, and refuses more', async () => {
    const { post, count } = await openTestIngest();
    const small = () => runBody({ steps: [], decisions: [], quality_signals: [] });
    const runs = Array.from({ length: 1_000 }, small);
    expect((await post('/v1/runs/batch', { runs })).status).toBe(200);
    expect(await count('runs')).toBe(1_000);
    expect((await post('/v1/runs/batch', { runs: [...runs, small()] })).status).toBe(422);
    expect((await post('/v1/runs/batch', [])).status).toBe(422);
    expect((await post('/v1/runs/batch', { runs: null })).status).toBe(422);
  });
});
