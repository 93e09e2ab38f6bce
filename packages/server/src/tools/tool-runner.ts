import { SCHEMAS, TAGS, WELL_KNOWN, type BreadcrumbFull } from '@cairn/protocol';
import { AppError } from '../base/index.ts';
import type { Handle } from '../db/index.ts';
import type { LoggedEvent } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import type { Delivery, DeliveryHandler, NewDelivery, Outcome } from '../queue/index.ts';
import {
  checkDefinition,
  isCheck,
  type CheckPayload,
  type CheckPorts,
} from './check-definition.ts';
import {
  composeLongResult,
  composeResponse,
  toReference,
  type RunResult,
} from './compose-response.ts';
import { runTool, type RunToolPorts } from './run-tool.ts';
import { isFiring } from './schedules/schedules.ts';

export const TOOLS_QUEUE = 'tools';

/** Requests that mean a tool is to be run. */
export const TOOL_REQUESTS = { schema_name: SCHEMAS.tool_request, any_tags: [TAGS.tool_request] };
/** Records that define tools, to be looked at with each change. */
export const TOOL_DEFINITIONS = [
  { schema_name: SCHEMAS.tool_definition },
  { schema_name: SCHEMAS.tool_code },
] as const;

interface RequestPayload {
  readonly breadcrumb_id: string;
}

/**
 * What an event means for the tools: a request is run, once, and an update of it is not another request; a definition is
 * looked at with each version.
 */
export function toToolDelivery(event: LoggedEvent): Omit<NewDelivery, 'queue' | 'owner_id'> | null {
  const { breadcrumb_id: id, schema_name, version } = event;
  if (TOOL_DEFINITIONS.some((each) => each.schema_name === schema_name))
    return checkDelivery(id, String(version));
  if (event.kind !== 'created' || event.tags.includes('health:check')) return null;
  const payload: RequestPayload = { breadcrumb_id: id };
  return { dedupe_key: id, payload, max_attempts: 3 };
}

/** A definition to be looked at: a version of it, or that it is gone. */
function checkDelivery(
  definition_id: string,
  what: string,
): Omit<NewDelivery, 'queue' | 'owner_id'> {
  const payload: CheckPayload = { definition_id };
  const group_key = `definition:${definition_id}`;
  return { dedupe_key: `${group_key}:${what}`, group_key, payload, max_attempts: 5 };
}

/** What the end of a definition means for the tools: its status goes too. Null of any other event. */
export function toGoneDelivery({ kind, breadcrumb_id, owner_id }: LoggedEvent): NewDelivery | null {
  if (kind !== 'deleted') return null;
  return { ...checkDelivery(breadcrumb_id, 'deleted'), queue: TOOLS_QUEUE, owner_id };
}

export interface ToolRunnerPorts extends RunToolPorts {
  readonly checks: CheckPorts;
  /** Is told of each execution. `tool` is a name of ours, `unknown` for what was not found. */
  readonly observe?: (tool: string, status: RunResult['status'], ms: number) => void;
}

/** Who answers tool requests in a tenant. */
export function toolsPrincipal(owner_id: string): Principal {
  return { owner_id, agent_id: WELL_KNOWN.tools_runner, roles: ['emitter', 'subscriber'] };
}

/**
 * Runs the tools that requests ask for. Every request gets exactly one response, also when there is no such tool, it
 * fails, or it does not answer in time. Fires schedules and looks at definitions as well.
 */
export class ToolRunner implements DeliveryHandler {
  readonly #ports: ToolRunnerPorts;

  constructor(ports: ToolRunnerPorts) {
    this.#ports = ports;
  }

  async handle(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const { payload, owner_id } = delivery;
    if (isFiring(payload)) return this.#ports.schedules.fire(payload);
    if (isCheck(payload)) {
      await checkDefinition(payload, toolsPrincipal(owner_id), signal, this.#ports.checks);
      return { type: 'done' };
    }
    return this.#answer(delivery, signal);
  }

  /** A request that can never be worked on is answered too. What went wrong is for the log, not for the caller. */
  async bury(tx: Handle, delivery: Delivery, reason: string): Promise<void> {
    if (isFiring(delivery.payload)) return this.#ports.schedules.miss(delivery.payload, reason, tx);
    if (isCheck(delivery.payload)) return;
    await this.#clear(tx, delivery);
    const found = await this.#readRequest(delivery, tx);
    if (found) await this.#respond(tx, found, WORN_OUT, 0);
  }

  buried(): void {
    this.#ports.breadcrumbs.announce();
  }

  async #answer(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const { clock, breadcrumbs, observe } = this.#ports;
    const found = await this.#readRequest(delivery);
    if (!found) return { type: 'done', commit: (tx) => this.#clear(tx, delivery) };
    const started = clock.now();
    const result = await runTool({ ...found, delivery_id: delivery.id, signal }, this.#ports);
    const { commit } = result;
    const committed = () => breadcrumbs.announce();
    if ('type' in result)
      return { type: 'suspend', for_ms: result.for_ms, committed, ...(commit ? { commit } : {}) };
    const took_ms = Math.max(0, clock.now() - started);
    observe?.(result.implementation ?? 'unknown', result.status, took_ms);
    return {
      type: 'done',
      commit: async (tx) => {
        if (commit) await commit(tx);
        // One that was refused or broke off may be a workflow that waits for steps, and for people.
        else if (result.status === 'error') await this.#clear(tx, delivery);
        await this.#respond(tx, found, result, took_ms);
      },
      committed,
    };
  }

  #clear(tx: Handle, { id: delivery_id, payload }: Delivery): Promise<void> {
    const { breadcrumb_id: id } = payload as RequestPayload;
    return this.#ports.workflows.clear(tx, { request: { id }, delivery_id });
  }

  /** The request and who asks by it, or null when it was deleted before anybody got to it. */
  async #readRequest(delivery: Delivery, tx?: Handle): Promise<Found | null> {
    const { breadcrumb_id } = delivery.payload as RequestPayload;
    const reader: Principal = { ...toolsPrincipal(delivery.owner_id), roles: ['curator'] };
    try {
      const { record, asker } = await this.#ports.breadcrumbs.getAsked(reader, breadcrumb_id, tx);
      return { request: record, asker };
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') return null;
      throw error;
    }
  }

  async #respond(
    tx: Handle,
    { request, asker }: Found,
    result: RunResult,
    took_ms: number,
  ): Promise<void> {
    const { identity, breadcrumbs, clock } = this.#ports;
    const { owner_id, created_by } = request;
    const principal = toolsPrincipal(owner_id);
    // Who asked may read the answer, whatever its visibility.
    const asked_by = asker === null ? null : { agent_id: asker, roles: [] };
    await identity.ensureAgent(principal, undefined, tx);
    const long = composeLongResult(request, result);
    let told = result;
    if (long && result.status === 'success') {
      // In the name of whoever wrote the request, who can then read it too.
      const author = { ...principal, agent_id: created_by ?? principal.agent_id, asked_by };
      const [record] = await breadcrumbs.createIn(tx, author, [long]);
      if (record) told = { ...result, output: toReference(record.id, result.output) };
    }
    const times = { now: clock.now(), took_ms };
    const response = composeResponse(request, told, times);
    await breadcrumbs.createIn(tx, { ...principal, asked_by }, [response]);
  }
}

/** A request, and the id of the one who asks by it; null when that one is no more. */
interface Found {
  readonly request: BreadcrumbFull;
  readonly asker: string | null;
}

const WORN_OUT: RunResult = {
  status: 'error',
  error: 'the server failed at it several times; its log says why',
  error_class: 'internal',
};
