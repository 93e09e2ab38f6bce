import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Run } from '@cairn/protocol';
import { createTracer } from '@cairn/sdk';
import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { startServer, temporaryFolder } from './server-process.ts';

const PYTHON = ['python3', 'python'].find(
  (name) => spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0,
);
const PYTHON_SDK = fileURLToPath(new URL('../sdks/python', import.meta.url));
const REPORT_RUNS = fileURLToPath(new URL('tracers/report_runs.py', import.meta.url));

async function open() {
  const server = await startServer({ CAIRN_DATA_DIR: await temporaryFolder() });
  const get = async (path: string) => (await fetch(`${server.url}/v1${path}`)).json() as unknown;
  return { url: server.url, get };
}

describe('runs that are reported to a server', () => {
  it.skipIf(PYTHON === undefined)(
    'by the Python SDK, with the names of the original, are read back as they were sent',
    async () => {
      const { url, get } = await open();
      const { stdout } = await promisify(execFile)(PYTHON as string, ['-B', REPORT_RUNS, url], {
        env: { PATH: process.env['PATH'] ?? '', PYTHONPATH: PYTHON_SDK },
      });
      const ids = stdout.trim().split('\n');
      expect(ids).toHaveLength(50);
      for (const [number, id] of ids.entries()) {
        const run = (await get(`/runs/${id}`)) as Run;
        const is_failure = number % 10 === 9;
        expect(run).toMatchObject({
          run_id: id,
          agent_id: 'python-agent',
          agent_version: '1.0.0',
          environment: 'test',
          status: is_failure ? 'failure' : 'success',
        });
        expect(
          run.steps.map(({ seq, step_type, name, metadata }) => ({
            seq,
            step_type,
            name,
            metadata,
          })),
        ).toEqual([
          { seq: 0, step_type: 'plan', name: 'analyze_query', metadata: {} },
          { seq: 1, step_type: 'tool', name: 'search', metadata: { attempt: 1, http_status: 503 } },
          {
            seq: 2,
            step_type: 'tool',
            name: 'search',
            metadata: { attempt: 2, http_status: 200, number },
          },
        ]);
        expect(run.decisions).toMatchObject([
          {
            decision_type: 'retry_strategy',
            selected: 'retry_once',
            reason_code: 'transient_error_detected',
            confidence: 0.75,
            step_id: run.steps[1]?.step_id,
            metadata: { candidates: ['retry_once', 'give_up'] },
          },
        ]);
        expect(run.quality_signals).toMatchObject([
          { signal_type: 'retry_occurred', signal_code: 'single_retry', value: true, weight: 0.5 },
        ]);
        expect(run.failures.map(({ failure_code, message }) => [failure_code, message])).toEqual(
          is_failure ? [['timeout', 'token limit exceeded']] : [],
        );
      }
      expect(await get('/stats?agent_id=python-agent')).toMatchObject({
        total_runs: 50,
        total_failures: 5,
        success_rate: 90,
        failure_breakdown: { 'tool/timeout': 5 },
        step_type_breakdown: { plan: 50, tool: 100 },
      });
    },
  );

  it.each(['whole', 'incremental'] as const)(
    'by the TypeScript SDK, %s, are read back',
    async (mode) => {
      const { url, get } = await open();
      const tracer = createTracer({
        base_url: url,
        agent_id: 'ts-agent',
        agent_version: '2',
        mode,
      });
      const ids: string[] = [];
      for (let number = 0; number < 20; number++) {
        const run = tracer.startRun();
        ids.push(run.run_id);
        await run.step('retrieve', 'look up', async () => {});
        await run.step('respond', 'answer', async () => {});
        run.end();
      }
      await tracer.close();
      for (const id of ids) {
        const run = (await get(`/runs/${id}`)) as Run;
        expect([run.status, run.steps.map(({ name }) => name)]).toEqual([
          'success',
          ['look up', 'answer'],
        ]);
      }
    },
  );

  it.each([
    ['protobuf', ProtobufExporter],
    ['JSON', JsonExporter],
  ] as const)(
    'by the exporter of OpenTelemetry, as %s, become runs with steps and tokens',
    async (_, Exporter) => {
      const { url, get } = await open();
      const exporter = new Exporter({ url: `${url}/v1/traces` });
      const provider = new TracerProvider({
        resource: resourceFromAttributes({
          'service.name': 'otel-agent',
          'service.version': '3.1',
        }),
        spanProcessors: [new BatchSpanProcessor({ exporter })],
      });
      const tracer = provider.getTracer('journey');
      const agent = tracer.startSpan(
        'invoke_agent planner',
        { attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' } },
        ROOT_CONTEXT,
      );
      const within = trace.setSpan(ROOT_CONTEXT, agent);
      const call = tracer.startSpan('chat', {}, within);
      call.setAttributes({
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'some-model',
        'gen_ai.usage.input_tokens': 1_200,
        'gen_ai.usage.output_tokens': 34,
        'gen_ai.input.messages': 'what the user said stays at home',
      });
      call.end();
      const tool = tracer.startSpan('execute_tool search', {}, within);
      tool.setAttributes({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' });
      tool.setStatus({ code: SpanStatusCode.ERROR, message: 'the index is away' });
      tool.end();
      agent.end();
      await provider.forceFlush();
      await provider.shutdown();
      const runs = (await get('/runs?agent_id=planner&view=full')) as (Run & { usage: object })[];
      expect(runs).toHaveLength(1);
      const [run] = runs;
      expect(run).toMatchObject({
        agent_version: '3.1',
        usage: {
          input_tokens: 1_200,
          output_tokens: 34,
          cached_input_tokens: null,
          cost_usd: null,
        },
      });
      expect(run?.steps.map(({ step_type, name }) => [step_type, name])).toEqual(
        expect.arrayContaining([['tool', expect.stringContaining('search')]]),
      );
      expect(JSON.stringify(run)).not.toContain('stays at home');
    },
  );
});
