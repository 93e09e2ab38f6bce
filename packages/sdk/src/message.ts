import {
  SCHEMAS,
  sessionTag,
  TAGS,
  type AgentResponse,
  type BreadcrumbCreate,
  type BreadcrumbFull,
} from '@cairn/protocol';
import type { AnswerBreadcrumb, MessageInput } from './client-types.ts';
import { CairnError } from './errors.ts';

const TITLE_CHARS = 80;

/** A random id (UUIDv4). Not `crypto.randomUUID`, which browsers hide from pages on plain http. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte, at) => {
    const marked = at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte;
    return marked.toString(16).padStart(2, '0');
  });
  return [4, 6, 8, 10].reduceRight(
    (text, at) => `${text.slice(0, at * 2)}-${text.slice(at * 2)}`,
    hex.join(''),
  );
}

/** The `user.message.v1` breadcrumb of a message. */
export function messageBreadcrumb(input: MessageInput): BreadcrumbCreate {
  const conversation_id = input.conversation_id ?? randomId();
  return {
    title: titleOf(input.content),
    schema_name: SCHEMAS.user_message,
    tags: [...new Set([TAGS.user_message, sessionTag(conversation_id), ...(input.tags ?? [])])],
    context: { content: input.content, conversation_id },
  };
}

/** The first line, cut short; never in the middle of a surrogate pair, which would not be valid text. */
function titleOf(content: string): string {
  const line = content.trim().split('\n', 1)[0]?.trim() ?? '';
  if (line.length <= TITLE_CHARS) return line || 'Message';
  return `${line.slice(0, TITLE_CHARS - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/**
 * True when a context is that of an `agent.response.v1`: it has the text, and what caused it.
 *
 * @example
 * const found = await client.getBreadcrumb(id);
 * if (isAgentResponse(found.context)) console.log(found.context.content);
 */
export function isAgentResponse(context: unknown): context is AgentResponse {
  return (
    typeof context === 'object' &&
    context !== null &&
    'content' in context &&
    typeof context.content === 'string' &&
    'status' in context &&
    typeof context.status === 'string' &&
    'caused_by' in context &&
    typeof context.caused_by === 'object' &&
    context.caused_by !== null
  );
}

/**
 * Criteria for `waitForEvent` that only the answer to this message meets.
 *
 * @example
 * const answer = await bridge.waitForEvent(answerTo(message.id));
 */
export function answerTo(message_id: string): {
  schema_name: string;
  context_match: { path: string; op: string; value: string }[];
} {
  return {
    schema_name: SCHEMAS.agent_response,
    context_match: [{ path: '$.caused_by.trigger_id', op: 'eq', value: message_id }],
  };
}

/** Narrows a breadcrumb to an answer. @throws CairnError (`unexpected_answer`) when it is not one. */
export function asAnswer(breadcrumb: BreadcrumbFull): AnswerBreadcrumb {
  const { context } = breadcrumb;
  if (isAgentResponse(context)) return { ...breadcrumb, context };
  throw new CairnError({
    code: 'unexpected_answer',
    status: 200,
    detail: `Breadcrumb ${breadcrumb.id} is not an agent's answer: its context lacks content, status or caused_by`,
  });
}
