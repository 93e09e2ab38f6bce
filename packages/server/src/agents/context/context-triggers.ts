import {
  AgentContext,
  SCHEMAS,
  WELL_KNOWN,
  type BreadcrumbFull,
  type Selector,
} from '@cairn/protocol';
import { Value } from 'typebox/value';
import type { LoggedEvent } from '../../events/index.ts';
import type { NewDelivery } from '../../queue/index.ts';
import { conversationOf } from '../assemble-conversation.ts';
import { isAddressed } from '../serve/address-message.ts';

/** Messages whose contexts are to be gathered, for agents that are triggered by `agent.context.v1`. */
export const CONTEXTS_QUEUE = 'agent-contexts';

/** A message, for the agent that is to have its context. */
export interface ContextPayload {
  readonly agent_id: string;
  readonly trigger_id: string;
  readonly conversation_id: string;
}

/** What an agent with these triggers has contexts gathered for: every message, if it is triggered by contexts. */
export function contextSelectors(triggers: readonly Selector[]): Selector[] {
  const is_prepared = triggers.some(({ schema_name }) => schema_name === SCHEMAS.agent_context);
  return is_prepared ? [{ schema_name: SCHEMAS.user_message }] : [];
}

/** One delivery for each message and agent; those of one conversation one after the other. */
export function toContextDelivery(
  event: LoggedEvent,
  agent_id: string | null,
): Omit<NewDelivery, 'queue' | 'owner_id'> | null {
  if (agent_id === null || event.kind !== 'created' || event.updated_by === agent_id) return null;
  // It reaches its agent directly, and the context is gathered in the run.
  if (isAddressed(event)) return null;
  const conversation_id = conversationOf(event.breadcrumb_id, event.tags, event.context);
  const payload: ContextPayload = { agent_id, trigger_id: event.breadcrumb_id, conversation_id };
  return {
    dedupe_key: `${agent_id}:${event.breadcrumb_id}`,
    group_key: `${agent_id}:${conversation_id}`,
    payload,
    max_attempts: 4,
  };
}

/** Whether this is a context that was gathered to trigger its agent: nobody else writes in that name. */
export function isPrepared({ schema_name, updated_by }: LoggedEvent): boolean {
  return schema_name === SCHEMAS.agent_context && updated_by === WELL_KNOWN.context_builder;
}

/** Who wrote what a run answers: of a prepared context the author of the message that it was gathered for. */
export function authorOf(
  trigger: Pick<BreadcrumbFull, 'schema_name' | 'context' | 'created_by'>,
): string | null {
  const { schema_name, context, created_by } = trigger;
  const is_prepared =
    schema_name === SCHEMAS.agent_context && created_by === WELL_KNOWN.context_builder;
  if (!is_prepared || !Value.Check(AgentContext, context)) return created_by;
  return context.caused_by?.author ?? null;
}

/** Where the message of a prepared context comes from; unknown of a secret one. */
export function causeOf({ context }: LoggedEvent): {
  author: string | null;
  run_id: string | null;
} {
  const cause = Value.Check(AgentContext, context) ? context.caused_by : undefined;
  return cause ?? { author: null, run_id: null };
}
