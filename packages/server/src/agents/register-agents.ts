import {
  AgentDefinition,
  compileSelector,
  requestTag,
  SCHEMAS,
  type Selector,
} from '@cairn/protocol';
import { Value } from 'typebox/value';
import { AppError, isUuid, messageOf, type Log } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Handle } from '../db/index.ts';
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
    breadcrumbs: Breadcrumbs;
    identity: IdentityStore;
    deliveries: DeliveryStore;
    runs: RunStore;
    log: Log;
  },
): void {
  const { events, breadcrumbs, identity, deliveries, runs, log } = ports;
  dispatcher.defineQueue(AGENTS_QUEUE, toRunDelivery);
  dispatcher.project({ schema_name: SCHEMAS.agent_definition }, async (tx, event) => {
    const agent = { owner_id: event.owner_id, agent_id: event.breadcrumb_id };
    const selectors =
      event.kind === 'deleted'
        ? []
        : readTriggers(event.breadcrumb_id, await contextOf(event, breadcrumbs, tx), log);
    if (selectors.length > 0)
      await identity.ensureAgent(agentPrincipal(agent.owner_id, agent.agent_id), undefined, tx);
    await events.replaceSubscriptions(agent, AGENTS_QUEUE, selectors, tx);
  });
  dispatcher.project({ schema_name: SCHEMAS.tool_response }, async (tx, event) => {
    const answer =
      event.kind === 'created'
        ? readAnswer(event.tags, await contextOf(event, breadcrumbs, tx))
        : null;
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

/** The log does not hold what is secret; it is read where it is kept. Null when it is gone. */
async function contextOf(
  event: LoggedEvent,
  breadcrumbs: Breadcrumbs,
  tx: Handle,
): Promise<unknown> {
  if (event.sensitivity !== 'secret') return event.context;
  const reader: Principal = {
    ...agentPrincipal(event.owner_id, event.breadcrumb_id),
    roles: ['curator'],
  };
  return breadcrumbs.getFull(reader, event.breadcrumb_id, tx).then(
    ({ context }) => context,
    (error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') return null;
      throw error;
    },
  );
}

/**
 * Messages of one conversation reach an agent one after the other. What it wrote itself does not trigger it.
 * A message is said once: to edit it, or to tag it, does not ask for a second answer. Other records (a task, a prepared
 * context) trigger an agent with each version, since for these a change is news.
 */
function toRunDelivery(
  event: LoggedEvent,
  agent_id: string | null,
): Omit<NewDelivery, 'queue' | 'owner_id'> | null {
  if (agent_id === null || event.updated_by === agent_id) return null;
  if (event.schema_name === SCHEMAS.user_message && event.kind !== 'created') return null;
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
function readTriggers(breadcrumb_id: string, context: unknown, log: Log): Selector[] {
  const refuse = (reason: string) => {
    log.warn({ breadcrumb_id, reason }, 'an agent definition is not valid and was left out');
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
  tags: readonly string[],
  context: unknown,
): { request_id: string; output: unknown; is_error: boolean } | null {
  const said = (typeof context === 'object' && context !== null ? context : {}) as Record<
    string,
    unknown
  >;
  const tag = tags.find((each) => each.startsWith(requestTag('')));
  const request_id = said['request_id'] ?? said['requestId'] ?? tag?.slice(requestTag('').length);
  if (typeof request_id !== 'string' || !isUuid(request_id)) return null;
  const is_error = said['status'] === 'error';
  return { request_id, is_error, output: (is_error ? said['error'] : said['output']) ?? null };
}
