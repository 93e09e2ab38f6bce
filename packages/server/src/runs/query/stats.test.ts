import { DECISION_REASONS, STEP_TYPES, type RunCreate } from '@cairn/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aDecision, aFailure, aRun, aSignal, aStep, openTestRuns } from './testing.ts';

const MINUTE_MS = 60_000;
const FIRST_MS = Date.parse('2026-03-01T00:00:00Z');

function at(ms: number): string {
  return new Date(ms).toISOString();
}

/** Many runs over two days: some on the stroke of an hour, some just before. */
function manyRuns(): RunCreate[] {
  return Array.from({ length: 240 }, (_, n) => {
    const started_ms = FIRST_MS + n * 12 * MINUTE_MS - (n % 7 === 0 && n > 0 ? 1 : 0);
    const status = (['success', 'partial', 'failure', 'success', 'running'] as const)[n % 5];
    return aRun({
      agent_id: `agent-${n % 3}`,
      agent_version: n % 2 === 0 ? '1' : '2',
      environment: n % 4 === 0 ? 'staging' : 'production',
      status: status ?? 'success',
      started_at: at(started_ms),
      ended_at: status === 'running' || n % 11 === 0 ? null : at(started_ms + n * 37),
      steps: Array.from({ length: n % 4 }, (__, seq) =>
        aStep(seq, {
          step_type: STEP_TYPES[(n + seq) % STEP_TYPES.length] ?? 'other',
          latency_ms: (n * 31 + seq * 7) % 900,
          ...(n % 6 === 0 ? { input_tokens: n, cost_usd: n / 1_000 } : {}),
        }),
      ),
      failures: status === 'failure' ? [aFailure({ failure_code: `code/${n % 3}` })] : [],
      decisions: [aDecision({ selected: `way/${n % 3}` })],
      quality_signals: [aSignal({ value: n % 3 === 0 })],
    });
  });
}

/** The contract's figures, the slow way. */
function bruteForce(runs: readonly RunCreate[]) {
  const ended = runs.filter(({ status }) => status !== 'running');
  const failed = ended.filter(({ status }) => status === 'failure').length;
  const steps = ended.flatMap((run) => run.steps);
  const count = (keys: string[]) =>
    Object.fromEntries(
      [...new Set(keys)].map((key) => [key, keys.filter((each) => each === key).length]),
    );
  const two = (value: number) => Math.round(value * 100) / 100;
  const latency = steps.reduce((sum, { latency_ms }) => sum + latency_ms, 0);
  return {
    total_runs: ended.length,
    total_failures: failed,
    success_rate: ended.length === 0 ? 0 : two(((ended.length - failed) / ended.length) * 100),
    avg_latency_ms: steps.length === 0 ? 0 : two(latency / steps.length),
    failure_breakdown: count(
      ended.flatMap((run) =>
        run.failures.map(({ failure_type, failure_code }) => `${failure_type}/${failure_code}`),
      ),
    ),
    step_type_breakdown: count(steps.map(({ step_type }) => step_type)),
  };
}

describe('GET /v1/stats', () => {
  it('answers zeros when there is nothing, with exactly its six keys', async () => {
    const { get } = await openTestRuns();
    const { status, body } = await get('/v1/stats?agent_id=nobody');
    expect(status).toBe(200);
    expect(body).toEqual({
      total_runs: 0,
      total_failures: 0,
      success_rate: 0,
      avg_latency_ms: 0,
      failure_breakdown: {},
      step_type_breakdown: {},
    });
  });

  it('counts partial runs as success, in percent with two decimals', async () => {
    const { write, owner, get } = await openTestRuns();
    const good = Array.from({ length: 19 }, () => aRun({ steps: [aStep(0, { latency_ms: 5 })] }));
    const bad = aRun({ status: 'failure', failures: [aFailure({ failure_code: 't' })] });
    await write(owner, [...good, aRun({ status: 'partial' }), bad, aRun({ status: 'running' })]);
    expect((await get('/v1/stats?limit=10&status=failure')).body).toEqual({
      total_runs: 21,
      total_failures: 1,
      success_rate: 95.24,
      avg_latency_ms: 5,
      failure_breakdown: { 'tool/t': 1 },
      step_type_breakdown: { tool: 19 },
    });
  });

  it('equals the count of all runs, for any range and filter', async () => {
    const { write, owner, get } = await openTestRuns();
    const runs = manyRuns();
    await write(owner, runs);
    expect((await get('/v1/stats')).body).toEqual(bruteForce(runs));
    const span_ms = 50 * 60 * MINUTE_MS;
    // Whole hours, the microseconds around them, starts of runs, and anything else.
    const moment = fc.oneof(
      fc.integer({ min: -2, max: 51 }).map((hours) => FIRST_MS + hours * 60 * MINUTE_MS),
      fc.integer({ min: -2, max: 51 }).map((hours) => FIRST_MS + hours * 60 * MINUTE_MS - 1),
      fc.integer({ min: 0, max: 239 }).map((n) => FIRST_MS + n * 12 * MINUTE_MS),
      fc.integer({ min: 0, max: span_ms }).map((ms) => FIRST_MS + ms),
    );
    const query = fc.record({
      from: fc.option(moment),
      to: fc.option(moment),
      agent_id: fc.option(fc.constantFrom('agent-0', 'agent-2')),
      agent_version: fc.option(fc.constantFrom('1', '2')),
      environment: fc.option(fc.constantFrom('staging', 'production')),
    });
    await fc.assert(
      fc.asyncProperty(query, async ({ from, to, ...names }) => {
        const wanted = runs.filter((run) => {
          const ms = Date.parse(run.started_at);
          const is_in = (from === null || ms >= from) && (to === null || ms <= to);
          const keys = ['agent_id', 'agent_version', 'environment'] as const;
          return is_in && keys.every((key) => names[key] === null || run[key] === names[key]);
        });
        const asked = new URLSearchParams();
        if (from !== null) asked.set('start_time', at(from));
        if (to !== null) asked.set('end_time', at(to));
        for (const [name, value] of Object.entries(names)) if (value) asked.set(name, value);
        expect((await get(`/v1/stats?${asked}`)).body).toEqual(bruteForce(wanted));
      }),
      {
        numRuns: 60,
        examples: [
          [
            {
              from: FIRST_MS + 1,
              to: FIRST_MS + 2,
              agent_id: null,
              agent_version: null,
              environment: null,
            },
          ],
          [
            {
              from: FIRST_MS,
              to: FIRST_MS,
              agent_id: null,
              agent_version: null,
              environment: null,
            },
          ],
          [
            {
              from: FIRST_MS + 9,
              to: FIRST_MS,
              agent_id: null,
              agent_version: null,
              environment: null,
            },
          ],
        ],
      },
    );
  });
});

describe('statistics of latency', () => {
  it('are within their stated error of the exact percentiles', async () => {
    const { write, owner, get } = await openTestRuns();
    const runs = manyRuns();
    await write(owner, runs);
    for (const query of ['', '?start_time=2026-03-01T05:17:00Z&end_time=2026-03-02T20:41:00Z']) {
      const { body } = await get(`/v1/stats/latency${query}`);
      const [from, to] = query ? ['2026-03-01T05:17:00Z', '2026-03-02T20:41:00Z'] : ['0', '9'];
      const wanted = runs.filter(
        ({ started_at, status }) =>
          started_at >= (from ?? '') && started_at <= (to ?? '') && status !== 'running',
      );
      const exact = wanted
        .filter(({ ended_at }) => ended_at !== null)
        .map((run) => Date.parse(run.ended_at ?? '') - Date.parse(run.started_at))
        .toSorted((a, b) => a - b);
      expect(body.runs.count).toBe(exact.length);
      const error: number = body.relative_error;
      expect(error).toBeLessThan(0.05);
      for (const p of [50, 90, 95, 99]) {
        const true_ms = exact[Math.ceil((p / 100) * exact.length) - 1] ?? 0;
        expect(Math.abs(body.runs[`p${p}_ms`] - true_ms)).toBeLessThanOrEqual(
          true_ms * error + 0.01,
        );
      }
      const steps = wanted.flatMap((run) => run.steps);
      expect(body.steps.count).toBe(steps.length);
      const tools = steps.filter(({ step_type }) => step_type === 'tool');
      expect(body.by_step_type.tool.count).toBe(tools.length);
      const mean = tools.reduce((sum, each) => sum + each.latency_ms, 0) / tools.length;
      expect(body.by_step_type.tool.mean_ms).toBeCloseTo(mean, 1);
    }
  });

  it('are null when nothing was measured', async () => {
    const { get } = await openTestRuns();
    const nothing = {
      count: 0,
      mean_ms: null,
      p50_ms: null,
      p90_ms: null,
      p95_ms: null,
      p99_ms: null,
    };
    const { body } = await get('/v1/stats/latency');
    expect(body).toEqual({
      runs: nothing,
      steps: nothing,
      by_step_type: {},
      relative_error: expect.any(Number) as number,
    });
  });
});

describe('time series', () => {
  it('have a point for each bucket, whose counts add up', async () => {
    const { write, owner, get } = await openTestRuns();
    const runs = manyRuns();
    await write(owner, runs);
    const range = 'start_time=2026-03-01T05:17:00Z&end_time=2026-03-02T20:41:00Z';
    const wanted = runs.filter(
      ({ started_at, status }) =>
        started_at >= '2026-03-01T05:17:00Z' &&
        started_at <= '2026-03-02T20:41:00Z' &&
        status !== 'running',
    );
    const { body } = await get(`/v1/stats/timeseries?${range}&metric=steps`);
    expect(Object.keys(body)).toEqual(['bucket', 'metric', 'points']);
    expect(body.points).toHaveLength(40);
    expect(body.points[0]).toEqual({
      start: '2026-03-01T05:00:00Z',
      value: expect.any(Number) as number,
      runs: expect.any(Number) as number,
    });
    const sum = (key: 'value' | 'runs') =>
      body.points.reduce(
        (all: number, point: Record<string, number>) => all + (point[key] ?? 0),
        0,
      ) as number;
    expect(sum('runs')).toBe(wanted.length);
    expect(sum('value')).toBe(wanted.reduce((all, run) => all + run.steps.length, 0));
    const days = await get(`/v1/stats/timeseries?${range}&bucket=day`);
    expect(days.body.points.map(({ start }: { start: string }) => start)).toEqual([
      '2026-03-01T00:00:00Z',
      '2026-03-02T00:00:00Z',
    ]);
  });

  it('are of the last two days, with null where nothing can be said', async () => {
    const { write, owner, get } = await openTestRuns();
    await write(owner, [aRun({ started_at: '2026-03-10T10:05:00Z' })]);
    for (const metric of ['success_rate', 'avg_latency_ms', 'cost_usd', 'input_tokens']) {
      const { body } = await get(`/v1/stats/timeseries?metric=${metric}`);
      expect(body.points).toHaveLength(48);
      expect(body.points[0]).toEqual({ start: '2026-03-08T13:00:00Z', value: null, runs: 0 });
      const value = metric === 'success_rate' ? 100 : null;
      expect(body.points[45]).toEqual({ start: '2026-03-10T10:00:00Z', value, runs: 1 });
    }
  });

  it('refuse a range with too many points', async () => {
    const { get } = await openTestRuns();
    expect((await get('/v1/stats/timeseries?start_time=2000-01-01')).status).toBe(400);
    expect((await get('/v1/stats/timeseries?bucket=minute')).status).toBe(400);
    const { body } = await get('/v1/stats/timeseries?start_time=2026-03-12');
    expect(body.points).toEqual([]);
  });
});

describe('groups, usage and comparison', () => {
  it('divide the same figures by agent, version and environment', async () => {
    const { write, owner, get } = await openTestRuns();
    const runs = manyRuns();
    await write(owner, runs);
    const query = 'start_time=2026-03-01T05:17:00Z';
    const wanted = runs.filter(({ started_at }) => started_at >= '2026-03-01T05:17:00Z');
    for (const [by, keys] of [
      ['agent_id', ['agent_id']],
      ['agent_version', ['agent_id', 'agent_version']],
      ['environment', ['environment']],
    ] as const) {
      const { body } = await get(`/v1/stats/groups?by=${by}&${query}`);
      expect(body).toHaveLength({ agent_id: 3, agent_version: 6, environment: 2 }[by]);
      for (const group of body) {
        const own = wanted.filter((run) => keys.every((key) => run[key] === group[key]));
        const { total_runs, total_failures, success_rate, avg_latency_ms } = bruteForce(own);
        expect(group).toEqual({
          ...Object.fromEntries(keys.map((key) => [key, group[key] as string])),
          total_runs,
          total_failures,
          success_rate,
          avg_latency_ms,
          total_steps: own
            .filter(({ status }) => status !== 'running')
            .reduce((all, run) => all + run.steps.length, 0),
        });
      }
    }
    expect((await get('/v1/stats/groups?by=model')).status).toBe(400);
    expect((await get('/v1/stats/groups')).status).toBe(400);
  });

  it('tell what was used, and null for what nobody reported', async () => {
    const { write, owner, get } = await openTestRuns();
    const steps = [
      aStep(0, { input_tokens: 0, cost_usd: 0.25 }),
      aStep(1, { input_tokens: 7, cached_input_tokens: 3 }),
    ];
    await write(owner, [aRun({ steps }), aRun()]);
    const usage = {
      total_runs: 2,
      input_tokens: 7,
      output_tokens: null,
      cached_input_tokens: 3,
      reasoning_tokens: null,
      cost_usd: 0.25,
    };
    for (const query of ['', '?start_time=2026-03-10T09:30:00Z', '?end_time=2026-03-10T10:30:00Z'])
      expect((await get(`/v1/stats/usage${query}`)).body).toEqual(usage);
    expect((await get('/v1/stats/usage?agent_id=nobody')).body).toMatchObject({
      total_runs: 0,
      input_tokens: null,
      cost_usd: null,
    });
  });

  it('put two versions side by side', async () => {
    const { write, owner, get } = await openTestRuns();
    const of = (agent_version: string, latency_ms: number, status: 'success' | 'failure') =>
      aRun({ agent_version, status, steps: [aStep(0, { latency_ms })] });
    await write(owner, [of('1', 100, 'success'), of('1', 100, 'failure'), of('2', 150, 'success')]);
    const { status, body } = await get('/v1/stats/compare?agent_id=planner&a=1&b=2');
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['agent_id', 'a', 'b', 'differences']);
    expect(body.a).toMatchObject({ agent_version: '1', total_runs: 2, success_rate: 50 });
    expect(Object.keys(body.b)).toEqual([
      'agent_version',
      'total_runs',
      'total_failures',
      'success_rate',
      'total_steps',
      'avg_latency_ms',
      'failure_breakdown',
      'step_type_breakdown',
      'run_latency',
      'step_latency',
      'usage',
    ]);
    const by_metric = new Map<string, unknown>(
      body.differences.map((each: { metric: string }) => [each.metric, each]),
    );
    expect(by_metric.get('success_rate')).toEqual({
      metric: 'success_rate',
      a: 50,
      b: 100,
      absolute: 50,
      relative: 1,
    });
    expect(by_metric.get('avg_latency_ms')).toMatchObject({ absolute: 50, relative: 0.5 });
    expect(by_metric.get('cost_usd_per_step')).toMatchObject({ a: null, b: null, absolute: null });
    expect(JSON.stringify(body)).not.toMatch(/better|worse|improve|regress|recommend/i);
    const none = await get('/v1/stats/compare?agent_id=planner&a=1&b=3');
    expect(none.body.b).toMatchObject({ total_runs: 0 });
    expect(none.body.differences[1]).toMatchObject({ metric: 'success_rate', b: null });
    expect((await get('/v1/stats/compare?a=1&b=3')).status).toBe(400);
  });
});

describe('summaries of decisions and signals', () => {
  it('count by type, choice, reason and value, also at the ends of a range', async () => {
    const { write, owner, get } = await openTestRuns();
    const [reason] = DECISION_REASONS.retry_strategy;
    await write(owner, [
      aRun({
        decisions: [aDecision({ selected: 'a/b' }), aDecision({ selected: 'a/b' }), aDecision()],
        quality_signals: [aSignal(), aSignal({ value: false })],
      }),
      aRun({
        decisions: [aDecision({ decision_type: 'retry_strategy', reason_code: reason })],
        quality_signals: [aSignal({ signal_type: 'tool_success', signal_code: 'after_retry' })],
      }),
    ]);
    for (const query of ['', '?start_time=2026-03-10T10:00:00Z&end_time=2026-03-10T10:00:01Z']) {
      expect((await get(`/v1/decisions/summary${query}`)).body).toEqual({
        total: 4,
        by_type: [
          {
            decision_type: 'tool_selection',
            count: 3,
            selected: [
              { selected: 'a/b', count: 2 },
              { selected: 'search', count: 1 },
            ],
            reasons: [{ reason_code: 'fresh_data_required', count: 3 }],
          },
          {
            decision_type: 'retry_strategy',
            count: 1,
            selected: [{ selected: 'search', count: 1 }],
            reasons: [{ reason_code: 'transient_error_detected', count: 1 }],
          },
        ],
      });
      expect((await get(`/v1/signals/summary${query}`)).body).toEqual({
        total: 3,
        true: 2,
        false: 1,
        by_type: [
          {
            signal_type: 'schema_valid',
            true: 1,
            false: 1,
            codes: [
              {
                signal_code: 'full_match',
                true: 1,
                false: 1,
              },
            ],
          },
          {
            signal_type: 'tool_success',
            true: 1,
            false: 0,
            codes: [
              {
                signal_code: 'after_retry',
                true: 1,
                false: 0,
              },
            ],
          },
        ],
      });
    }
  });
});
