import { ApprovalResponse, requestTag, SCHEMAS, WELL_KNOWN, type Selector } from '@cairn/protocol';
import { Value } from 'typebox/value';
import { AppError, isUuid } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Handle } from '../db/index.ts';
import type { Dispatcher, EventStore, LoggedEvent } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type { DeliveryStore, NewDelivery } from '../queue/index.ts';
import { TOOLS_QUEUE } from '../tools/index.ts';
import type { Approvals } from './approvals.ts';
import { followDefinitions, type CatalogChore } from './catalog/follow-definitions.ts';
import { conversationOf } from './assemble-conversation.ts';
import type { Run, RunOrigin } from './contract.ts';
import {
  causeOf,
  contextSelectors,
  CONTEXTS_QUEUE,
  isPrepared,
  toContextDelivery,
} from './context/context-triggers.ts';
import type { DefinitionRow, DefinitionStore } from './definition-store.ts';
import { nameOf, readDefinition } from './read-definition.ts';
import { ADDRESSED, isAddressed } from './serve/address-message.ts';
import { deliverAddressed } from './serve/deliver-addressed.ts';
import type { RunStore } from './store.ts';

export const AGENTS_QUEUE = 'agents';
/** Short work around runs: messages to agents that may be busy, status records of definitions, traces of runs. */
export const AGENT_CHORES_QUEUE = 'agent-chores';

export interface RunPayload {
  readonly agent_id: string;
  readonly trigger_id: string;
  readonly trigger_version: number;
  readonly conversation_id: string;
  /** Absent from deliveries of earlier releases. */
  readonly origin?: RunOrigin;
}

/** A message for an agent that may be busy, and does not let messages wait. */
export interface ArrivalChore {
  readonly kind: 'arrival';
  readonly run: RunPayload;
}
/** The status record of a definition is to be written. */
export interface StatusChore {
  readonly kind: 'status';
  readonly definition_id: string;
  readonly version: number;
}
/** The trace of a run that has ended is to be written. */
export interface TraceChore {
  readonly kind: 'trace';
  readonly run_id: string;
}
/** The status record of a configuration of contexts is to be written. */
export interface ConfigChore {
  readonly kind: 'context_config';
  readonly config_id: string;
}
export type Chore = ArrivalChore | StatusChore | TraceChore | CatalogChore | ConfigChore;

/** As whom an agent acts: its principal has the id of its definition. */
export function agentPrincipal(owner_id: string, agent_id: string): Principal {
  return { owner_id, agent_id, roles: ['emitter', 'subscriber'] };
}

/** As whom an agent acts in a run: for the one who asked. */
export function runPrincipal(run: Pick<Run, 'owner_id' | 'agent_id' | 'asker'>): Principal {
  return { ...agentPrincipal(run.owner_id, run.agent_id), asked_by: run.asker ?? null };
}

export interface RegisterPorts {
  readonly events: EventStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly deliveries: DeliveryStore;
  readonly runs: RunStore;
  readonly definitions: DefinitionStore;
  readonly approvals: Approvals;
}

/**
 * Lets definitions, tool answers and decisions take effect as the log tells of them: a definition's selectors count for
 * every event after it, and an answer or a decision wakes the run that waits for it.
 */
export function registerAgents(dispatcher: Dispatcher, ports: RegisterPorts): void {
  dispatcher.defineQueue(AGENTS_QUEUE, toRunDelivery);
  dispatcher.defineQueue(AGENT_CHORES_QUEUE, toArrival);
  dispatcher.defineQueue(CONTEXTS_QUEUE, toContextDelivery);
  dispatcher.project({ schema_name: SCHEMAS.agent_definition }, (tx, event) =>
    takeDefinition(tx, event, ports),
  );
  dispatcher.project({ schema_name: SCHEMAS.context_config }, (tx, event) =>
    takeConfig(tx, event, ports.deliveries),
  );
  followDefinitions(dispatcher, { deliveries: ports.deliveries, queue: AGENT_CHORES_QUEUE });
  dispatcher.project({ schema_name: SCHEMAS.tool_response }, (tx, event) =>
    takeAnswer(tx, event, ports),
  );
  dispatcher.project({ schema_name: SCHEMAS.user_message, any_tags: [ADDRESSED] }, (tx, event) =>
    deliverAddressed(tx, event, { ...ports, toDelivery: toAddressed }),
  );
  dispatcher.project({ schema_name: SCHEMAS.approval_response }, async (tx, event) => {
    const response =
      event.kind === 'created' ? await contextOf(event, ports.breadcrumbs, tx) : null;
    if (!event.updated_by || !Value.Check(ApprovalResponse, response)) return [];
    const decision = { owner_id: event.owner_id, author: event.updated_by, response };
    return (await ports.approvals.takeWritten(tx, decision)) ? [AGENTS_QUEUE, TOOLS_QUEUE] : [];
  });
}

/** Has the status of a configuration brought up to date. */
async function takeConfig(
  tx: Handle,
  { kind, owner_id, breadcrumb_id: config_id, version }: LoggedEvent,
  deliveries: DeliveryStore,
): Promise<readonly string[]> {
  const payload: ConfigChore = { kind: 'context_config', config_id };
  const group_key = `context_config:${config_id}`;
  const dedupe_key = `${group_key}:${kind === 'deleted' ? 'deleted' : version}`;
  const head = { queue: AGENT_CHORES_QUEUE, owner_id, max_attempts: 10 };
  await deliveries.enqueue([{ ...head, payload, group_key, dedupe_key }], tx);
  return [AGENT_CHORES_QUEUE];
}

/**
 * A definition counts when it is valid and a curator changed it last. Its state is kept in a table, and told by a record
 * that is written right after.
 */
async function takeDefinition(
  tx: Handle,
  event: LoggedEvent,
  { events, breadcrumbs, identity, deliveries, definitions }: RegisterPorts,
): Promise<readonly string[]> {
  const { owner_id, breadcrumb_id: definition_id, version } = event;
  const agent = { owner_id, agent_id: definition_id };
  const found = await judge(tx, event, { breadcrumbs, identity, definitions });
  const { row, triggers } = found;
  await definitions.record(row, tx);
  if (row.state !== 'deleted')
    await identity.ensureAgent(agentPrincipal(owner_id, definition_id), undefined, tx);
  const waits = row.when_busy === 'queue';
  await events.replaceSubscriptions(agent, AGENTS_QUEUE, waits ? triggers : [], tx);
  await events.replaceSubscriptions(agent, AGENT_CHORES_QUEUE, waits ? [] : triggers, tx);
  await events.replaceSubscriptions(agent, CONTEXTS_QUEUE, contextSelectors(triggers), tx);
  const payload: StatusChore = { kind: 'status', definition_id, version };
  const chore = {
    queue: AGENT_CHORES_QUEUE,
    owner_id,
    payload,
    max_attempts: 10,
    dedupe_key: `status:${definition_id}:${version}:${row.state}`,
    group_key: `status:${definition_id}`,
  };
  await deliveries.enqueue([chore], tx);
  return [AGENT_CHORES_QUEUE];
}

async function judge(
  tx: Handle,
  event: LoggedEvent,
  ports: Pick<RegisterPorts, 'breadcrumbs' | 'identity' | 'definitions'>,
): Promise<{ row: DefinitionRow; triggers: Selector[] }> {
  const { owner_id, breadcrumb_id: definition_id, version } = event;
  const head = { definition_id, owner_id, version, when_busy: 'queue' as const };
  if (event.kind === 'deleted') {
    const agent_name = (await ports.definitions.get(definition_id, tx))?.agent_name;
    const row = { ...head, agent_name: agent_name ?? definition_id, state: 'deleted' as const };
    return { row: { ...row, reason: null }, triggers: [] };
  }
  const context = await contextOf(event, ports.breadcrumbs, tx);
  const named = { ...head, agent_name: nameOf(context, definition_id) };
  const read = readDefinition(context, owner_id);
  if ('reason' in read)
    return { row: { ...named, state: 'invalid', reason: read.reason }, triggers: [] };
  if (!(await isCurator(tx, event, ports))) {
    const reason = 'its last change was made by somebody who is no curator; a curator activates it';
    return { row: { ...named, state: 'proposed', reason }, triggers: [] };
  }
  const { definition, triggers } = read;
  const when_busy = definition.when_busy ?? 'queue';
  return { row: { ...named, when_busy, state: 'active', reason: null }, triggers };
}

/** Whether the author of an event is a person, or a program, with the role of curator; agents by definition never are. */
async function isCurator(
  tx: Handle,
  { owner_id, updated_by }: LoggedEvent,
  { identity, definitions }: Pick<RegisterPorts, 'identity' | 'definitions'>,
): Promise<boolean> {
  if (!updated_by || (await definitions.isAgent(owner_id, updated_by, tx))) return false;
  const roles = await identity.agentRoles(owner_id, updated_by, tx);
  return roles?.includes('curator') ?? false;
}

/**
 * The answer to a tool request counts when it is by the tools runner, by the responder that the tool's definition names,
 * or by a curator: nobody else can answer what was asked of a tool.
 */
async function takeAnswer(
  tx: Handle,
  event: LoggedEvent,
  ports: RegisterPorts,
): Promise<readonly string[]> {
  const { owner_id, breadcrumb_id, updated_by } = event;
  if (event.kind !== 'created' || !updated_by) return [];
  const answer = readAnswer(event.tags, await contextOf(event, ports.breadcrumbs, tx));
  if (!answer) return [];
  const may_answer_all =
    updated_by === WELL_KNOWN.tools_runner || (await isCurator(tx, event, ports));
  const from = may_answer_all ? null : updated_by;
  const waiting = await ports.runs.answer(
    { ...answer, owner_id, breadcrumb_id, kind: 'tool', from },
    tx,
  );
  if (!waiting) return [];
  await ports.deliveries.wake([waiting], tx);
  return [AGENTS_QUEUE];
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

/** How the work on a message is named in its queue. Messages of one conversation reach an agent one after the other. */
export function runDelivery(run: RunPayload): Omit<NewDelivery, 'queue' | 'owner_id'> {
  return {
    dedupe_key: `${run.agent_id}:${run.trigger_id}:${run.trigger_version}`,
    group_key: `${run.agent_id}:${run.conversation_id}`,
    payload: run,
    max_attempts: 4,
  };
}

/**
 * What an agent wrote itself does not trigger it, nor does what Cairn reports of agents.
 * A message is said once: to edit it, or to tag it, does not ask for a second answer. Other records (a task, a prepared
 * context) trigger an agent with each version, since for these a change is news.
 */
function toRunPayload(event: LoggedEvent, agent_id: string | null): RunPayload | null {
  if (agent_id === null || event.updated_by === agent_id) return null;
  if (event.schema_name === SCHEMAS.agent_status) return null;
  if (event.schema_name === SCHEMAS.user_message && event.kind !== 'created') return null;
  const conversation_id = conversationOf(event.breadcrumb_id, event.tags, event.context);
  return {
    agent_id,
    trigger_id: event.breadcrumb_id,
    trigger_version: event.version,
    conversation_id,
    origin: originOf(event),
  };
}

function toRunDelivery(
  event: LoggedEvent,
  agent_id: string | null,
): Omit<NewDelivery, 'queue' | 'owner_id'> | null {
  if (isAddressed(event)) return null;
  const run = toRunPayload(event, agent_id);
  return run && runDelivery(run);
}

/** The work of the one agent that an addressed message is for; `waits` is whether its messages wait for their turn. */
function toAddressed(
  event: LoggedEvent,
  agent_id: string,
  waits: boolean,
): Omit<NewDelivery, 'owner_id'> | null {
  const run = toRunPayload(event, agent_id);
  if (!run) return null;
  return waits
    ? { ...runDelivery(run), queue: AGENTS_QUEUE }
    : { ...arrivalDelivery(run), queue: AGENT_CHORES_QUEUE };
}

function toArrival(
  event: LoggedEvent,
  agent_id: string | null,
): Omit<NewDelivery, 'queue' | 'owner_id'> | null {
  if (isAddressed(event)) return null;
  const run = toRunPayload(event, agent_id);
  return run && arrivalDelivery(run);
}

function arrivalDelivery(run: RunPayload): Omit<NewDelivery, 'queue' | 'owner_id'> {
  const { dedupe_key, group_key, max_attempts } = runDelivery(run);
  const payload: ArrivalChore = { kind: 'arrival', run };
  return {
    dedupe_key: `arrival:${dedupe_key}`,
    group_key: `arrival:${group_key}`,
    payload,
    max_attempts: max_attempts ?? 4,
  };
}

function readId(value: unknown): string | null {
  return typeof value === 'string' && isUuid(value) ? value : null;
}

/** What an event tells of the run that it comes from. */
function originOf(event: LoggedEvent): RunOrigin {
  const said = (event.context ?? {}) as { run_id?: unknown };
  const is_answer = event.schema_name === SCHEMAS.tool_response;
  const { author, run_id } = isPrepared(event)
    ? causeOf(event)
    : { author: event.updated_by, run_id: readId(said.run_id) };
  return {
    author,
    at: event.updated_at,
    run_id,
    tool_request_id: is_answer ? (readAnswer(event.tags, event.context)?.request_id ?? null) : null,
  };
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
