/**
 * What the rest of the house knows of models: messages in, one answer out.
 * The shapes are our own, so that a recorded conversation outlives the provider and the library that made it.
 */

/** One message of a conversation. It is plain JSON: a run stores it and takes it up again after a crash. */
export type ModelMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string }
  | {
      role: 'assistant';
      content: string;
      tool_calls?: ToolCall[];
      /** From the answer this message came from; see `ModelAnswer.provider_turn`. */
      provider_turn?: ProviderTurn;
    }
  | { role: 'tool'; tool_call_id: string; tool: string; output: unknown; is_error: boolean };

/** A tool that the model wants run. `input` is JSON that nobody has checked against the tool's schema yet. */
export interface ToolCall {
  id: string;
  name: string;
  input: unknown;
}

/** A tool that the model may ask for. `input_schema` is a JSON Schema of an object. */
export interface ModelTool {
  name: string;
  description: string;
  input_schema: Record<string, unknown>;
}

/**
 * The assistant's turn as its provider wants to read it back: reasoning, signatures of tool calls.
 * Opaque JSON. It is used when the conversation goes on with the same `model` and ignored otherwise.
 */
export interface ProviderTurn {
  model: string;
  messages: unknown[];
}

/** One step of a model: the conversation so far, and what may be called. */
export interface ModelCall {
  /** `provider/model-id`, such as `openrouter/anthropic/claude-sonnet-5.5`, or `demo`. */
  model: string;
  messages: ModelMessage[];
  tools: ModelTool[];
  /** 0 to 2. Models that take no temperature ignore it. */
  temperature?: number;
  /** Most tokens of the answer. */
  max_tokens?: number;
  /** Stops the call; it then ends with a `ModelError` of class `cancelled`. */
  signal: AbortSignal;
  /** Called with each piece of text as it arrives. What was passed on is never taken back. */
  on_text?: (delta: string) => void;
  /** Called with each piece of what the model thinks. No part of the answer: after a new attempt it begins anew. */
  on_reasoning?: (delta: string) => void;
}

export type FinishReason = 'stop' | 'tool_calls' | 'length' | 'content_filter' | 'other';

/** What one step took. Tokens are null where the provider does not say. */
export interface ModelUsage {
  input_tokens: number | null;
  output_tokens: number | null;
  /** US dollars. A gateway gives it only where the provider itself tells what the call cost. */
  cost_usd?: number | null;
}

/** What a model said in one step. */
export interface ModelAnswer {
  text: string;
  /** Also calls of tools that were not offered: what to do with those is the run's decision. */
  tool_calls: ToolCall[];
  finish_reason: FinishReason;
  usage: ModelUsage;
  /** The model as the provider names it. */
  model: string;
  /** Present when the provider needs more than text and tool calls back: copy it into the assistant message. */
  provider_turn?: ProviderTurn;
}

/**
 * Why a call failed. `quota` is money or a plan that is used up: waiting does not help, a person must act.
 * `not_configured` is a model that this server has no key or address for.
 */
export type ModelErrorClass =
  | 'authentication'
  | 'rate_limit'
  | 'quota'
  | 'timeout'
  | 'unavailable'
  | 'invalid_request'
  | 'malformed_answer'
  | 'not_configured'
  | 'cancelled';

const RETRYABLE: ReadonlySet<ModelErrorClass> = new Set([
  'rate_limit',
  'timeout',
  'unavailable',
  'malformed_answer',
]);

/** A model call that failed. The message is for people and never holds a key. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly error_class: ModelErrorClass;
  /** Whether the same call may succeed later. The gateway has used up its own retries when this is thrown. */
  readonly is_retryable: boolean;
  /** How long the provider asked us to wait, in milliseconds, or null. */
  readonly retry_after_ms: number | null;

  constructor(
    error_class: ModelErrorClass,
    message: string,
    options: { is_retryable?: boolean; retry_after_ms?: number | null } = {},
  ) {
    super(message);
    this.error_class = error_class;
    this.is_retryable = options.is_retryable ?? RETRYABLE.has(error_class);
    this.retry_after_ms = options.retry_after_ms ?? null;
  }
}

/** The one door to models. */
export interface ModelGateway {
  /** What an agent gets whose definition names no model: `provider/model-id`, or `demo`. */
  readonly default_model: string;
  /**
   * One step of a model. Retries what is worth retrying until text has been passed to `on_text`.
   * @throws ModelError and nothing else, but for what `on_text` throws itself.
   */
  call(call: ModelCall): Promise<ModelAnswer>;
  /** The default model, for status pages. */
  describe(): { model: string; provider: string; is_demo: boolean };
}
