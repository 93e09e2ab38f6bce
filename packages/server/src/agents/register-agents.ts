import {
  AgentDefinition,
  compileSelector,
  requestTag,
  SCHEMAS,
  type Selector,
} from '@cairn/protocol';
import { Value } from 'typebox/value';
import { isUuid, messageOf, type Log } from '../base/index.ts';
import type { Dispatcher, EventStore, LoggedEvent } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type { DeliveryStore, NewDelivery } from '../queue/index.ts';
import { conversationOf } from './assemble-conversation.ts';
import type { RunStore } from './store.ts';

export const AGENTS_QUEUE = 'agents';

export interface RunPayload {
  readonly agent_id: string;
  readonly trigger_id: string;
  readonly trigger_version: number;
  readonly conversation_id: string;
}

/** As whom an agent acts: its principal has the id of its definition. */
export function agentPrincipal(owner_id: string, agent_id: string): Principal {
  return { owner_id, agent_id, roles: ['emitter', 'subscriber'] };
}

/**
 * Lets definitions and tool answers take effect as the log tells of them: a definition's selectors count for every
 * event after it, and an answer wakes the run that waits for it.
 */
export function registerAgents(
  dispatcher: Dispatcher,
  ports: {
    events: EventStore;
    identity: IdentityStore;
    deliveries: DeliveryStore;
    runs: RunStore;
    log: Log;
  },
): void {
  const { events, identity, deliveries, runs, log } = ports;
  dispatcher.defineQueue(AGENTS_QUEUE, toRunDelivery);
  dispatcher.project({ schema_name: SCHEMAS.agent_definition }, async (tx, event) => {
    const agent = { owner_id: event.owner_id, agent_id: event.breadcrumb_id };
    const selectors = event.kind === 'deleted' ? [] : readTriggers(event, log);
    if (selectors.length > 0)
      await identity.ensureAgent(agentPrincipal(agent.owner_id, agent.agent_id), undefined, tx);
    await events.replaceSubscriptions(agent, AGENTS_QUEUE, selectors, tx);
  });
  dispatcher.project({ schema_name: SCHEMAS.tool_response }, async (tx, event) => {
    const answer = event.kind === 'created' ? readAnswer(event) : null;
    const waiting =
      answer &&
      (await runs.answer(
        { ...answer, owner_id: event.owner_id, breadcrumb_id: event.breadcrumb_id },
        tx,
      ));
    if (waiting) await deliveries.wake([waiting], tx);
    return waiting ? [AGENTS_QUEUE] : [];
  });
}

/** Messages of one conversation reach an agent one after the other. What it wrote itself does not trigger it. */
function toRunDelivery(
  event: LoggedEvent,
  agent_id: string | null,
): Omit<NewDelivery, 'queue' | 'owner_id'> | null {
  if (agent_id === null || event.updated_by === agent_id) return null;
  const conversation_id = conversationOf(event.breadcrumb_id, event.tags, event.context);
  const payload: RunPayload = {
    agent_id,
    trigger_id: event.breadcrumb_id,
    trigger_version: event.version,
    conversation_id,
  };
  return {
    dedupe_key: `${agent_id}:${event.breadcrumb_id}:${event.version}`,
    group_key: `${agent_id}:${conversation_id}`,
    payload,
    max_attempts: 4,
  };
}

/** The selectors by which a definition is triggered. One that does not validate triggers nothing, and the log says why. */
function readTriggers(event: LoggedEvent, log: Log): Selector[] {
  const { context } = event;
  const refuse = (reason: string) => {
    log.warn(
      { breadcrumb_id: event.breadcrumb_id, reason },
      'an agent definition is not valid and was left out',
    );
    return [];
  };
  if (!Value.Check(AgentDefinition, context)) {
    const first = Value.Errors(AgentDefinition, context)[0];
    return refuse(
      first ? `${first.instancePath}: ${first.message}` : 'it does not fit agent.def.v1',
    );
  }
  const triggers = context.subscriptions.selectors.filter(({ role }) => role !== 'context');
  const selectors = triggers.map(({ any_tags, all_tags, schema_name, context_match }) => ({
    any_tags: any_tags ?? null,
    all_tags: all_tags ?? null,
    schema_name: schema_name ?? null,
    context_match: context_match ?? null,
  }));
  try {
    selectors.forEach(compileSelector);
    return selectors;
  } catch (error) {
    return refuse(messageOf(error));
  }
}

function readAnswer(
  event: LoggedEvent,
): { request_id: string; output: unknown; is_error: boolean } | null {
  const context = (
    typeof event.context === 'object' && event.context !== null ? event.context : {}
  ) as Record<string, unknown>;
  const tag = event.tags.find((each) => each.startsWith(requestTag('')));
  const request_id =
    context['request_id'] ?? context['requestId'] ?? tag?.slice(requestTag('').length);
  if (typeof request_id !== 'string' || !isUuid(request_id)) return null;
  const is_error = context['status'] === 'error';
  return {
    request_id,
    is_error,
    output: (is_error ? context['error'] : context['output']) ?? null,
  };
}
