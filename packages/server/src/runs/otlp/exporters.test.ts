import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { SpanKind, SpanStatusCode, trace, ROOT_CONTEXT } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeTraces } from './decode-traces.ts';
import { encodeTracesAnswer, encodeTracesError } from './encode-answer.ts';
import { type MappedRun, mapTraces } from './map-traces.ts';

/** A collector that decodes and maps what it is sent, and answers as the route will. */
class Collector {
  readonly runs: MappedRun[] = [];
  readonly types: (string | undefined)[] = [];
  rejects = 0;
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        this.types.push(request.headers['content-type']);
        const decoded = decodeTraces(body, request.headers['content-type']);
        this.runs.push(...mapTraces(decoded.spans, { policy: 'redact' }));
        const answer = encodeTracesAnswer(
          decoded.encoding,
          this.rejects,
          this.rejects > 0 ? 'too many' : '',
        );
        response.writeHead(200, { 'content-type': answer.content_type }).end(answer.body);
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/v1/traces`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Runs an instrumented agent: one call, one tool that fails, all within an agent. */
async function runAgent(exporter: SpanExporter): Promise<void> {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'svc',
      'service.version': '9',
      'deployment.environment.name': 'test',
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('agent-lib', '1.2.3');
  const agent = tracer.startSpan(
    'invoke_agent planner',
    { attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' } },
    ROOT_CONTEXT,
  );
  const below = trace.setSpan(ROOT_CONTEXT, agent);
  const call = tracer.startSpan(
    'chat gpt-4o',
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.usage.input_tokens': 1_000_000,
        'gen_ai.usage.output_tokens': 5,
        'gen_ai.input.messages': 'SAID',
        'acme.ratio': 0.25,
        'acme.tags': ['a', 'b'],
        'acme.negative': -7,
        'acme.flag': true,
      },
    },
    below,
  );
  call.end();
  const tool = tracer.startSpan(
    'execute_tool search',
    { attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' } },
    below,
  );
  tool.recordException(new RangeError('no page for bob@example.com'));
  tool.setStatus({ code: SpanStatusCode.ERROR });
  tool.end();
  agent.setStatus({ code: SpanStatusCode.ERROR, message: 'gave up' });
  agent.end();
  await provider.forceFlush();
  await provider.shutdown();
}

describe.each([
  ['application/x-protobuf', (url: string) => new ProtobufExporter({ url })],
  ['application/json', (url: string) => new JsonExporter({ url })],
] as const)('the official exporter of %s', (type, exporterTo) => {
  let collector: Collector;
  let url: string;
  beforeEach(async () => {
    collector = new Collector();
    url = await collector.start();
  });
  afterEach(() => collector.stop());

  it('is understood', async () => {
    await runAgent(exporterTo(url));
    expect(collector.types).toEqual([type]);
    expect(collector.runs).toMatchObject([
      {
        agent_id: 'planner',
        agent_version: '9',
        environment: 'test',
        status: 'failure',
        is_root_ended: true,
        usage: {
          model: 'gpt-4o',
          provider: 'openai',
          input_tokens: 1_000_000,
          output_tokens: 5,
          cost_usd: null,
        },
        failures: [
          {
            failure_type: 'tool',
            failure_code: 'RangeError',
            message: 'no page for [redacted:email]',
          },
        ],
      },
    ]);
    const steps = collector.runs[0]?.steps ?? [];
    expect(
      steps
        .map(({ step_type, name }) => `${step_type}: ${name}`)
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['other: invoke_agent planner', 'respond: chat gpt-4o', 'tool: search']);
    const call = steps.find(({ step_type }) => step_type === 'respond');
    expect(call?.metadata).toMatchObject({
      'acme.ratio': 0.25,
      'acme.tags': ['a', 'b'],
      'acme.negative': -7,
      'acme.flag': true,
      otel: { scope: 'agent-lib', kind: 'client', is_parent_remote: false },
    });
    expect(JSON.stringify(collector.runs)).not.toContain('SAID');
  });

  it('takes a partial success for an answer and does not send again', async () => {
    collector.rejects = 3;
    await runAgent(exporterTo(url));
    expect(collector.runs).toHaveLength(1);
  });
});

describe('encodeTracesAnswer', () => {
  it('is an empty message for a whole success', () => {
    expect(encodeTracesAnswer('protobuf')).toEqual({
      content_type: 'application/x-protobuf',
      body: Buffer.alloc(0),
    });
    expect(encodeTracesAnswer('json').body.toString()).toBe('{}');
  });

  it('tells rejected spans, in bytes that the official reader understands', () => {
    expect(JSON.parse(encodeTracesAnswer('json', 2, 'why').body.toString())).toEqual({
      partialSuccess: { rejectedSpans: '2', errorMessage: 'why' },
    });
    // Field 1 of length 8: field 1 the number 300, field 2 the text.
    expect(encodeTracesAnswer('protobuf', 300, 'why').body).toEqual(
      Buffer.from([0x0a, 0x08, 0x08, 0xac, 0x02, 0x12, 0x03, 0x77, 0x68, 0x79]),
    );
  });

  it('writes refusals as a Status', () => {
    expect(encodeTracesError('protobuf', 3, 'bad').body).toEqual(
      Buffer.from([0x08, 0x03, 0x12, 0x03, 0x62, 0x61, 0x64]),
    );
    expect(JSON.parse(encodeTracesError('json', 3, 'bad').body.toString())).toEqual({
      code: 3,
      message: 'bad',
    });
  });
});
