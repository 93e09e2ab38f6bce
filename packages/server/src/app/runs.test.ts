import { SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { startStrictProgram } from './testing/start-strict-program.ts';
import { startTestProgram } from './testing.ts';

function runBody() {
  return {
    run_id: newId(),
    agent_id: 'a',
    agent_version: '1',
    status: 'success',
    started_at: '2026-01-01T00:00:00Z',
    ended_at: '2026-01-01T00:00:01Z',
    failure: null,
  };
}

const EMPTY_TRACES = { resourceSpans: [] };

describe('runs', () => {
  it('are reported and read in dev mode without any credential, as clients of the original do', async () => {
    const program = await startTestProgram();
    const json = runBody();
    expect((await program.request('POST', '/v1/runs', { json })).status).toBe(201);
    expect((await program.request('POST', '/v1/traces', { json: EMPTY_TRACES })).status).toBe(200);
    const read = await program.request('GET', `/v1/runs/${json.run_id}`);
    expect(read).toMatchObject({ status: 200, body: { agent_id: 'a' } });
    expect((await program.request('GET', '/v1/stats')).body.total_runs).toBe(1);
    // A token of the default tenant finds the same run; another tenant does not.
    const token = await program.token();
    expect((await program.request('GET', `/v1/runs/${json.run_id}`, { token })).status).toBe(200);
    const stranger = await program.token({ owner_id: newId() });
    const hidden = await program.request('GET', `/v1/runs/${json.run_id}`, { token: stranger });
    expect(hidden.status).toBe(404);
    const bad = await program.request('POST', '/v1/runs', { token: 'wrong', json: runBody() });
    expect(bad.status).toBe(401);
    // Nothing else is open, and the page's own address stays the page's.
    expect((await program.request('GET', '/v1/runs/policies')).status).toBe(401);
    expect((await program.request('GET', '/v1/breadcrumbs')).status).toBe(401);
    expect((await program.request('POST', '/runs', { json: runBody() })).status).toBe(404);
  });

  it('of a page that may not call us are refused, also without a credential', async () => {
    const program = await startTestProgram();
    const headers = { origin: 'https://evil.example' };
    const answer = await program.request('POST', '/v1/runs', { headers, json: runBody() });
    expect([answer.status, answer.body.code]).toEqual([403, 'foreign_origin']);
  });

  it('need a key in strict mode, with the role that may do it', async () => {
    const { program, admin_key } = await startStrictProgram();
    const json = runBody();
    for (const [path, body] of [
      ['/v1/runs', json],
      ['/v1/runs/batch', { runs: [json] }],
      ['/v1/traces', EMPTY_TRACES],
    ] as const)
      expect((await program.request('POST', path, { json: body })).status).toBe(401);
    expect((await program.request('GET', '/v1/runs')).status).toBe(401);
    const { key } = (
      await program.request('POST', '/v1/keys', {
        token: admin_key,
        json: { name: 'reader', roles: ['subscriber'], agent_id: newId() },
      })
    ).body;
    expect((await program.request('POST', '/v1/runs', { token: key, json })).status).toBe(403);
    expect((await program.request('GET', '/v1/runs', { token: key })).status).toBe(200);
    expect((await program.request('POST', '/v1/runs', { token: admin_key, json })).status).toBe(
      201,
    );
    const put = { token: key, json: { retention_days: 1 } };
    expect((await program.request('PUT', '/v1/runs/policies', put)).status).toBe(403);
  });

  it.each([
    ['JSON', JsonExporter],
    ['protobuf', ProtobufExporter],
  ])('come from the exporter of OpenTelemetry, in %s', async (_, Exporter) => {
    const program = await startTestProgram();
    const exporter = new Exporter({ url: `${program.url}/v1/traces` });
    const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
    const tracer = provider.getTracer('test');
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' };
    const span = tracer.startSpan('invoke_agent planner', { attributes });
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'it broke' });
    span.end();
    await provider.forceFlush();
    await provider.shutdown();
    const { traceId } = span.spanContext();
    const { body } = await program.request('GET', '/v1/runs?agent_id=planner');
    expect(body).toMatchObject([
      {
        status: 'failure',
        steps: [{ seq: 0, name: 'invoke_agent planner' }],
        failures: [{ message: 'it broke' }],
      },
    ]);
    expect(body[0].run_id.replaceAll('-', '')).toBe(traceId);
  });

  it('are counted, for Prometheus and as the original does', async () => {
    const program = await startTestProgram();
    const json = runBody();
    for (let time = 0; time < 2; time++) await program.request('POST', '/v1/runs', { json });
    const headers = { accept: 'application/json' };
    const counts = await program.request('GET', '/metrics', { headers });
    expect(counts.body).toEqual({
      metrics: { runs_ingested_total: 1, runs_failed_total: 0, runs_duplicate_total: 1 },
      note: expect.any(String),
    });
    expect((await program.request('GET', '/metrics')).body).toContain('runs_duplicate_total 1');
  });
});
