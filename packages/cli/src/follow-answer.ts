import {
  SCHEMAS,
  sessionTag,
  type AgentDelta,
  type AgentResponse,
  type BreadcrumbEvent,
} from '@cairn/protocol';
import {
  CairnTimeoutError,
  isAgentResponse,
  isBreadcrumbEvent,
  type CairnClient,
  type ReceivedEvent,
} from '@cairn/sdk';

/** What happens on the way to an answer. */
export interface AnswerWatcher {
  onText(delta: AgentDelta): void;
  onToolRequest(context: Partial<Record<string, unknown>>): void;
  onToolResponse(context: Partial<Record<string, unknown>>): void;
}

/** The answer to one message. */
export interface FollowedAnswer {
  readonly id: string;
  readonly message_id: string;
  readonly response: AgentResponse;
}

/** After so many failures in a row to reach the stream the server counts as gone. */
const STREAM_FAILURES = 4;

/**
 * Sends a message and follows the conversation until the answer to it is there. It listens before it speaks, so nothing
 * is missed however fast the agent is.
 * @throws CairnTimeoutError after `timeout_ms` milliseconds, and what the client throws.
 */
export async function followAnswer(
  client: CairnClient,
  message: { content: string; conversation_id: string },
  timeout_ms: number,
  watcher: AnswerWatcher,
): Promise<FollowedAnswer> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(tooLate(timeout_ms)), timeout_ms);
  let sending: Promise<{ id: string }> | null = null;
  const send = (): Promise<{ id: string }> => {
    sending ??= client.sendMessage(message, { signal: stop.signal });
    return sending;
  };
  try {
    const events = client.streamEvents({
      selector: { all_tags: [sessionTag(message.conversation_id)] },
      types: ['breadcrumb.updated', 'agent.delta'],
      max_failures: STREAM_FAILURES,
      signal: stop.signal,
      // If it cannot be sent there is nothing to wait for.
      on_open: () => void send().catch((error: unknown) => stop.abort(error)),
    });
    for await (const event of events) {
      const { id } = await send();
      const answer = await readEvent(client, event, message.conversation_id, id, watcher);
      if (answer !== null) return answer;
    }
    throw stop.signal.reason;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

function tooLate(timeout_ms: number): CairnTimeoutError {
  return new CairnTimeoutError(
    `No answer within ${timeout_ms / 1_000} s. The message is stored and may still be answered; --timeout waits longer, \`cairn doctor\` looks for what is wrong.`,
    timeout_ms,
  );
}

/** Tells the watcher; the answer when this event is it, or null. */
async function readEvent(
  client: CairnClient,
  event: ReceivedEvent,
  conversation_id: string,
  message_id: string,
  watcher: AnswerWatcher,
): Promise<FollowedAnswer | null> {
  if (event.type === 'agent.delta') {
    // What a model thinks before it speaks is no part of its answer; its pieces count all the same.
    const piece = event.kind === 'reasoning' ? { ...event, text: '' } : event;
    if (event.trigger_id === message_id) watcher.onText(piece);
    return null;
  }
  if (event.type === 'resync') return findAnswer(client, conversation_id, message_id);
  if (!isBreadcrumbEvent(event)) return null;
  if (event.schema_name === SCHEMAS.agent_response) {
    const context = await contextOf(client, event);
    return asAnswer(event.breadcrumb_id, context, message_id);
  }
  if (event.schema_name === SCHEMAS.tool_request) watcher.onToolRequest(fieldsOf(event));
  if (event.schema_name === SCHEMAS.tool_response) watcher.onToolResponse(fieldsOf(event));
  return null;
}

/** Events may have been missed: the answer can be there already. */
async function findAnswer(
  client: CairnClient,
  conversation_id: string,
  message_id: string,
): Promise<FollowedAnswer | null> {
  const { items } = await client.listBreadcrumbs({
    tag: sessionTag(conversation_id),
    schema_name: SCHEMAS.agent_response,
    include_context: true,
  });
  for (const { id, context } of items) {
    const answer = asAnswer(id, context, message_id);
    if (answer !== null) return answer;
  }
  return null;
}

function asAnswer(id: string, context: unknown, message_id: string): FollowedAnswer | null {
  if (!isAgentResponse(context) || context.caused_by.trigger_id !== message_id) return null;
  return { id, message_id, response: context };
}

async function contextOf(client: CairnClient, event: BreadcrumbEvent): Promise<unknown> {
  return event.context ?? (await client.getBreadcrumb(event.breadcrumb_id)).context;
}

function fieldsOf({ context }: BreadcrumbEvent): Partial<Record<string, unknown>> {
  return typeof context === 'object' && context !== null ? { ...context } : {};
}
