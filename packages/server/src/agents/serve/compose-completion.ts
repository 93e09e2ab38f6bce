import type { AgentResponse } from '@cairn/protocol';
import type { FinishReason } from '../models/index.ts';

/** Why an answer ends, in the words of the OpenAI wire. */
export type CompletionFinish = 'stop' | 'length' | 'content_filter';

/** What all parts of one answer say of themselves. */
export interface CompletionHead {
  readonly id: string;
  readonly model: string;
  /** Seconds since 1970. */
  readonly created: number;
}

/** An answer that a brake ended is cut off, as one that used up its tokens is. */
export function finishOf(
  { status }: Pick<AgentResponse, 'status'>,
  finish_reason: FinishReason | null,
): CompletionFinish {
  if (status === 'stopped' || finish_reason === 'length') return 'length';
  return finish_reason === 'content_filter' ? 'content_filter' : 'stop';
}

/** A whole answer. */
export function toCompletion(
  head: CompletionHead,
  response: AgentResponse,
  finish_reason: CompletionFinish,
) {
  const usage = usageOf(response);
  const message = { role: 'assistant', content: response.content, refusal: null };
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason }],
    ...(usage ? { usage } : {}),
    conversation_id: response.conversation_id,
  };
}

/** A part of an answer that is being written. */
export function toChunk(
  head: CompletionHead,
  delta: { readonly role?: 'assistant'; readonly content?: string },
  finish_reason: CompletionFinish | null = null,
) {
  return {
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  };
}

/** The part behind the last one, for clients that ask what an answer took. */
export function toUsageChunk(head: CompletionHead, response: AgentResponse) {
  return {
    ...head,
    object: 'chat.completion.chunk',
    choices: [],
    usage: usageOf(response),
  };
}

/** Null when no provider counted. */
function usageOf({ usage }: AgentResponse) {
  const { input_tokens, output_tokens } = usage;
  if (input_tokens === null && output_tokens === null) return null;
  const prompt_tokens = input_tokens ?? 0;
  const completion_tokens = output_tokens ?? 0;
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
