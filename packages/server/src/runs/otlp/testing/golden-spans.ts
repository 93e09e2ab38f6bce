import { type AttributeValue, type OtlpSpan } from '../contract.ts';

/** For tests: a trace as its instrumentation writes it, by the names in the documentation of each family. */
export interface SpanSketch {
  /** Counts up from 1; 0 is no span. */
  readonly id: number;
  readonly parent?: number;
  readonly name: string;
  readonly kind?: number;
  /** Milliseconds since the start of the trace. */
  readonly start?: number;
  readonly end?: number;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly status?: { readonly code: number; readonly message?: string };
  readonly events?: OtlpSpan['events'];
  readonly is_parent_remote?: boolean | null;
}

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const STARTED_US = 1_795_280_400_000_000;

export const SERVICE: Readonly<Record<string, AttributeValue>> = {
  'service.name': 'travel-service',
  'service.version': '2.1.0',
  'deployment.environment.name': 'staging',
};

/** The span id that a sketch's number stands for. */
export function spanId(id: number): string {
  return `00f067aa0ba9${id.toString(16).padStart(4, '0')}`;
}

/** Spans as the decoders give them. */
export function spansOf(
  sketches: readonly SpanSketch[],
  service: Readonly<Record<string, AttributeValue>> = SERVICE,
  trace_id = TRACE_ID,
): OtlpSpan[] {
  const resource = { attributes: new Map(Object.entries(service)) };
  const scope = { name: 'golden', version: '1.0.0' };
  return sketches.map((each) => ({
    trace_id,
    span_id: spanId(each.id),
    parent_span_id: each.parent === undefined ? null : spanId(each.parent),
    is_parent_remote: each.is_parent_remote ?? null,
    name: each.name,
    kind: each.kind ?? 1,
    started_us: STARTED_US + (each.start ?? each.id) * 1000,
    ended_us: STARTED_US + (each.end ?? 1000) * 1000,
    attributes: new Map(Object.entries(each.attributes ?? {})),
    dropped_attributes: 0,
    events: each.events ?? [],
    status_code: each.status?.code ?? 0,
    status_message: each.status?.message ?? '',
    resource,
    scope,
  }));
}

/** The latest OpenTelemetry GenAI: an agent that plans, retrieves, calls a tool and two models. */
export const GEN_AI: readonly SpanSketch[] = [
  {
    id: 1,
    name: 'invoke_agent Trip Planner',
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'openai',
      'gen_ai.agent.name': 'Trip Planner',
      'gen_ai.agent.id': 'asst_5j66',
      'gen_ai.agent.version': '2026-05-01',
      'gen_ai.conversation.id': 'conv_5j66',
      'gen_ai.usage.input_tokens': 300,
      'gen_ai.usage.output_tokens': 90,
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"SAID"}]}]',
    },
  },
  {
    id: 2,
    parent: 1,
    name: 'plan',
    attributes: { 'gen_ai.operation.name': 'plan' },
  },
  {
    id: 3,
    parent: 1,
    name: 'chat gpt-4o',
    kind: 3,
    start: 10,
    end: 260,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.request.temperature': 0.2,
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 40,
      'gen_ai.usage.cache_read.input_tokens': 64,
      'gen_ai.usage.reasoning.output_tokens': 16,
      'gen_ai.system_instructions': '[{"type":"text","content":"SAID"}]',
      'gen_ai.output.messages': '[{"role":"assistant","parts":[{"content":"SAID"}]}]',
      'acme.shard': 'eu-1',
    },
  },
  {
    id: 4,
    parent: 1,
    name: 'retrieval kb',
    start: 270,
    attributes: {
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.data_source.id': 'kb_1',
      'gen_ai.retrieval.query.text': 'SAID',
    },
  },
  {
    id: 5,
    parent: 1,
    name: 'execute_tool get_weather',
    start: 280,
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'get_weather',
      'gen_ai.tool.call.id': 'call_1',
      'gen_ai.tool.call.arguments': '{"city":"SAID"}',
      'gen_ai.tool.call.result': '{"text":"SAID"}',
    },
  },
  {
    id: 6,
    parent: 1,
    name: 'chat gpt-4o',
    kind: 3,
    start: 300,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 200,
      'gen_ai.usage.output_tokens': 50,
    },
  },
];

/** OpenTelemetry GenAI as it was up to 1.36. */
export const GEN_AI_OLD: readonly SpanSketch[] = [
  {
    id: 1,
    name: 'chat mistral-large',
    attributes: {
      'gen_ai.system': 'mistral_ai',
      'gen_ai.request.model': 'mistral-large',
      'gen_ai.usage.prompt_tokens': 12,
      'gen_ai.usage.completion_tokens': '7',
      'gen_ai.prompt.0.role': 'user',
      'gen_ai.prompt.0.content': 'SAID',
      'gen_ai.completion.0.content': 'SAID',
    },
    events: [
      {
        name: 'gen_ai.user.message',
        at_us: STARTED_US,
        attributes: new Map([['content', 'SAID']]),
      },
    ],
  },
];

/** OpenInference, as LangChain or LlamaIndex instrumented by it. */
export const OPENINFERENCE: readonly SpanSketch[] = [
  {
    id: 1,
    name: 'AgentExecutor',
    attributes: {
      'openinference.span.kind': 'AGENT',
      'agent.name': 'researcher',
      'session.id': 's-1',
      'input.value': 'SAID',
      'input.mime_type': 'text/plain',
      'output.value': 'SAID',
    },
  },
  { id: 2, parent: 1, name: 'Chain', attributes: { 'openinference.span.kind': 'CHAIN' } },
  {
    id: 3,
    parent: 2,
    name: 'VectorRetriever',
    attributes: {
      'openinference.span.kind': 'RETRIEVER',
      'retrieval.documents.0.document.content': 'SAID',
      'retrieval.documents.0.document.score': 0.9,
    },
  },
  {
    id: 4,
    parent: 3,
    name: 'Embedding',
    attributes: {
      'openinference.span.kind': 'EMBEDDING',
      'embedding.model_name': 'text-embedding-3-small',
      'llm.token_count.prompt': 5,
      'embedding.embeddings.0.embedding.text': 'SAID',
    },
  },
  {
    id: 5,
    parent: 2,
    name: 'ChatAnthropic',
    attributes: {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'claude-sonnet',
      'llm.provider': 'anthropic',
      'llm.token_count.prompt': 20,
      'llm.token_count.completion': 10,
      'llm.token_count.prompt_details.cache_read': 4,
      'llm.token_count.completion_details.reasoning': 3,
      'llm.cost.total': 0.0066,
      'llm.input_messages.0.message.content': 'SAID',
      'llm.output_messages.0.message.content': 'SAID',
      'llm.invocation_parameters': '{"temperature":0}',
    },
  },
  {
    id: 6,
    parent: 2,
    name: 'run',
    attributes: {
      'openinference.span.kind': 'TOOL',
      'tool.name': 'calculator',
      'tool.parameters': '{"x":"SAID"}',
    },
  },
];

/** OpenLLMetry of Traceloop. */
export const TRACELOOP: readonly SpanSketch[] = [
  {
    id: 1,
    name: 'joke_creation.workflow',
    attributes: {
      'traceloop.span.kind': 'workflow',
      'traceloop.entity.name': 'joke_creation',
      'traceloop.entity.version': '3',
      'traceloop.workflow.name': 'joke_creation',
      'traceloop.entity.input': '{"x":"SAID"}',
      'traceloop.association.properties.session_id': 'sess-9',
    },
  },
  {
    id: 2,
    parent: 1,
    name: 'create.task',
    attributes: {
      'traceloop.span.kind': 'task',
      'traceloop.entity.name': 'create',
      'traceloop.entity.output': 'SAID',
    },
  },
  {
    id: 3,
    parent: 2,
    name: 'openai.chat',
    kind: 3,
    attributes: {
      'llm.request.type': 'chat',
      'gen_ai.system': 'openai',
      'gen_ai.request.model': 'gpt-3.5-turbo',
      'llm.usage.total_tokens': 33,
      'gen_ai.usage.prompt_tokens': 22,
      'gen_ai.usage.completion_tokens': 11,
      'gen_ai.usage.cache_read_input_tokens': 8,
      'llm.headers': '{"authorization":"SAID"}',
      'llm.is_streaming': false,
    },
  },
  {
    id: 4,
    parent: 2,
    name: 'lookup.tool',
    attributes: { 'traceloop.span.kind': 'tool', 'traceloop.entity.name': 'lookup' },
  },
  { id: 5, parent: 2, name: 'pinecone.query', attributes: { 'db.system': 'pinecone' } },
];

/** The `ai` SDK's own spans (`LegacyOpenTelemetry`), whose outer span repeats the figures of the inner ones. */
export const AI_SDK: readonly SpanSketch[] = [
  {
    id: 1,
    name: 'ai.generateText',
    attributes: {
      'operation.name': 'ai.generateText trip-agent',
      'resource.name': 'trip-agent',
      'ai.operationId': 'ai.generateText',
      'ai.telemetry.functionId': 'trip-agent',
      'ai.model.id': 'gpt-4o',
      'ai.model.provider': 'openai.chat',
      'ai.prompt': '{"prompt":"SAID"}',
      'ai.response.text': 'SAID',
      'ai.response.finishReason': 'stop',
      'ai.settings.maxRetries': 2,
      'ai.usage.inputTokens': 30,
      'ai.usage.outputTokens': 12,
      'ai.usage.totalTokens': 42,
    },
  },
  ...[2, 4].map((id) => ({
    id,
    parent: 1,
    name: 'ai.generateText.doGenerate',
    attributes: {
      'operation.name': 'ai.generateText.doGenerate trip-agent',
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.model.id': 'gpt-4o',
      'ai.model.provider': 'openai.chat',
      'ai.prompt.messages': 'SAID',
      'ai.response.model': 'gpt-4o-2024-08-06',
      'ai.response.providerMetadata': '{"openai":"SAID"}',
      'ai.usage.inputTokens': 15,
      'ai.usage.outputTokens': 6,
      'ai.usage.cachedInputTokens': 5,
      'gen_ai.system': 'openai.chat',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 15,
      'gen_ai.usage.output_tokens': 6,
    },
  })),
  {
    id: 3,
    parent: 1,
    name: 'ai.toolCall',
    attributes: {
      'operation.name': 'ai.toolCall',
      'ai.operationId': 'ai.toolCall',
      'ai.toolCall.name': 'weather',
      'ai.toolCall.id': 'call_2',
      'ai.toolCall.args': '{"city":"SAID"}',
      'ai.toolCall.result': '"SAID"',
    },
  },
];

/** The `ai` SDK 7 with its `OpenTelemetry` integration: an agent, its steps, and their calls. */
export const AI_SDK_7: readonly SpanSketch[] = [
  {
    id: 1,
    name: 'invoke_agent gpt-4o',
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.agent.name': 'trip-agent',
      'gen_ai.usage.input_tokens': 15,
      'gen_ai.usage.output_tokens': 6,
    },
  },
  { id: 2, parent: 1, name: 'step 1', attributes: { 'gen_ai.operation.name': 'agent_step' } },
  {
    id: 3,
    parent: 2,
    name: 'chat gpt-4o',
    kind: 3,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 15,
      'gen_ai.usage.output_tokens': 6,
      'gen_ai.client.operation.duration': 0.8,
    },
  },
  {
    id: 4,
    parent: 2,
    name: 'execute_tool weather',
    attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'weather' },
  },
];

/** Every family by its name. */
export const FAMILIES: Readonly<Record<string, readonly SpanSketch[]>> = {
  GEN_AI,
  GEN_AI_OLD,
  OPENINFERENCE,
  TRACELOOP,
  AI_SDK,
  AI_SDK_7,
};
