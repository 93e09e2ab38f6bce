import {
  APICallError,
  embed,
  generateText,
  isStepCount,
  jsonSchema,
  simulateReadableStream,
  streamText,
  tool,
} from 'ai';
import { MockEmbeddingModelV4, MockLanguageModelV4 } from 'ai/test';
import { describe, expect, it } from 'vitest';
import { startRunServer, type RunServer } from '../../test/run-server.ts';
import { createTracer, type Tracer } from './tracer.ts';
import type { WireRun } from './tracer-types.ts';
import { wrapAiSdk } from './wrap-ai-sdk.ts';

function tracerOf(server: RunServer): Tracer {
  return createTracer({
    base_url: server.url,
    agent_id: 'a',
    agent_version: '1',
    log: () => undefined,
  });
}

async function onlyRun(server: RunServer, tracer: Tracer): Promise<WireRun> {
  expect(await tracer.close({ timeout_ms: 20_000 })).toBe(true);
  expect(server.runs.size).toBe(1);
  const [run] = server.runs.values();
  if (run === undefined) throw new Error('no run');
  return run;
}

const usage = {
  inputTokens: { total: 120, noCache: 20, cacheRead: 100, cacheWrite: undefined },
  outputTokens: { total: 30, text: 20, reasoning: 10 },
};
const unknown = {
  inputTokens: {
    total: undefined,
    noCache: undefined,
    cacheRead: undefined,
    cacheWrite: undefined,
  },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};
const SECRET = 'the words of the conversation';

/** Calls the tool `lookup` first and answers then; its first usage is known, its second is not. */
function toolUser(): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    provider: 'acme',
    modelId: 'acme-1',
    doGenerate: [
      {
        content: [
          { type: 'tool-call', toolCallId: 'c1', toolName: 'lookup', input: '{"q":"x"}' },
          { type: 'tool-call', toolCallId: 'c2', toolName: 'broken', input: '{}' },
        ],
        finishReason: { unified: 'tool-calls', raw: 'tool' },
        usage,
        warnings: [],
      },
      {
        content: [{ type: 'text', text: SECRET }],
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: unknown,
        warnings: [],
      },
    ],
  });
}

const tools = {
  lookup: tool({
    inputSchema: jsonSchema<{ q: string }>({
      type: 'object',
      properties: { q: { type: 'string' } },
    }),
    execute: () => SECRET,
  }),
  broken: tool({
    inputSchema: jsonSchema<object>({ type: 'object', properties: {} }),
    execute: (): string => {
      throw new RangeError(SECRET);
    },
  }),
};

describe('the ai SDK', () => {
  it('has its model calls and tools as steps of a run, with token counts and without content', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server);
    const text = await tracer.trace(async (run) => {
      const answer = await generateText({
        model: toolUser(),
        tools,
        prompt: SECRET,
        stopWhen: isStepCount(3),
        telemetry: { functionId: 'support', integrations: wrapAiSdk(run) },
      });
      return answer.text;
    });
    expect(text).toBe(SECRET);
    const run = await onlyRun(server, tracer);
    expect(run).toMatchObject({ status: 'success', failure: null });
    expect(run.steps.map((step) => [step.step_type, step.name])).toEqual([
      ['plan', 'acme-1'],
      ['tool', 'lookup'],
      ['tool', 'broken'],
      ['respond', 'acme-1'],
    ]);
    const [plan, lookup, broken, respond] = run.steps;
    expect(plan).toMatchObject({
      model: 'acme-1',
      provider: 'acme',
      input_tokens: 120,
      output_tokens: 30,
      cached_input_tokens: 100,
      reasoning_tokens: 10,
      metadata: { finish_reason: 'tool-calls', function_id: 'support' },
    });
    expect(lookup?.metadata).toEqual({ function_id: 'support' });
    expect(broken?.metadata).toMatchObject({ failed: true, error_type: 'RangeError' });
    expect(respond).toMatchObject({ model: 'acme-1' });
    expect(respond).not.toHaveProperty('input_tokens');
    expect(respond).not.toHaveProperty('output_tokens');
    expect(JSON.stringify(server.requests)).not.toContain(SECRET);
  });

  it('has a run of its own for each call when it is given the tracer', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server);
    const model = new MockLanguageModelV4({
      modelId: 'acme-2',
      doStream: async () => ({
        stream: simulateReadableStream({
          chunks: [
            { type: 'stream-start', warnings: [] },
            { type: 'text-start', id: 't' },
            { type: 'text-delta', id: 't', delta: SECRET },
            { type: 'text-end', id: 't' },
            { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage },
          ],
        }),
      }),
    });
    const integrations = wrapAiSdk(tracer);
    const result = streamText({ model, prompt: SECRET, telemetry: { integrations } });
    for await (const _ of result.textStream);
    const run = await onlyRun(server, tracer);
    expect(run).toMatchObject({
      status: 'success',
      steps: [{ step_type: 'respond', name: 'acme-2', input_tokens: 120, output_tokens: 30 }],
    });
    expect(run.steps[0]?.metadata['first_output_ms']).toBeTypeOf('number');
  });

  it('says by code and not by words why a call failed', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server);
    const error = new APICallError({
      message: SECRET,
      url: 'http://model',
      requestBodyValues: {},
      statusCode: 429,
      isRetryable: false,
    });
    const model = new MockLanguageModelV4({ doGenerate: () => Promise.reject(error) });
    const telemetry = { integrations: wrapAiSdk(tracer) };
    await expect(generateText({ model, prompt: SECRET, telemetry })).rejects.toBe(error);
    const run = await onlyRun(server, tracer);
    expect(run).toMatchObject({
      status: 'failure',
      failure: {
        failure_type: 'model',
        failure_code: 'http_429',
        message: 'The model call failed: AI_APICallError',
        step_id: run.steps[0]?.step_id,
      },
      steps: [{ metadata: { failed: true, error_code: 'http_429' } }],
    });
    expect(JSON.stringify(server.requests)).not.toContain(SECRET);
  });

  it('leaves the run as it is when a call within it fails, because the agent may go on', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server);
    const model = new MockLanguageModelV4({ doGenerate: () => Promise.reject(new Error(SECRET)) });
    await tracer.trace(async (run) => {
      const telemetry = { integrations: wrapAiSdk(run) };
      await generateText({ model, prompt: 'x', maxRetries: 0, telemetry }).catch(() => undefined);
    });
    const run = await onlyRun(server, tracer);
    expect(run).toMatchObject({ status: 'success', failure: null });
    expect(run.steps[0]?.metadata).toMatchObject({ failed: true, error_code: 'model_error' });
  });

  it('marks a stream that was aborted as partial', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server);
    const stop = new AbortController();
    const model = new MockLanguageModelV4({
      doStream: async () => ({
        stream: new ReadableStream({
          start(controller) {
            controller.enqueue({ type: 'text-start', id: 't' });
            controller.enqueue({ type: 'text-delta', id: 't', delta: 'x' });
            stop.signal.addEventListener('abort', () => controller.error(stop.signal.reason));
          },
        }),
      }),
    });
    const result = streamText({
      model,
      prompt: 'x',
      abortSignal: stop.signal,
      telemetry: { integrations: wrapAiSdk(tracer) },
    });
    for await (const _ of result.textStream) stop.abort();
    const run = await onlyRun(server, tracer);
    expect(run).toMatchObject({ status: 'partial', steps: [{ metadata: { aborted: true } }] });
  });

  it('has embeddings as steps that retrieve', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server);
    const model = new MockEmbeddingModelV4({
      modelId: 'embed-1',
      doEmbed: () => Promise.resolve({ embeddings: [[1, 2]], usage: { tokens: 7 }, warnings: [] }),
    });
    await embed({ model, value: SECRET, telemetry: { integrations: wrapAiSdk(tracer) } });
    const run = await onlyRun(server, tracer);
    expect(run.steps).toMatchObject([
      { step_type: 'retrieve', name: 'embed-1', model: 'embed-1', input_tokens: 7 },
    ]);
    expect(JSON.stringify(server.requests)).not.toContain(SECRET);
  });
});
