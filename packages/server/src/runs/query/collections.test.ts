import { describe, expect, it } from 'vitest';
import {
  aDecision,
  aFailure,
  aRun,
  aSignal,
  aStep,
  openTestRuns,
  type Answer,
  type Json,
} from './testing.ts';

const selected = ({ body }: Answer): string[] =>
  body.map((each: { selected: string }) => each.selected) as string[];

describe('decisions of all runs', () => {
  it('have the keys of a decision and say whose they are', async () => {
    const { write, owner, get } = await openTestRuns();
    const decision = aDecision({ metadata: { candidates: ['a', 'b'] } });
    const run = aRun({ decisions: [decision] });
    await write(owner, [run]);
    const { body } = await get('/v1/decisions');
    expect(body).toEqual([
      {
        decision_id: decision.decision_id,
        run_id: run.run_id,
        step_id: null,
        decision_type: 'tool_selection',
        selected: 'search',
        reason_code: 'fresh_data_required',
        confidence: 0.5,
        metadata: { candidates: ['a', 'b'] },
        recorded_at: '2026-03-10T10:00:00Z',
        created_at: '2026-03-10T12:30:00Z',
        agent_id: 'planner',
        agent_version: '1.0.0',
        environment: 'production',
      },
    ]);
  });

  it('are newest first, narrowed by each filter, in pages', async () => {
    const { write, owner, get } = await openTestRuns();
    await write(owner, [
      aRun({ decisions: [aDecision({ selected: 'old', confidence: null })] }),
      aRun({
        agent_id: 'writer',
        environment: 'staging',
        decisions: [
          aDecision({
            selected: 'kind',
            decision_type: 'response_mode',
            reason_code: 'batch_preferred',
          }),
        ],
      }),
    ]);
    const sure = aDecision({ selected: 'sure', confidence: 0.9 });
    await write(owner, [aRun({ started_at: '2026-03-10T10:01:00Z', decisions: [sure] })]);
    const all = await get('/v1/decisions');
    expect(selected(all)[0]).toBe('sure');
    expect(selected(all)).toHaveLength(3);
    for (const [query, expected] of [
      ['type=response_mode', ['kind']],
      ['code=PREFERRED', ['kind']],
      ['code=%25', []],
      ['selected=old', ['old']],
      ['min_confidence=0.5&agent_id=planner', ['sure']],
      ['agent=WRI', ['kind']],
      ['environment=staging', ['kind']],
      ['agent_version=2', []],
      ['start_time=2026-03-10T10:01:00Z', ['sure']],
      ['end_time=2026-03-10T10:00:30Z&agent_id=planner', ['old']],
    ] as const)
      expect([query, selected(await get(`/v1/decisions?${query}`))]).toEqual([query, expected]);
    const seen: string[] = [];
    for (let path: string | null = '/v1/decisions?page_size=1'; path !== null;) {
      const page: Answer = await get(path);
      seen.push(...selected(page));
      path = page.next;
    }
    expect(seen).toEqual(selected(all));
    expect((await get('/v1/decisions?min_confidence=2')).status).toBe(400);
    expect((await get('/v1/decisions?cursor=x')).body).toMatchObject({
      code: 'invalid_cursor',
      status_code: 400,
      path: '/v1/decisions',
    });
  });
});

describe('quality signals of all runs', () => {
  it('have the keys of a signal and say whose they are', async () => {
    const { write, owner, get } = await openTestRuns();
    const signal = aSignal({ weight: 0.25 });
    const run = aRun({ quality_signals: [signal] });
    await write(owner, [run]);
    expect((await get('/v1/signals')).body).toEqual([
      {
        signal_id: signal.signal_id,
        run_id: run.run_id,
        step_id: null,
        signal_type: 'schema_valid',
        signal_code: 'full_match',
        value: true,
        weight: 0.25,
        metadata: {},
        recorded_at: '2026-03-10T10:00:01Z',
        created_at: '2026-03-10T12:30:00Z',
        agent_id: 'planner',
        agent_version: '1.0.0',
        environment: 'production',
      },
    ]);
  });

  it('are narrowed by type, part of the code, and value', async () => {
    const { write, owner, get } = await openTestRuns();
    const retried = aSignal({ signal_type: 'tool_success', signal_code: 'after_retry' });
    const failed = aSignal({ value: false });
    await write(owner, [aRun({ quality_signals: [retried, failed] })]);
    for (const [query, expected] of [
      ['type=tool_success', retried],
      ['code=retry', retried],
      ['value=true', retried],
      ['value=false', failed],
      ['type=schema_valid&agent=plan', failed],
    ] as const) {
      const { body } = await get(`/v1/signals?${query}`);
      expect([query, body.length, body[0].signal_id]).toEqual([query, 1, expected.signal_id]);
    }
    expect((await get('/v1/signals?value=maybe')).status).toBe(400);
    expect((await get('/v1/signals?page_size=1')).next).toContain('/v1/signals?');
  });
});

describe('lists and summaries of one range', () => {
  // Steps that lie in another hour and another day than the beginning of their run, and ends within hours.
  const run = () => {
    const steps = [
      aStep(0, { started_at: '2026-03-09T23:40:00Z', ended_at: '2026-03-09T23:59:00Z' }),
      aStep(1, { started_at: '2026-03-09T23:59:30Z', ended_at: '2026-03-10T01:20:00Z' }),
    ];
    const [first = null, second = null] = steps.map(({ step_id }) => step_id);
    return aRun({
      started_at: '2026-03-09T23:40:00Z',
      ended_at: '2026-03-10T01:30:00Z',
      steps,
      decisions: [first, second, null].map((step_id) => aDecision({ step_id })),
      quality_signals: [first, second, null].map((step_id) => aSignal({ step_id })),
    });
  };

  it('agree, since decisions and signals have the times of their steps', async () => {
    const { write, owner, get } = await openTestRuns();
    await write(owner, [run(), run()]);
    const ranges = [
      '',
      'end_time=2026-03-09T23:59:59.999999Z',
      'start_time=2026-03-10',
      'start_time=2026-03-09T23:50:00Z&end_time=2026-03-10T01:25:00Z',
      'start_time=2026-03-10T01:20:00Z&end_time=2026-03-10T01:20:00Z',
      'start_time=2026-03-10T01:20:00.000001Z',
      'start_time=2026-03-09&end_time=2026-03-11',
    ];
    const counts = [];
    for (const range of ranges) {
      const [decisions, signals] = [
        await get(`/v1/decisions?page_size=100&${range}`),
        await get(`/v1/signals?page_size=100&${range}`),
      ].map(({ body }) => body.length as number);
      expect([range, (await get(`/v1/decisions/summary?${range}`)).body.total]).toEqual([
        range,
        decisions,
      ]);
      expect([range, (await get(`/v1/signals/summary?${range}`)).body.total]).toEqual([
        range,
        signals,
      ]);
      counts.push([decisions, signals]);
    }
    expect(counts).toEqual([
      [6, 6],
      [6, 2],
      [0, 4],
      [2, 4],
      [0, 2],
      [0, 2],
      [6, 6],
    ]);
  });
});

describe('kinds of failures', () => {
  it('count what the filter means: versions, whole days, hours and parts of them', async () => {
    const { write, owner, get } = await openTestRuns();
    const failing = (started_at: string, agent_version: string, code = 'timeout') =>
      aRun({
        agent_version,
        started_at,
        status: 'failure',
        failures: [aFailure({ failure_code: code })],
      });
    await write(owner, [
      failing('2026-03-07T09:10:00Z', '1'),
      failing('2026-03-08T09:10:00Z', '1'),
      failing('2026-03-09T23:50:00Z', '2'),
      failing('2026-03-10T09:10:00Z', '2'),
      failing('2026-03-10T09:40:00Z', '2'),
      failing('2026-03-10T09:20:00Z', '1', 'refused'),
    ]);
    for (const [query, expected] of [
      ['', ['timeout 5', 'refused 1']],
      ['agent_version=2', ['timeout 3']],
      ['agent_version=1', ['timeout 2', 'refused 1']],
      ['agent_version=nope', []],
      ['start_time=2026-03-08', ['timeout 4', 'refused 1']],
      [
        'start_time=2026-03-08T09:10:00.000001Z&end_time=2026-03-10T09:39:00Z',
        ['timeout 2', 'refused 1'],
      ],
      ['start_time=2026-03-10T09:15:00Z&end_time=2026-03-10T09:30:00Z', ['refused 1']],
    ] as const) {
      const { body } = await get(`/v1/stats/failures?${query}`);
      const kinds = body.map((each: Json) => `${each.failure_code} ${each.count}`);
      expect([query, kinds]).toEqual([query, expected]);
      const stats = (await get(`/v1/stats?${query}`)).body;
      const total = body.reduce((sum: number, each: Json) => sum + each.count, 0);
      expect([query, total]).toEqual([query, stats.total_failures]);
    }
    const [kind] = (await get('/v1/stats/failures?agent_version=2&end_time=2026-03-10T09:30:00Z'))
      .body;
    expect(kind).toMatchObject({
      message: 'no answer',
      first_seen: '2026-03-09T23:50:01Z',
      last_seen: '2026-03-10T09:10:01Z',
    });
    const unknown = await get('/v1/stats/failures?version=2');
    expect([unknown.status, unknown.body.code]).toEqual([400, 'validation_failed']);
  });

  it('come with their counts, first and last time, agents and last run', async () => {
    const { write, owner, get } = await openTestRuns();
    const failing = (agent_id: string, hour: string, message: string) =>
      aRun({
        agent_id,
        status: 'failure',
        started_at: `2026-03-10T${hour}:00:00Z`,
        failures: [aFailure({ message })],
      });
    const runs = [
      failing('planner', '08', 'no answer after 31 s'),
      failing('writer', '10', 'no answer after 62 s'),
      failing('planner', '09', 'the disk is full'),
    ];
    await write(owner, runs);
    const { body } = await get('/v1/stats/failures');
    expect(body).toHaveLength(2);
    expect(body[0]).toEqual({
      fingerprint: expect.stringMatching(/^[0-9a-f]+$/) as string,
      failure_type: 'tool',
      failure_code: 'timeout',
      message: 'no answer after 62 s',
      count: 2,
      first_seen: '2026-03-10T08:00:01Z',
      last_seen: '2026-03-10T10:00:01Z',
      last_run_id: runs[1]?.run_id,
      agents: ['planner', 'writer'],
      environments: ['production'],
    });
    expect((await get('/v1/stats/failures?limit=1')).body).toEqual([body[0]]);
    expect((await get('/v1/stats/failures?start_time=2026-03-10T09:30:00Z')).body).toHaveLength(1);
    expect((await get('/v1/stats/failures?end_time=2026-03-10T07:00:00Z')).body).toEqual([]);
    expect((await get('/v1/stats/failures?agent_id=writer')).body).toMatchObject([{ count: 1 }]);
    expect((await get('/v1/stats/failures?limit=0')).status).toBe(400);
  });
});

describe('agents', () => {
  it('come by name with their versions, environments, counts and times', async () => {
    const { write, owner, get } = await openTestRuns();
    await write(owner, [
      aRun({ started_at: '2026-03-01T10:05:00Z' }),
      aRun({ agent_version: '2', environment: 'dev', status: 'failure' }),
      aRun({ agent_version: '2', environment: 'dev', started_at: '2026-03-10T11:07:00.000005Z' }),
      aRun({ agent_id: 'analyst', status: 'running', ended_at: null }),
    ]);
    const { body } = await get('/v1/runs/agents');
    expect(body).toEqual([
      {
        agent_id: 'analyst',
        runs: 0,
        failures: 0,
        running: 1,
        first_seen: '2026-03-10T10:00:00Z',
        last_seen: '2026-03-10T10:00:00Z',
        environments: ['production'],
        versions: [
          {
            agent_version: '1.0.0',
            environment: 'production',
            runs: 0,
            failures: 0,
            running: 1,
            first_seen: '2026-03-10T10:00:00Z',
            last_seen: '2026-03-10T10:00:00Z',
          },
        ],
      },
      {
        agent_id: 'planner',
        runs: 3,
        failures: 1,
        running: 0,
        first_seen: '2026-03-01T10:00:00Z',
        last_seen: '2026-03-10T11:07:00.000005Z',
        environments: ['dev', 'production'],
        versions: [
          {
            agent_version: '1.0.0',
            environment: 'production',
            runs: 1,
            failures: 0,
            running: 0,
            first_seen: '2026-03-01T10:00:00Z',
            last_seen: '2026-03-01T10:00:00Z',
          },
          {
            agent_version: '2',
            environment: 'dev',
            runs: 2,
            failures: 1,
            running: 0,
            first_seen: '2026-03-10T10:00:00Z',
            last_seen: '2026-03-10T11:00:00Z',
          },
        ],
      },
    ]);
    expect((await get('/v1/runs/agents?environment=dev')).body).toMatchObject([
      { agent_id: 'planner', runs: 2 },
    ]);
  });
});
