import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanRun } from '../privacy/index.ts';
import { DISCLOSURES } from '../privacy/testing/disclosing-messages.ts';
import { type OtlpSpan } from './contract.ts';
import { deriveRun } from './derive-run.ts';
import {
  AI_SDK,
  AI_SDK_7,
  FAMILIES,
  GEN_AI,
  GEN_AI_OLD,
  OPENINFERENCE,
  type SpanSketch,
  spanId,
  spansOf,
  TRACE_ID,
  TRACELOOP,
} from './testing/golden-spans.ts';
import { stepIdOf } from './map-span.ts';
import { type MappedRun, mapTraces } from './map-traces.ts';

const REDACT = { policy: 'redact' } as const;

function runOf(sketches: readonly SpanSketch[]): MappedRun {
  const [run, ...others] = mapTraces(spansOf(sketches), REDACT);
  expect(others).toEqual([]);
  if (!run) throw new Error('no run');
  return run;
}

const shown = (run: MappedRun) =>
  run.steps.map(({ seq, step_type, name, model, input_tokens, output_tokens }) => [
    seq,
    step_type,
    name,
    model,
    input_tokens,
    output_tokens,
  ]);
const usage = (
  input: number | null,
  output: number | null,
  cached: number | null = null,
  reasoning: number | null = null,
  cost: number | null = null,
) => ({
  input_tokens: input,
  output_tokens: output,
  cached_input_tokens: cached,
  reasoning_tokens: reasoning,
  cost_usd: cost,
});

describe('mapTraces', () => {
  it('reads OpenTelemetry GenAI', () => {
    const run = runOf(GEN_AI);
    expect(run).toMatchObject({
      run_id: '4bf92f35-77b3-4da6-a3ce-929d0e0e4736',
      agent_id: 'Trip Planner',
      agent_version: '2026-05-01',
      environment: 'staging',
      status: 'success',
      started_at: '2026-11-21T17:00:00.001000Z',
      ended_at: '2026-11-21T17:00:01.000000Z',
      is_root_ended: true,
      conversation_id: 'conv_5j66',
      failures: [],
      // Once: the agent's 300 and 90 are those of its two calls.
      usage: { model: 'gpt-4o-2024-08-06', provider: 'openai', ...usage(300, 90, 64, 16) },
    });
    expect(shown(run)).toEqual([
      [0, 'other', 'invoke_agent Trip Planner', null, null, null],
      [1, 'plan', 'plan', null, null, null],
      [2, 'respond', 'chat gpt-4o', 'gpt-4o-2024-08-06', 100, 40],
      [3, 'retrieve', 'retrieval kb', null, null, null],
      [4, 'tool', 'get_weather', null, null, null],
      [5, 'respond', 'chat gpt-4o', 'gpt-4o', 200, 50],
    ]);
    expect(run.steps[2]).toMatchObject({
      step_id: stepIdOf(TRACE_ID, spanId(3)),
      latency_ms: 250,
      provider: 'openai',
      cached_input_tokens: 64,
      reasoning_tokens: 16,
      cost_usd: null,
    });
  });

  it('keeps unknown attributes, and what has no field, in the metadata', () => {
    const [root, , call] = runOf(GEN_AI).steps;
    expect(call?.metadata).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.temperature': 0.2,
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'acme.shard': 'eu-1',
      otel: expect.objectContaining({
        span_id: spanId(3),
        parent_span_id: spanId(1),
        kind: 'client',
        redacted: 2,
      }),
    });
    expect(root?.metadata).toMatchObject({ 'resource.service.name': 'travel-service' });
    expect(call?.metadata).not.toHaveProperty(['resource.service.name']);
  });

  it('reads the older names, and the service where no agent is named', () => {
    const run = runOf(GEN_AI_OLD);
    expect(run).toMatchObject({
      agent_id: 'travel-service',
      agent_version: '2.1.0',
      status: 'success',
      usage: { model: 'mistral-large', provider: 'mistral_ai', ...usage(12, 7) },
    });
    expect(shown(run)).toEqual([[0, 'respond', 'chat mistral-large', 'mistral-large', 12, 7]]);
    expect(run.steps[0]?.metadata['otel']).toMatchObject({
      events: [{ name: 'gen_ai.user.message', at: '2026-11-21T17:00:00.000000Z' }],
    });
  });

  it('reads OpenInference', () => {
    const run = runOf(OPENINFERENCE);
    expect(run).toMatchObject({
      agent_id: 'researcher',
      conversation_id: 's-1',
      usage: { model: 'claude-sonnet', provider: 'anthropic', ...usage(25, 10, 4, 3, 0.0066) },
    });
    expect(shown(run)).toEqual([
      [0, 'other', 'AgentExecutor', null, null, null],
      [1, 'other', 'Chain', null, null, null],
      [2, 'retrieve', 'VectorRetriever', null, null, null],
      [3, 'retrieve', 'Embedding', 'text-embedding-3-small', 5, null],
      [4, 'respond', 'ChatAnthropic', 'claude-sonnet', 20, 10],
      [5, 'tool', 'calculator', null, null, null],
    ]);
    expect(run.steps[0]?.metadata).toMatchObject({ 'input.mime_type': 'text/plain' });
    expect(run.steps[4]?.metadata).toMatchObject({
      'llm.invocation_parameters': '{"temperature":0}',
    });
  });

  it('reads OpenLLMetry', () => {
    const run = runOf(TRACELOOP);
    expect(run).toMatchObject({
      agent_id: 'joke_creation',
      agent_version: '3',
      conversation_id: 'sess-9',
      usage: { model: 'gpt-3.5-turbo', provider: 'openai', ...usage(22, 11, 8) },
    });
    expect(shown(run)).toEqual([
      [0, 'other', 'joke_creation.workflow', null, null, null],
      [1, 'other', 'create.task', null, null, null],
      [2, 'respond', 'openai.chat', 'gpt-3.5-turbo', 22, 11],
      [3, 'tool', 'lookup', null, null, null],
      [4, 'retrieve', 'pinecone.query', null, null, null],
    ]);
  });

  it('reads the ai SDK without counting the outer span again', () => {
    const run = runOf(AI_SDK);
    expect(run).toMatchObject({
      agent_id: 'trip-agent',
      usage: { model: 'gpt-4o-2024-08-06', provider: 'openai.chat', ...usage(30, 12, 10) },
    });
    expect(shown(run)).toEqual([
      [0, 'other', 'ai.generateText', 'gpt-4o', null, null],
      [1, 'respond', 'ai.generateText.doGenerate', 'gpt-4o-2024-08-06', 15, 6],
      [2, 'tool', 'weather', null, null, null],
      [3, 'respond', 'ai.generateText.doGenerate', 'gpt-4o-2024-08-06', 15, 6],
    ]);
    expect(runOf(AI_SDK_7)).toMatchObject({
      agent_id: 'trip-agent',
      usage: { model: 'gpt-4o', provider: 'openai', ...usage(15, 6) },
    });
  });

  it('takes the figures of an outer span where the inner ones tell none', () => {
    const sketches = AI_SDK_7.map((each) =>
      each.id === 3 ? { ...each, attributes: { 'gen_ai.operation.name': 'chat' } } : each,
    );
    expect(runOf(sketches).usage).toMatchObject(usage(15, 6));
  });

  it('counts a call once that two instrumentations report, and what an agent behind its tool used besides', () => {
    const chat = (id: number, parent: number, tokens: number): SpanSketch => ({
      id,
      parent,
      name: 'chat',
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': tokens },
    });
    const of = (id: number, parent: number, operation: string): SpanSketch => ({
      id,
      parent,
      name: operation,
      attributes: { 'gen_ai.operation.name': operation },
    });
    const run = runOf([
      { id: 1, name: 'root' },
      chat(2, 1, 100),
      chat(3, 2, 100),
      of(4, 2, 'execute_tool'),
      of(5, 4, 'invoke_agent'),
      chat(6, 5, 7),
    ]);
    expect(run.usage.input_tokens).toBe(107);
  });

  it('takes the figure of a workflow for that of the agent within it', () => {
    const tokens = { 'gen_ai.usage.input_tokens': 7 };
    const run = runOf([
      { id: 1, name: 'workflow', attributes: tokens },
      {
        id: 2,
        parent: 1,
        name: 'a',
        attributes: { ...tokens, 'gen_ai.operation.name': 'invoke_agent' },
      },
      { id: 3, parent: 2, name: 'c', attributes: { ...tokens, 'gen_ai.operation.name': 'chat' } },
    ]);
    expect(run.usage.input_tokens).toBe(7);
  });

  it('shows what is absent as absent, and an honest zero as zero', () => {
    const chat = (tokens: Record<string, number | string>) =>
      runOf([{ id: 1, name: 'chat', attributes: { 'gen_ai.operation.name': 'chat', ...tokens } }])
        .usage;
    expect(chat({})).toEqual({ model: null, provider: null, ...usage(null, null) });
    expect(chat({ 'gen_ai.usage.input_tokens': 0 }).input_tokens).toBe(0);
    for (const none of [-1, 1.5, 'many', '', Number.MAX_VALUE])
      expect(chat({ 'gen_ai.usage.input_tokens': none }).input_tokens).toBeNull();
    expect(chat({ 'gen_ai.usage.cost': 0.5 }).cost_usd).toBe(0.5);
    expect(chat({ 'llm.cost.prompt': 0.25, 'llm.cost.completion': 0.5 }).cost_usd).toBe(0.75);
  });

  it.each(Object.keys(FAMILIES))('stores no content of %s unless it is allowed', (family) => {
    const spans = spansOf(FAMILIES[family] ?? []);
    for (const policy of ['redact', 'reject'] as const) {
      const text = JSON.stringify(mapTraces(spans, { policy }));
      expect(text).not.toContain('SAID');
    }
    const said = JSON.stringify(mapTraces(spans, { policy: 'allow' })).includes('SAID');
    expect(said).toBe(family !== 'AI_SDK_7');
  });

  it.each(Object.keys(FAMILIES))(
    'gives runs of %s in which a scan finds nothing more',
    (family) => {
      const runs = mapTraces(spansOf(FAMILIES[family] ?? []), REDACT);
      for (const run of runs)
        expect(scanRun(run, 'reject')).toEqual({ clean: run, findings: [], found: 0 });
    },
  );

  it('stores no secret, wherever in a span it stands', () => {
    const places: ((text: string) => Partial<SpanSketch>)[] = [
      (text) => ({ name: text }),
      (text) => ({ attributes: { 'acme.note': text } }),
      (text) => ({ attributes: { 'acme.deep': { a: [{ b: text }] } } }),
      (text) => ({ attributes: { [text]: 1 } }),
      (text) => ({ attributes: { 'gen_ai.agent.name': text } }),
      (text) => ({ attributes: { 'gen_ai.request.model': text } }),
      (text) => ({ attributes: { 'gen_ai.conversation.id': text } }),
      (text) => ({ status: { code: 2, message: text } }),
      (text) => ({ status: { code: 2 }, attributes: { 'error.type': text } }),
      (text) => ({
        status: { code: 2 },
        events: [
          {
            name: 'exception',
            at_us: 1,
            attributes: new Map([
              ['exception.message', text],
              ['exception.type', text],
              ['exception.stacktrace', text],
            ]),
          },
        ],
      }),
      (text) => ({ events: [{ name: text, at_us: 1, attributes: new Map([['a', text]]) }] }),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...DISCLOSURES),
        fc.constantFrom(...places),
        fc.constantFrom('redact', 'reject'),
        (disclosure, place, policy) => {
          // Fields cut a long text; what is left of a key then is not the key.
          const text = disclosure.text.slice(0, 100);
          fc.pre(text.includes(disclosure.secret));
          const run = mapTraces(spansOf([{ id: 1, name: 'x', ...place(text) }]), { policy });
          expect(JSON.stringify(run)).not.toContain(JSON.stringify(disclosure.secret).slice(1, -1));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  describe('failures', () => {
    const failing = (
      id: number,
      parent: number | undefined,
      operation: string,
      more: Partial<SpanSketch> = {},
    ): SpanSketch => ({
      id,
      ...(parent === undefined ? {} : { parent }),
      name: operation,
      status: { code: 2, message: 'late' },
      attributes: { 'gen_ai.operation.name': operation, 'error.type': 'timeout' },
      ...more,
    });

    it('of a run begin at the deepest failed span below its root', () => {
      const run = runOf([
        failing(1, undefined, 'invoke_agent'),
        failing(2, 1, 'agent_step'),
        failing(3, 2, 'execute_tool'),
      ]);
      expect(run.status).toBe('failure');
      expect(run.failures).toEqual([
        {
          step_id: stepIdOf(TRACE_ID, spanId(3)),
          failure_type: 'tool',
          failure_code: 'timeout',
          message: 'late',
        },
      ]);
    });

    it.each([
      ['chat', 'model'],
      ['retrieval', 'retrieval'],
      ['invoke_agent', 'orchestration'],
      ['execute_tool', 'tool'],
    ])('of %s have the type %s', (operation, type) => {
      expect(runOf([failing(1, undefined, operation)]).failures).toMatchObject([
        { failure_type: type },
      ]);
    });

    it('that the agent recovered from leave the run a success, and stay with their step', () => {
      const run = runOf([
        { id: 1, name: 'invoke_agent', attributes: { 'gen_ai.operation.name': 'invoke_agent' } },
        failing(2, 1, 'execute_tool'),
      ]);
      expect(run).toMatchObject({ status: 'success', failures: [] });
      expect(run.steps[1]?.metadata['otel']).toMatchObject({
        failure_type: 'tool',
        failure_code: 'timeout',
        failure_reason: 'late',
      });
    });

    it('take code and message from an exception, and clean them', () => {
      const exception = new Map([
        ['exception.type', 'ValueError'],
        ['exception.message', 'no alice@example.com'],
      ]);
      const events = [{ name: 'exception', at_us: 1, attributes: exception }];
      expect(runOf([{ id: 1, name: 'x', status: { code: 2 }, events }]).failures).toMatchObject([
        { failure_code: 'ValueError', message: 'no [redacted:email]' },
      ]);
      // Caught and recorded: not a failure. Gone through: one.
      expect(runOf([{ id: 1, name: 'x', events }]).status).toBe('success');
      exception.set('exception.escaped', 'true');
      expect(runOf([{ id: 1, name: 'x', events }]).status).toBe('failure');
    });

    it('name a number of HTTP, and something in any case', () => {
      const code = (attributes: SpanSketch['attributes']) =>
        runOf([{ id: 1, name: 'x', status: { code: 2 }, ...(attributes ? { attributes } : {}) }])
          .failures[0];
      expect(code({ 'error.type': '429' })?.failure_code).toBe('http_429');
      expect(code({ 'http.response.status_code': 503 })?.failure_code).toBe('http_503');
      expect(code({ 'error.type': '_OTHER' })).toMatchObject({
        failure_code: 'error',
        message: 'error',
      });
      expect(code({})).toMatchObject({ failure_code: 'error', message: 'error' });
    });
  });

  describe('spans that come in several requests', () => {
    it('give the same run however they are divided and ordered', () => {
      const whole = fc.constantFrom(...Object.values(FAMILIES), treeOf(40));
      fc.assert(
        fc.property(
          whole,
          fc.array(fc.nat(3), { minLength: 60, maxLength: 60 }),
          fc.infiniteStream(fc.nat()),
          (sketches, requests, shuffle) => {
            const spans = spansOf(sketches);
            const [once] = mapTraces(spans, REDACT);
            const mixed = spans
              .map((span, index) => ({
                span,
                request: requests[index] ?? 0,
                key: shuffle.next().value ?? 0,
              }))
              .toSorted((a, b) => a.key - b.key);
            const stored = [0, 1, 2, 3].flatMap((request) => {
              const part: OtlpSpan[] = mixed
                .filter((each) => each.request === request)
                .map(({ span }) => span);
              // As a store gives them back.
              return mapTraces(part, REDACT).flatMap(({ steps }) => structuredClone(steps));
            });
            const { order, ...derived } = deriveRun(stored);
            expect(order).toEqual(once?.steps.map(({ step_id }) => step_id));
            expect(once).toMatchObject(derived);
          },
        ),
        { numRuns: 300 },
      );
    });

    it('are a running run until the root has come', () => {
      const late = runOf(GEN_AI.filter(({ id }) => id !== 1));
      expect(late).toMatchObject({
        status: 'running',
        ended_at: null,
        is_root_ended: false,
        agent_id: 'travel-service',
      });
      expect(deriveRun(late.steps, true)).toMatchObject({
        status: 'partial',
        ended_at: '2026-11-21T17:00:01.000000Z',
      });
    });

    it('end with an agent whose caller is elsewhere or unknown, and wait for a parent of its own process', () => {
      const agent = (is_parent_remote: boolean | null): SpanSketch => ({
        id: 2,
        parent: 1,
        is_parent_remote,
        name: 'invoke_agent',
        attributes: { 'gen_ai.operation.name': 'invoke_agent' },
      });
      expect(runOf([agent(true)]).is_root_ended).toBe(true);
      expect(runOf([agent(null)]).is_root_ended).toBe(true);
      const waiting = runOf([agent(false)]);
      expect(waiting.is_root_ended).toBe(false);
      // Where the parent is never sent, the agent tells how it ended.
      expect(deriveRun(waiting.steps, true).status).toBe('success');
    });

    it('count once when they come twice', () => {
      const spans = spansOf(GEN_AI);
      expect(mapTraces([...spans, ...spans], REDACT)).toEqual(mapTraces(spans, REDACT));
    });
  });

  it('makes one run of each trace', () => {
    const other = 'ffffffffffffffffffffffffffffffff';
    const runs = mapTraces([...spansOf(GEN_AI), ...spansOf(AI_SDK, {}, other)], REDACT);
    expect(
      runs.map(({ run_id, agent_id, environment }) => [run_id, agent_id, environment]),
    ).toEqual([
      ['4bf92f35-77b3-4da6-a3ce-929d0e0e4736', 'Trip Planner', 'staging'],
      ['ffffffff-ffff-ffff-ffff-ffffffffffff', 'trip-agent', 'production'],
    ]);
    const [first, second] = runs.map(({ steps }) => steps[0]?.step_id);
    expect(first).not.toBe(second);
  });

  it('survives spans that are their own ancestors, and long chains', () => {
    const ring = runOf([
      { id: 1, parent: 2, name: 'a' },
      { id: 2, parent: 1, name: 'b' },
      { id: 3, parent: 3, name: 'c' },
    ]);
    expect(ring.steps).toHaveLength(3);
    const chain = Array.from({ length: 10_000 }, (_, index): SpanSketch => ({
      id: index + 1,
      ...(index === 0 ? {} : { parent: index }),
      start: index,
      end: 20_000,
      name: 'x',
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 1 },
    }));
    expect(runOf(chain).usage.input_tokens).toBe(1);
  });

  it('keeps metadata within what may be stored, and says what it left out', () => {
    const attributes = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`acme.${index}`, 'é\u0001'.repeat(400)]),
    );
    const [step] = runOf([{ id: 1, name: 'x', attributes }]).steps;
    const size = Buffer.byteLength(JSON.stringify(step?.metadata));
    expect(size).toBeGreaterThan(50_000);
    expect(size).toBeLessThanOrEqual(65_536);
    expect(step?.metadata['otel']).toMatchObject({ dropped_attributes: expect.any(Number) });
  });

  it('knows words only that it knows: names of object properties are none', () => {
    for (const word of ['constructor', '__proto__', 'toString'])
      expect(
        runOf([
          {
            id: 1,
            name: 'x',
            attributes: {
              'gen_ai.operation.name': word,
              'openinference.span.kind': word,
              __proto__: 1,
            },
          },
        ]).steps[0]?.step_type,
      ).toBe('other');
  });
});

/** A trace with every kind of span at many depths. */
function treeOf(count: number): SpanSketch[] {
  const operations = ['invoke_agent', 'chat', 'execute_tool', 'embeddings', 'agent_step', 'plan'];
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    ...(index === 0 ? {} : { parent: Math.ceil(index / 2) }),
    start: (index * 7) % 20,
    name: `s${index}`,
    is_parent_remote: index % 5 === 0 ? null : false,
    status: { code: index % 3 === 0 ? 2 : 0 },
    attributes: {
      'gen_ai.operation.name': operations[index % operations.length] ?? 'chat',
      'gen_ai.usage.input_tokens': index,
      ...(index % 4 === 0 ? { 'gen_ai.usage.output_tokens': index } : {}),
    },
  }));
}
