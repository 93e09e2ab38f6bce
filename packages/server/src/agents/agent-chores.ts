import { SCHEMAS, TAGS, type AgentDefinitionStatus, type BreadcrumbCreate } from '@cairn/protocol';
import { AppError, type Log } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Handle } from '../db/index.ts';
import { TOPICS } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type { Delivery, DeliveryHandler, DeliveryStore, Outcome } from '../queue/index.ts';
import type { ToolDefinitions } from '../tools/index.ts';
import { toRun } from './agent-runner.ts';
import type { Catalogs } from './catalog/write-catalogs.ts';
import type { ContextStore } from './context/context-store.ts';
import { tellConfigStatus } from './context/tell-config-status.ts';
import type { RunFailure } from './contract.ts';
import type { DefinitionRow, DefinitionStore } from './definition-store.ts';
import { RunEnder, type RunEnderPorts } from './end-run.ts';
import { SituationReader } from './load-situation.ts';
import {
  agentPrincipal,
  AGENTS_QUEUE,
  runDelivery,
  type ArrivalChore,
  type Chore,
  type StatusChore,
} from './register-agents.ts';
import type { RunStops } from './run-stops.ts';
import type { StopStore } from './stop-store.ts';
import type { RunStore } from './store.ts';
import { warnOfDefinition } from './warn-of-definition.ts';

export interface AgentChoresPorts extends RunEnderPorts {
  readonly runs: RunStore;
  readonly definitions: DefinitionStore;
  readonly tools: ToolDefinitions;
  readonly stops: StopStore;
  readonly run_stops: RunStops;
  readonly deliveries: DeliveryStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly bus: Bus;
  readonly log: Log;
  readonly catalogs: Catalogs;
  readonly contexts: ContextStore;
  /** Writes the trace of a run that has ended. To write it again changes nothing. */
  writeTrace(owner_id: string, run_id: string): Promise<unknown>;
}

/** Does the short work around runs. */
export class AgentChores implements DeliveryHandler {
  readonly #ports: AgentChoresPorts;
  readonly #reader: SituationReader;
  readonly #ender: RunEnder;

  constructor(ports: AgentChoresPorts) {
    this.#ports = ports;
    this.#reader = new SituationReader(ports);
    this.#ender = new RunEnder(ports);
  }

  async handle(delivery: Delivery): Promise<Outcome> {
    const chore = delivery.payload as Chore;
    switch (chore.kind) {
      case 'arrival':
        return this.#arrive(delivery, chore);
      case 'status':
        return this.#tellStatus(chore);
      case 'trace':
        return this.#trace(delivery.owner_id, chore.run_id);
      case 'catalog':
        return this.#ports.catalogs.write(delivery.owner_id, chore.catalog);
      case 'context_config':
        await tellConfigStatus(delivery.owner_id, chore.config_id, this.#ports);
        return { type: 'done' };
    }
  }

  /** A message whose arrival could not be dealt with waits its turn like any other: it is not lost. */
  async bury(tx: Handle, { owner_id, payload }: Delivery): Promise<void> {
    const chore = payload as Chore;
    if (chore.kind !== 'arrival') return;
    const work = { ...runDelivery(chore.run), queue: AGENTS_QUEUE, owner_id };
    await this.#ports.deliveries.enqueue([work], tx);
  }

  async #trace(owner_id: string, run_id: string): Promise<Outcome> {
    try {
      await this.#ports.writeTrace(owner_id, run_id);
    } catch (error) {
      // To try again would change nothing: the tenant's policy refuses it, or somebody else reported a run of this id.
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      this.#ports.log.warn({ run: run_id, reason: error.message }, 'a run has no trace');
    }
    return { type: 'done' };
  }

  /** A message for an agent that rejects it while it is busy, or lets itself be interrupted by it. */
  #arrive(delivery: Delivery, { run }: ArrivalChore): Outcome {
    const { deliveries, definitions, stops, bus, breadcrumbs } = this.#ports;
    const { owner_id } = delivery;
    const work = { ...runDelivery(run), queue: AGENTS_QUEUE, owner_id };
    let interrupted: readonly string[] = [];
    return {
      type: 'done',
      commit: async (tx) => {
        const busy = await deliveries.unfinishedOf(AGENTS_QUEUE, work.group_key ?? '', tx);
        const when_busy = (await definitions.get(run.agent_id, tx))?.when_busy;
        if (busy.length > 0 && when_busy === 'reject') return this.#reject(delivery, run, tx);
        await deliveries.enqueue([work], tx);
        if (busy.length === 0 || when_busy !== 'interrupt') return;
        const reason = 'interrupted' as const;
        // Those that have not begun have no run yet.
        const begun = await stops.withDescendants(owner_id, busy, tx);
        const delivery_ids = [...new Set([...busy, ...begun])];
        await stops.request({ owner_id, delivery_ids, reason, stopped_by: null }, tx);
        await deliveries.wake(delivery_ids, tx);
        interrupted = delivery_ids;
      },
      committed: () => {
        breadcrumbs.announce();
        bus.publish(TOPICS.queues, AGENTS_QUEUE).catch(() => {});
        this.#ports.run_stops.tell(interrupted).catch(() => {});
      },
    };
  }

  async #reject(delivery: Delivery, payload: ArrivalChore['run'], tx: Handle): Promise<void> {
    const state = await this.#ports.runs.ensure(toRun({ ...delivery, payload }), tx);
    const { situation, failure } = await this.#reader.load(state, tx);
    if (!situation) return this.#ender.endUntold(state.run, 'failed', failure, tx);
    await this.#ender.end(situation, { state: 'failed', failure: BUSY, answer: null }, tx);
  }

  /** One record tells of the state of each definition, and is brought up to date. */
  async #tellStatus({ definition_id, version }: StatusChore): Promise<Outcome> {
    const { definitions, breadcrumbs } = this.#ports;
    const known = await definitions.get(definition_id);
    // A later version has a chore of its own.
    if (!known || known.version > version) return { type: 'done' };
    const row = known.state === 'active' ? { ...known, reason: await this.#warn(known) } : known;
    const principal = agentPrincipal(row.owner_id, definition_id);
    const id = row.status_breadcrumb_id;
    if (id !== null) {
      const change =
        row.state === 'deleted'
          ? breadcrumbs.remove(principal, id)
          : breadcrumbs.update(principal, id, toStatus(row));
      const is_there = await change.then(
        () => true,
        (error: unknown) => {
          if (error instanceof AppError && error.code === 'not_found') return false;
          throw error;
        },
      );
      if (is_there) return { type: 'done' };
    }
    if (row.state === 'deleted') return { type: 'done' };
    return {
      type: 'done',
      commit: async (tx) => {
        const [created] = await breadcrumbs.createIn(tx, principal, [toStatus(row)]);
        await definitions.setStatusRecord(definition_id, created?.id ?? null, tx);
      },
      committed: () => breadcrumbs.announce(),
    };
  }

  /** What is to be known of a definition that counts, as things stand now. */
  async #warn(row: DefinitionRow): Promise<string | null> {
    const { definitions, breadcrumbs, tools } = this.#ports;
    const agent = agentPrincipal(row.owner_id, row.definition_id);
    const reader: Principal = { ...agent, roles: ['curator'] };
    const record = await breadcrumbs.getFull(reader, row.definition_id).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') return null;
      throw error;
    });
    const named = (record?.context as { tools?: unknown } | null)?.tools;
    const offered = Array.isArray(named) && named.length > 0 ? await tools.list(agent) : [];
    const has_namesake = await definitions.hasNamesake(row);
    const known = new Set(offered.map(({ definition }) => definition.name));
    return warnOfDefinition({ tools: named, has_namesake }, known);
  }
}

function toStatus({
  definition_id,
  agent_name,
  version,
  state,
  reason,
}: DefinitionRow): BreadcrumbCreate {
  if (state === 'deleted') throw new Error('a deleted definition has no status');
  const context: AgentDefinitionStatus = {
    agent_id: agent_name,
    definition_id,
    definition_version: version,
    state,
    reason,
  };
  return {
    title: `Agent ${agent_name}: ${state}`.slice(0, 255),
    schema_name: SCHEMAS.agent_status,
    tags: [TAGS.agent_status, `agent:${agent_name}`],
    context,
  };
}

const BUSY: RunFailure = {
  error_class: 'busy',
  message:
    'the agent is busy with an earlier message of this conversation, and takes one at a time',
};
