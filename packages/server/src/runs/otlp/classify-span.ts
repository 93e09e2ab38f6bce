import { type StepType } from '@cairn/protocol';
import { NAMES } from './attribute-names.ts';
import { type Attributes, type OtlpSpan } from './contract.ts';

/** What a span is in the tree of a run: it decides whose tokens count and who the agent is. */
export type SpanRole = 'agent' | 'model' | 'tool' | 'retrieve' | 'other';

/** A span's role and type, and whether it is a call of a provider whose figures are its own. */
export interface SpanClass {
  readonly role: SpanRole;
  readonly step_type: StepType;
  readonly is_call: boolean;
}

const AGENT: SpanClass = { role: 'agent', step_type: 'other', is_call: false };
const MODEL: SpanClass = { role: 'model', step_type: 'respond', is_call: true };
const TOOL: SpanClass = { role: 'tool', step_type: 'tool', is_call: false };
const RETRIEVE: SpanClass = { role: 'retrieve', step_type: 'retrieve', is_call: true };
/** A retrieval that is made of calls which are spans too. */
const RETRIEVALS: SpanClass = { role: 'retrieve', step_type: 'retrieve', is_call: false };
const PLAN: SpanClass = { role: 'other', step_type: 'plan', is_call: true };
const OTHER: SpanClass = { role: 'other', step_type: 'other', is_call: false };

const OPENINFERENCE: ReadonlyMap<string, SpanClass> = new Map(
  Object.entries({
    LLM: MODEL,
    EMBEDDING: RETRIEVE,
    RETRIEVER: RETRIEVALS,
    RERANKER: RETRIEVE,
    TOOL,
    AGENT,
    DECISION: PLAN,
    CHAIN: OTHER,
    GUARDRAIL: OTHER,
    EVALUATOR: OTHER,
    PROMPT: OTHER,
  }),
);

const GEN_AI: ReadonlyMap<string, SpanClass> = new Map(
  Object.entries({
    chat: MODEL,
    completion: MODEL,
    text_completion: MODEL,
    generate_content: MODEL,
    generate: MODEL,
    call_llm: MODEL,
    embeddings: RETRIEVE,
    embedding: RETRIEVE,
    retrieval: RETRIEVALS,
    rerank: RETRIEVE,
    search_memory: RETRIEVALS,
    execute_tool: TOOL,
    invoke_agent: AGENT,
    invoke_workflow: AGENT,
    plan: PLAN,
    decide: PLAN,
    agent_step: OTHER,
    create_agent: OTHER,
  }),
);

const TRACELOOP: ReadonlyMap<string, SpanClass> = new Map(
  Object.entries({
    workflow: AGENT,
    agent: AGENT,
    tool: TOOL,
    task: OTHER,
  }),
);

const REQUEST_TYPE: ReadonlyMap<string, SpanClass> = new Map(
  Object.entries({
    chat: MODEL,
    completion: MODEL,
    embedding: RETRIEVE,
    rerank: RETRIEVE,
  }),
);

const AI_SDK: readonly (readonly [RegExp, SpanClass])[] = [
  [/^ai\.(?:generate|stream)(?:Text|Object)\.do(?:Generate|Stream)$/, MODEL],
  [/^ai\.(?:generate|stream)(?:Text|Object)$/, AGENT],
  [/^ai\.(?:embed|embedMany|rerank)\.do(?:Embed|Rerank)$/, RETRIEVE],
  [/^ai\.(?:embed|embedMany|rerank)$/, RETRIEVALS],
  [/^ai\.toolCall$/, TOOL],
  [/^ai\.decide\.doDecide$/, PLAN],
];

const VECTOR_STORES = new Set([
  'pinecone',
  'chroma',
  'qdrant',
  'weaviate',
  'milvus',
  'marqo',
  'lancedb',
  'pgvector',
]);

/** What a span is, by the most telling attribute that it has: a word nobody knows is passed over for the next one. */
export function classifySpan(span: OtlpSpan): SpanClass {
  const { attributes } = span;
  const by_word =
    OPENINFERENCE.get(textOf(attributes, 'openinference.span.kind').toUpperCase()) ??
    GEN_AI.get(textOf(attributes, 'gen_ai.operation.name')) ??
    TRACELOOP.get(textOf(attributes, 'traceloop.span.kind'));
  if (by_word) return by_word;
  const operation = textOf(attributes, 'ai.operationId');
  if (operation !== '') {
    const found = AI_SDK.find(([pattern]) => pattern.test(operation));
    if (found) return found[1];
  }
  const by_type = REQUEST_TYPE.get(textOf(attributes, 'llm.request.type'));
  if (by_type) return by_type;
  if (attributes.has('gen_ai.tool.name') || textOf(attributes, 'mcp.method.name') === 'tools/call')
    return TOOL;
  const store = textOf(attributes, 'db.system.name') || textOf(attributes, 'db.system');
  if (VECTOR_STORES.has(store)) return RETRIEVALS;
  return NAMES.model.some((name) => attributes.has(name)) ? MODEL : OTHER;
}

/** An attribute that is text, or empty text. */
export function textOf(attributes: Attributes, name: string): string {
  const value = attributes.get(name);
  return typeof value === 'string' ? value : '';
}

/** The first of some attributes that is text and not empty, with its name. */
export function firstText(
  attributes: Attributes,
  names: readonly string[],
): { readonly name: string; readonly text: string } | null {
  for (const name of names) {
    const value = attributes.get(name);
    if (typeof value === 'string' && value.trim() !== '') return { name, text: value };
    if (typeof value === 'number') return { name, text: String(value) };
  }
  return null;
}
