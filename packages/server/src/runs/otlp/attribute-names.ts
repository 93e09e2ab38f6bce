/**
 * Which attributes tell a figure or a name, in the order in which they are believed. The families, from the present to
 * the old: OpenTelemetry GenAI (`gen_ai.*`), OpenInference (`llm.*`, `tool.*`), OpenLLMetry of Traceloop
 * (`traceloop.*`, `llm.usage.*`), the `ai` SDK (`ai.*`).
 */
export const FIGURES = {
  input_tokens: [
    'gen_ai.usage.input_tokens',
    'llm.token_count.prompt',
    'gen_ai.usage.prompt_tokens',
    'llm.usage.prompt_tokens',
    'ai.usage.inputTokens',
    'ai.usage.promptTokens',
    'ai.usage.tokens',
  ],
  output_tokens: [
    'gen_ai.usage.output_tokens',
    'llm.token_count.completion',
    'gen_ai.usage.completion_tokens',
    'llm.usage.completion_tokens',
    'ai.usage.outputTokens',
    'ai.usage.completionTokens',
  ],
  cached_input_tokens: [
    'gen_ai.usage.cache_read.input_tokens',
    'llm.token_count.prompt_details.cache_read',
    'gen_ai.usage.cache_read_input_tokens',
    'gen_ai.usage.cached_input_tokens',
    'llm.usage.cache_read_input_tokens',
    'ai.usage.cachedInputTokens',
    'ai.usage.inputTokenDetails.cacheReadTokens',
  ],
  reasoning_tokens: [
    'gen_ai.usage.reasoning.output_tokens',
    'llm.token_count.completion_details.reasoning',
    'gen_ai.usage.reasoning_tokens',
    'llm.usage.reasoning_tokens',
    'ai.usage.reasoningTokens',
    'ai.usage.outputTokenDetails.reasoningTokens',
  ],
  cost_usd: [
    'llm.cost.total',
    'gen_ai.usage.cost',
    'gen_ai.usage.cost_usd',
    'gen_ai.usage.total_cost',
    'gen_ai.cost.usd',
    'operation.cost',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Halves of a cost that has no sum of its own. */
export const COST_PARTS = [
  ['llm.cost.prompt', 'llm.cost.completion'],
  ['gen_ai.usage.input_cost', 'gen_ai.usage.output_cost'],
] as const;

export const TOTAL_TOKENS = [
  'gen_ai.usage.total_tokens',
  'llm.token_count.total',
  'llm.usage.total_tokens',
  'ai.usage.totalTokens',
] as const;

export const NAMES = {
  /** The model that answered, else the one that was asked. */
  model: [
    'gen_ai.response.model',
    'llm.response.model_name',
    'llm.model_name',
    'ai.response.model',
    'llm.response.model',
    'gen_ai.request.model',
    'llm.request.model_name',
    'llm.request.model',
    'ai.model.id',
    'embedding.model_name',
    'reranker.model_name',
  ],
  provider: [
    'gen_ai.provider.name',
    'llm.provider',
    'gen_ai.system',
    'llm.system',
    'llm.vendor',
    'ai.model.provider',
  ],
  tool: [
    'gen_ai.tool.name',
    'tool.name',
    'ai.toolCall.name',
    'traceloop.entity.name',
    'mcp.tool.name',
  ],
  agent: ['gen_ai.agent.name', 'agent.name', 'gen_ai.agent.id'],
  agent_version: ['gen_ai.agent.version', 'agent.version'],
  conversation: [
    'gen_ai.conversation.id',
    'session.id',
    'traceloop.association.properties.session_id',
    'ai.telemetry.metadata.sessionId',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Names that are an agent's only on a span that is one. */
export const AGENT_SPAN_NAMES = [
  'traceloop.entity.name',
  'traceloop.workflow.name',
  'gen_ai.workflow.name',
  'ai.telemetry.functionId',
  'resource.name',
] as const;

/** Attributes of a resource. */
export const RESOURCE = {
  service: ['service.name'],
  version: ['service.version'],
  environment: ['deployment.environment.name', 'deployment.environment'],
} as const;

/** Attributes that hold what was said, asked and answered, whole or below a prefix that ends in a dot. */
const CONTENT = new Set([
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.system_instructions',
  'gen_ai.tool.definitions',
  'gen_ai.tool.call.arguments',
  'gen_ai.tool.call.result',
  'gen_ai.tool.args',
  'gen_ai.prompt',
  'gen_ai.completion',
  'gen_ai.input',
  'gen_ai.output',
  'gen_ai.retrieval.query.text',
  'gen_ai.retrieval.documents',
  'gen_ai.memory.records',
  'gen_ai.memory.query.text',
  'gen_ai.evaluation.explanation',
  'input.value',
  'output.value',
  'llm.input_messages',
  'llm.output_messages',
  'llm.prompts',
  'llm.completions',
  'llm.function_call',
  'llm.tools',
  'llm.headers',
  'tool.parameters',
  'tool_call.function.arguments',
  'retrieval.documents',
  'traceloop.entity.input',
  'traceloop.entity.output',
  'mcp.request.argument',
  'mcp.response.value',
  'ai.prompt',
  'ai.response.text',
  'ai.response.object',
  'ai.response.toolCalls',
  'ai.response.reasoning',
  'ai.response.files',
  'ai.toolCall.args',
  'ai.toolCall.result',
  'ai.value',
  'ai.values',
  'ai.embedding',
  'ai.embeddings',
  'ai.documents',
  'ai.ranking',
  'ai.schema',
  'exception.stacktrace',
]);
const CONTENT_PREFIXES = [
  'gen_ai.prompt.',
  'gen_ai.completion.',
  'gen_ai.content.',
  'gen_ai.tool.definitions.',
  'llm.input_messages.',
  'llm.output_messages.',
  'llm.prompts.',
  'llm.completions.',
  'llm.prompt_template.',
  'llm.tools.',
  'llm.request.functions.',
  'input.images.',
  'input.documents.',
  'output.images.',
  'retrieval.documents.',
  'reranker.',
  'embedding.embeddings.',
  'embedding.text',
  'embedding.vector',
  'message.',
  'document.',
  'ai.prompt.',
  'ai.request.headers.',
  'ai.decision.',
  'traceloop.prompt.template',
];
/** What lies below one of these prefixes and still only names something. */
const NO_CONTENT = new Set([
  'gen_ai.prompt.name',
  'gen_ai.prompt.version',
  'gen_ai.prompt.id',
  'llm.prompt_template.version',
  'reranker.model_name',
  'reranker.top_k',
  'message.role',
  'document.id',
  'document.score',
]);

/** Whether an attribute of the known families holds content, which is stored only where a tenant allows it. */
export function holdsContent(name: string): boolean {
  if (CONTENT.has(name)) return true;
  return CONTENT_PREFIXES.some((prefix) => name.startsWith(prefix)) && !NO_CONTENT.has(name);
}
