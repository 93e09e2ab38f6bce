import { describe, expect, it } from 'vitest';
import { newId } from '../../base/index.ts';
import { aDecision, aFailure, aRun, aSignal, aStep, openTestRuns } from './testing.ts';

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

/** One run with something in every list. */
function whole() {
  const step_id = newId();
  return aRun({
    status: 'failure',
    started_at: '2026-01-01T00:00:00Z',
    ended_at: '2026-01-01T00:00:00.005000Z',
    steps: [
      aStep(0, { step_id, metadata: { tool: 'search', deep: { a: [1, 'é', null] } } }),
      aStep(1, { step_type: 'respond', model: 'model-1', input_tokens: 12, cost_usd: 0.001 }),
    ],
    failures: [aFailure({ step_id })],
    decisions: [aDecision({ selected: 'first' }), aDecision({ selected: 'second', step_id })],
    quality_signals: [aSignal({ weight: 0.25 })],
    metadata: { region: 'eu' },
    conversation_id: 'talk-1',
  });
}

describe('a run', () => {
  it('has the keys of the contract, each with its form, and no others', async () => {
    const { write, owner, get } = await openTestRuns();
    const run = whole();
    const [step] = run.steps;
    await write(owner, [run]);
    const { status, body } = await get(`/v1/runs/${run.run_id}`);
    expect(status).toBe(200);
    const created_at = '2026-03-10T12:30:00Z';
    expect(body).toEqual({
      run_id: run.run_id,
      agent_id: 'planner',
      agent_version: '1.0.0',
      environment: 'production',
      status: 'failure',
      started_at: '2026-01-01T00:00:00Z',
      ended_at: '2026-01-01T00:00:00.005000Z',
      created_at,
      steps: run.steps.map((each) => ({
        step_id: each.step_id,
        run_id: run.run_id,
        seq: each.seq,
        step_type: each.step_type,
        name: each.name,
        latency_ms: 10,
        started_at: '2026-03-10T10:00:00Z',
        ended_at: '2026-03-10T10:00:00.010000Z',
        metadata: each.metadata,
        created_at,
      })),
      failures: [
        {
          failure_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
          run_id: run.run_id,
          step_id: step?.step_id,
          failure_type: 'tool',
          failure_code: 'timeout',
          message: 'no answer',
          created_at,
        },
      ],
      decisions: run.decisions.map((each) => ({
        decision_id: each.decision_id,
        run_id: run.run_id,
        step_id: each.step_id,
        decision_type: 'tool_selection',
        selected: each.selected,
        reason_code: 'fresh_data_required',
        confidence: 0.5,
        metadata: {},
        recorded_at: each.step_id === null ? run.started_at : step?.started_at,
        created_at,
      })),
      quality_signals: [
        {
          signal_id: run.quality_signals[0]?.signal_id,
          run_id: run.run_id,
          step_id: null,
          signal_type: 'schema_valid',
          signal_code: 'full_match',
          value: true,
          weight: 0.25,
          metadata: {},
          recorded_at: '2026-01-01T00:00:00.005000Z',
          created_at,
        },
      ],
    });
    expect(Object.keys(body)).toEqual(RUN_KEYS);
    expect((await get('/v1/runs')).body).toEqual([body]);
    for (const list of ['steps', 'failures', 'decisions'] as const)
      expect((await get(`/v1/runs/${run.run_id}/${list}`)).body).toEqual(body[list]);
    expect((await get(`/v1/runs/${run.run_id}/signals`)).body).toEqual(body.quality_signals);
  });

  it('has with view=full all that is known, and null for what nobody said', async () => {
    const { write, owner, get } = await openTestRuns();
    const run = whole();
    await write(owner, [run], 'otlp');
    const { body } = await get(`/v1/runs/${run.run_id}?view=full`);
    expect(Object.keys(body)).toEqual([
      ...RUN_KEYS,
      'source',
      'duration_ms',
      'usage',
      'metadata',
      'parent_run_id',
      'breadcrumb_id',
      'conversation_id',
      'end_reason',
      'expires_on',
    ]);
    expect(body).toMatchObject({
      source: 'otlp',
      duration_ms: 5,
      usage: {
        model: 'model-1',
        provider: null,
        input_tokens: 12,
        output_tokens: null,
        cached_input_tokens: null,
        reasoning_tokens: null,
        cost_usd: 0.001,
      },
      metadata: { region: 'eu' },
      conversation_id: 'talk-1',
      expires_on: '2026-06-30',
    });
    expect(body.steps[0]).toMatchObject({ model: null, input_tokens: null, cost_usd: null });
    expect(body.steps[1]).toMatchObject({ model: 'model-1', input_tokens: 12, cost_usd: 0.001 });
    expect((await get('/v1/runs?view=full')).body).toEqual([body]);
    const steps = await get(`/v1/runs/${run.run_id}/steps?view=full`);
    expect(steps.body).toEqual(body.steps);
  });

  it('has counts in place of lists with fields=summary', async () => {
    const { write, owner, get } = await openTestRuns();
    const run = whole();
    await write(owner, [run, aRun({ started_at: '2025-01-01T00:00:00Z', ended_at: null })]);
    const { body } = await get('/v1/runs?fields=summary');
    expect(body).toHaveLength(2);
    expect(body[0]).toEqual({
      run_id: run.run_id,
      agent_id: 'planner',
      agent_version: '1.0.0',
      environment: 'production',
      status: 'failure',
      started_at: '2026-01-01T00:00:00Z',
      ended_at: '2026-01-01T00:00:00.005000Z',
      created_at: '2026-03-10T12:30:00Z',
      source: 'api',
      duration_ms: 5,
      input_tokens: 12,
      output_tokens: null,
      cost_usd: 0.001,
      parent_run_id: null,
      breadcrumb_id: null,
      conversation_id: 'talk-1',
      end_reason: null,
      steps_count: 2,
      failures_count: 1,
      decisions_count: 2,
      signals_count: 1,
      failure: 'tool/timeout',
    });
    expect(body[1]).toMatchObject({ steps_count: 0, failures_count: 0, duration_ms: null });
    expect(body[1].failure).toBeNull();
  });

  it('that is not there answers in the words of the contract', async () => {
    const { write, owner, get } = await openTestRuns();
    const bare = aRun();
    await write(owner, [bare]);
    const id = newId();
    const missing = await get(`/v1/runs/${id}?a=1`);
    expect(missing.status).toBe(404);
    expect(missing.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(missing.body).toMatchObject({
      error: `Run ${id} not found`,
      status_code: 404,
      path: `/v1/runs/${id}`,
      code: 'not_found',
    });
    for (const each of [id, bare.run_id])
      expect(await get(`/v1/runs/${each}/steps`)).toMatchObject({
        status: 404,
        body: { error: `No steps found for run ${each}` },
      });
    for (const list of ['failures', 'decisions', 'signals', 'children'])
      expect(await get(`/v1/runs/${id}/${list}`)).toMatchObject({ status: 200, body: [] });
    for (const list of ['', '/steps', '/failures', '/decisions', '/signals', '/children'])
      expect(await get(`/v1/runs/not-an-id${list}`)).toMatchObject({
        status: 422,
        body: { code: 'invalid_run', status_code: 422, path: `/v1/runs/not-an-id${list}` },
      });
  });

  it('is found by its id without hyphens and in capitals', async () => {
    const { write, owner, get } = await openTestRuns();
    const run = aRun();
    await write(owner, [run]);
    for (const id of [run.run_id.replaceAll('-', ''), run.run_id.toUpperCase()])
      expect((await get(`/v1/runs/${id}`)).body.run_id).toBe(run.run_id);
  });

  it('gives its steps in order however they were stored', async () => {
    const { write, owner, get } = await openTestRuns();
    const steps = [aStep(2), aStep(0), aStep(1)];
    const run = aRun({ steps });
    await write(owner, [run]);
    const { body } = await get(`/v1/runs/${run.run_id}/steps`);
    expect(body.map(({ seq }: { seq: number }) => seq)).toEqual([0, 1, 2]);
  });
});

describe('runs of another tenant', () => {
  it('are never answered, whatever is asked', async () => {
    const { write, owner, stranger, get } = await openTestRuns();
    const run = whole();
    await write(owner, [run]);
    const { run_id } = run;
    const empty = [
      'runs',
      'runs?count=true',
      `runs?q=${run_id}`,
      'runs?q=planner',
      'runs?q=timeout',
      `runs/${run_id}/failures`,
      `runs/${run_id}/decisions`,
      `runs/${run_id}/signals`,
      'runs/agents',
      'decisions',
      'signals',
      'stats/failures',
      'stats/groups?by=agent_id',
      'runs?fields=summary',
    ];
    for (const path of empty)
      expect([path, (await get(`/v1/${path}`, stranger)).body]).toEqual([path, []]);
    for (const path of [`runs/${run_id}`, `runs/${run_id}/steps`])
      expect((await get(`/v1/${path}`, stranger)).status).toBe(404);
    for (const path of ['stats', 'stats?start_time=2025-12-31T23:30:00Z'])
      expect((await get(`/v1/${path}`, stranger)).body).toEqual({
        total_runs: 0,
        total_failures: 0,
        success_rate: 0,
        avg_latency_ms: 0,
        failure_breakdown: {},
        step_type_breakdown: {},
      });
    for (const path of ['decisions/summary', 'signals/summary'])
      expect((await get(`/v1/${path}`, stranger)).body).toMatchObject({ total: 0, by_type: [] });
    expect((await get('/v1/runs')).body).toHaveLength(1);
    expect((await get('/v1/stats')).body.total_runs).toBe(1);
  });
});
