import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId, silentLog } from '../../base/index.ts';
import { RunMaintenance } from '../maintenance/maintenance.ts';
import { RetentionStore } from '../retention-store.ts';
import { openTestIngest, runBody, type Json, type TestIngest } from './testing.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const RUN_ID = '4bf92f35-77b3-4da6-a3ce-929d0e0e4736';
const START_S = Date.parse('2026-03-10T12:00:00Z') / 1_000;

interface SpanOf {
  readonly id: number;
  readonly parent?: number;
  readonly at?: number;
  readonly is_error?: boolean;
  readonly attributes?: Record<string, string | number>;
  readonly trace?: string;
}

function spanId(id: number): string {
  return id.toString(16).padStart(16, '0');
}

/** A span as the JSON of OTLP: it starts `at` seconds after the trace and takes two. */
function span({ id, parent, at = 0, is_error, attributes = {}, trace = TRACE }: SpanOf) {
  const nanos = (seconds: number) => `${START_S + seconds}000000000`;
  return {
    traceId: trace,
    spanId: spanId(id),
    name: `span ${id}`,
    ...(parent === undefined ? {} : { parentSpanId: spanId(parent) }),
    startTimeUnixNano: nanos(at),
    endTimeUnixNano: nanos(at + 2),
    attributes: Object.entries(attributes).map(([key, value]) => ({
      key,
      value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
    })),
    status: is_error
      ? {
          code: 2,
          message: 'it broke',
        }
      : {},
  };
}

function requestOf(spans: readonly object[]) {
  const attributes = [{ key: 'service.name', value: { stringValue: 'shop' } }];
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] };
}

const SPANS: readonly SpanOf[] = [
  { id: 1, attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'buyer' } },
  {
    id: 2,
    parent: 1,
    at: 1,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'm-1',
      'gen_ai.usage.input_tokens': 11,
      'gen_ai.usage.output_tokens': 7,
    },
  },
  {
    id: 3,
    parent: 1,
    at: 3,
    attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' },
  },
  { id: 4, parent: 3, at: 3, is_error: true },
];

async function stored({ db }: TestIngest, owner_id: string) {
  const all = async (text: string) => (await db.query<Json>({ text, values: [owner_id] })).rows;
  return {
    runs: await all(
      `select agent_id, environment, status, source, started_at, ended_at, steps_count, input_tokens, output_tokens,
        cost_usd, end_reason from runs where owner_id = $1`,
    ),
    steps: await all(
      'select step_id, seq, step_type, name, model, input_tokens from run_steps where owner_id = $1 order by seq',
    ),
    failures: await all('select failure_type, failure_code from run_failures where owner_id = $1'),
    rollups: await all(
      `select metric, key, n, total, (select sum(c) from unnest(buckets) c)::int as timed from run_rollups
        where owner_id = $1 and n <> 0 order by metric, key`,
    ),
  };
}

describe('POST /v1/traces', () => {
  it('makes a run of a trace, with steps, figures and rollups', async () => {
    const test = await openTestIngest();
    const owner_id = newId();
    const answer = await test.post('/v1/traces', requestOf(SPANS.map(span)), {
      'x-owner': owner_id,
    });
    expect(answer).toEqual({ status: 200, body: {} });
    const { runs, steps, rollups } = await stored(test, owner_id);
    expect(runs).toEqual([
      {
        agent_id: 'buyer',
        environment: 'production',
        status: 'success',
        source: 'otlp',
        started_at: '2026-03-10T12:00:00.000Z',
        ended_at: '2026-03-10T12:00:05.000Z',
        steps_count: 4,
        input_tokens: 11,
        output_tokens: 7,
        cost_usd: null,
        end_reason: null,
      },
    ]);
    expect(steps.map(({ seq, name, model }: Json) => [seq, name, model])).toEqual([
      [0, 'span 1', null],
      [1, 'span 2', 'm-1'],
      [2, 'search', null],
      [3, 'span 4', null],
    ]);
    expect(rollups).toContainEqual({ metric: 'run', key: 'success', n: 1, total: 5_000, timed: 1 });
    expect(rollups).toContainEqual({
      metric: 'tokens',
      key: 'input',
      n: 1,
      total: 11,
      timed: null,
    });
  });

  it('makes the same run however the trace is divided, in whatever order, with whatever repeats', async () => {
    const test = await openTestIngest();
    const whole = newId();
    await test.post('/v1/traces', requestOf(SPANS.map(span)), { 'x-owner': whole });
    const expected = await stored(test, whole);
    const parts = fc.array(fc.subarray([...SPANS], { minLength: 1 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(parts, fc.boolean(), async (requests, is_at_once) => {
        const owner = { 'x-owner': newId() };
        const sent = new Set(requests.flat());
        const rest = SPANS.filter((each) => !sent.has(each));
        const all = rest.length > 0 ? [...requests, rest] : requests;
        const send = (spans: readonly SpanOf[]) =>
          test.post('/v1/traces', requestOf(spans.map(span)), owner);
        if (is_at_once) await Promise.all(all.map(send));
        else for (const spans of all) await send(spans);
        expect(await stored(test, owner['x-owner'])).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });

  it('counts what late spans change in a run that has ended', async () => {
    const test = await openTestIngest();
    const owner_id = newId();
    const owner = { 'x-owner': owner_id };
    const root: SpanOf = { id: 1, is_error: true };
    await test.post('/v1/traces', requestOf([span(root)]), owner);
    const before = await stored(test, owner_id);
    expect(before.runs).toMatchObject([
      { status: 'failure', ended_at: '2026-03-10T12:00:02.000Z' },
    ]);
    expect(before.failures).toHaveLength(1);
    // It was sent again without its error, as a corrected export, and with a child.
    await test.post(
      '/v1/traces',
      requestOf([span({ id: 1 }), span({ id: 2, parent: 1, at: 1 })]),
      owner,
    );
    const after = await stored(test, owner_id);
    expect(after.runs).toMatchObject([{ status: 'success', ended_at: '2026-03-10T12:00:03.000Z' }]);
    expect(after.failures).toEqual([]);
    const runs = after.rollups.filter(
      ({ metric }: Json) => metric === 'run' || metric === 'failure',
    );
    expect(runs).toEqual([{ metric: 'run', key: 'success', n: 1, total: 3_000, timed: 1 }]);
  });

  it('closes a trace whose root never came', async () => {
    const test = await openTestIngest();
    const owner_id = newId();
    const owner = { 'x-owner': owner_id };
    await test.post('/v1/traces', requestOf([span({ id: 2, parent: 1, at: 1 })]), owner);
    expect((await stored(test, owner_id)).runs).toMatchObject([
      { status: 'running', ended_at: null },
    ]);
    test.clock.advance(601_000);
    const { db, clock, ingest } = test;
    const maintenance = new RunMaintenance({
      clock,
      ingest,
      log: silentLog,
      retell: null,
      store: new RetentionStore(db),
      silent_after_s: 600,
      retention_days: 90,
      rollups_days: 400,
    });
    expect(await maintenance.round()).toMatchObject({ closed: 1 });
    expect((await stored(test, owner_id)).runs).toMatchObject([
      {
        status: 'partial',
        ended_at: '2026-03-10T12:00:03.000Z',
        end_reason: 'nothing was heard of it for 600 s',
      },
    ]);
    await test.post('/v1/traces', requestOf([span({ id: 1 })]), owner);
    const { runs, rollups } = await stored(test, owner_id);
    expect(runs).toMatchObject([{ status: 'success', end_reason: null, steps_count: 2 }]);
    expect(rollups.filter(({ metric }: Json) => metric === 'run')).toHaveLength(1);
  });

  it('tells what it could not store, and stores the rest', async () => {
    const test = await openTestIngest();
    await test.post('/v1/runs', runBody({ run_id: RUN_ID }));
    const trace = '5bf92f3577b34da6a3ce929d0e0e4736';
    const { status, body } = await test.post(
      '/v1/traces',
      requestOf([span({ id: 1 }), span({ id: 2, parent: 1 }), span({ id: 1, trace })]),
    );
    expect([status, body]).toEqual([
      200,
      {
        partialSuccess: {
          rejectedSpans: '2',
          errorMessage: `the run ${RUN_ID} was not reported by spans`,
        },
      },
    ]);
    expect(await test.count('runs')).toBe(2);
  });

  it('keeps content out unless the tenant allows it', async () => {
    const test = await openTestIngest();
    const attributes = { 'gen_ai.prompt': 'what is it?', 'app.mode': 'fast' };
    const read = async (owner_id: string) => {
      await test.post('/v1/traces', requestOf([span({ id: 1, attributes })]), {
        'x-owner': owner_id,
      });
      const { rows } = await test.db.query<Json>({
        text: 'select metadata from run_steps where owner_id = $1',
        values: [owner_id],
      });
      return JSON.stringify(rows);
    };
    const closed = await read(newId());
    expect(closed).toContain('app.mode');
    expect(closed).not.toContain('what is it?');
    const open = newId();
    await test.server.inject({
      method: 'PUT',
      url: '/v1/runs/policies',
      payload: { privacy: 'allow' },
      headers: { 'x-owner': open },
    });
    expect(await read(open)).toContain('what is it?');
  });

  it('takes gzip, and answers 4xx for what it cannot read', async () => {
    const test = await openTestIngest();
    const packed = gzipSync(JSON.stringify(requestOf([span({ id: 1 })])));
    const gzip = { 'content-encoding': 'gzip' };
    expect((await test.post('/v1/traces', packed, gzip)).status).toBe(200);
    const send = async (payload: Buffer, headers: Record<string, string>) =>
      (await test.server.inject({ method: 'POST', url: '/v1/traces', payload, headers }))
        .statusCode;
    const protobuf = { 'content-type': 'application/x-protobuf' };
    expect(await send(Buffer.alloc(0), protobuf)).toBe(200);
    expect(await send(Buffer.from('garbage, not protobuf'), protobuf)).toBe(400);
    expect(await send(Buffer.from('{'), { 'content-type': 'application/json' })).toBe(400);
    expect(await send(Buffer.from('a'), { 'content-type': 'text/plain' })).toBe(415);
    expect(await send(packed.subarray(0, -9), { ...protobuf, ...gzip })).toBe(400);
    expect(await test.count('runs')).toBe(1);
  });
});
