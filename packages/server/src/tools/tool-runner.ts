import {
  conversationOfTags,
  requestTag,
  SCHEMAS,
  TAGS,
  ToolRequest,
  WELL_KNOWN,
  type BreadcrumbCreate,
  type BreadcrumbFull,
  type ToolResponse,
} from '@cairn/protocol';
import { Value } from 'typebox/value';
import { AppError, messageOf, type Clock, type Log } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import { DatabaseError, type Handle } from '../db/index.ts';
import type { LoggedEvent } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type { Delivery, DeliveryHandler, NewDelivery, Outcome } from '../queue/index.ts';
import { runBuiltinTool, type ToolContext } from './builtin/index.ts';
import type { ToolDefinitions } from './find-definition.ts';

export const TOOLS_QUEUE = 'tools';

/** Requests that mean a tool is to be run. */
export const TOOL_REQUESTS = { schema_name: SCHEMAS.tool_request, any_tags: [TAGS.tool_request] };

interface Payload {
  readonly breadcrumb_id: string;
}

/** A tool request as a delivery. An update of a request is not another request. */
export function toToolDelivery(event: LoggedEvent): Omit<NewDelivery, 'queue' | 'owner_id'> | null {
  if (event.kind !== 'created' || event.tags.includes('health:check')) return null;
  const payload: Payload = { breadcrumb_id: event.breadcrumb_id };
  return { dedupe_key: event.breadcrumb_id, payload, max_attempts: 3 };
}

export interface ToolRunnerPorts {
  readonly breadcrumbs: Breadcrumbs;
  readonly definitions: ToolDefinitions;
  readonly identity: IdentityStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly timeout_ms: number;
}

/** Who answers tool requests in a tenant. */
export function toolsPrincipal(owner_id: string): Principal {
  return { owner_id, agent_id: WELL_KNOWN.tools_runner, roles: ['emitter', 'subscriber'] };
}

/**
 * Runs the tools that requests ask for. Every request gets exactly one response, also when there is no such tool, it
 * fails, or it does not answer in time.
 */
export class ToolRunner implements DeliveryHandler {
  readonly #ports: ToolRunnerPorts;

  constructor(ports: ToolRunnerPorts) {
    this.#ports = ports;
  }

  async handle(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const request = await this.#readRequest(delivery);
    if (!request) return { type: 'done' };
    const started = this.#ports.clock.now();
    const result = await this.#run(request, signal);
    const took_ms = Math.max(0, this.#ports.clock.now() - started);
    const response = this.#toResponse(request, result, took_ms);
    return {
      type: 'done',
      commit: (tx) => this.#respond(tx, delivery.owner_id, response),
      committed: () => this.#ports.breadcrumbs.announce(),
    };
  }

  /** A request that can never be worked on is answered too. What went wrong is for the log, not for the caller. */
  async bury(tx: Handle, delivery: Delivery): Promise<void> {
    const request = await this.#readRequest(delivery, tx);
    if (!request) return;
    await this.#respond(
      tx,
      delivery.owner_id,
      this.#toResponse(request, { status: 'error', error: WORN_OUT }, 0),
    );
  }

  buried(): void {
    this.#ports.breadcrumbs.announce();
  }

  /** The request, or null when it was deleted before anybody got to it. */
  async #readRequest(delivery: Delivery, tx?: Handle): Promise<BreadcrumbFull | null> {
    const { breadcrumb_id } = delivery.payload as Payload;
    const reader: Principal = { ...toolsPrincipal(delivery.owner_id), roles: ['curator'] };
    return this.#ports.breadcrumbs.getFull(reader, breadcrumb_id, tx).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') return null;
      throw error;
    });
  }

  async #run(request: BreadcrumbFull, signal: AbortSignal): Promise<Result> {
    const { context } = request;
    if (!Value.Check(ToolRequest, context)) {
      return { status: 'error', error: 'the request must have tool, input and requestId' };
    }
    const caller = await this.#callerOf(request);
    if (!caller) return { status: 'error', error: 'the agent that asked no longer exists' };
    const tool = await this.#ports.definitions.find(caller, context.tool);
    if (typeof tool === 'string') return { status: 'error', error: tool };
    const late = new AbortController();
    const cancel = this.#ports.clock.after(this.#ports.timeout_ms, () =>
      late.abort(new DOMException('the tool took too long', 'TimeoutError')),
    );
    const deadline = AbortSignal.any([signal, late.signal]);
    const tool_context = this.#contextFor(request, caller, deadline);
    const result = await runBuiltinTool(tool.builtin, context.input, tool_context).finally(cancel);
    if (signal.aborted) throw new Error('the worker was stopped');
    // Not the tool's fault, and over soon: another attempt finds what this one may have created.
    if (result.status === 'error' && isConnectionLost(result.cause)) throw result.cause;
    if (result.status === 'error' && result.cause !== undefined) {
      this.#ports.log.error(
        { tool: context.tool, request: request.id, reason: messageOf(result.cause) },
        'a tool failed',
      );
    }
    return result;
  }

  /**
   * In whose name the tool acts. Never as a curator: the request may have been made with a credential that has fewer
   * roles than its agent, and its answer can be read by many who may not read what a curator may.
   */
  async #callerOf({ owner_id, created_by }: BreadcrumbFull): Promise<Principal | null> {
    if (!created_by) return null;
    const roles = await this.#ports.identity.agentRoles(owner_id, created_by);
    return (
      roles && {
        owner_id,
        agent_id: created_by,
        roles: roles.filter((role) => role !== 'curator'),
      }
    );
  }

  #contextFor(request: BreadcrumbFull, caller: Principal, signal: AbortSignal): ToolContext {
    const { breadcrumbs, clock, random } = this.#ports;
    let created = 0;
    return {
      owner_id: caller.owner_id,
      agent_id: caller.agent_id,
      conversation_id: conversationOfTags(request.tags),
      clock,
      random,
      signal,
      breadcrumbs: {
        // The key makes a second attempt, after a crash, find what the first one created.
        create: async (body) =>
          (await breadcrumbs.create(caller, body, `tool:${request.id}:${created++}`)).full,
        list: (query) => breadcrumbs.listWithContext(caller, query),
      },
    };
  }

  #toResponse(request: BreadcrumbFull, result: Result, took_ms: number): BreadcrumbCreate {
    const { tool, request_id } = namesOf(request);
    const context: ToolResponse = {
      request_id,
      tool,
      status: result.status,
      output: result.status === 'success' ? result.output : null,
      error: result.status === 'error' ? result.error : null,
      execution_time_ms: took_ms,
      timestamp: new Date(this.#ports.clock.now()).toISOString(),
      caused_by: { tool_request_id: request.id },
    };
    const session = request.tags.filter((tag) => tag.startsWith('session:'));
    return {
      title: `${tool}: ${result.status}`,
      schema_name: SCHEMAS.tool_response,
      tags: [TAGS.tool_response, TAGS.tools_workspace, requestTag(request_id), ...session],
      context,
      visibility: request.visibility,
      sensitivity: request.sensitivity,
    };
  }

  async #respond(tx: Handle, owner_id: string, response: BreadcrumbCreate): Promise<void> {
    const principal = toolsPrincipal(owner_id);
    await this.#ports.identity.ensureAgent(principal, undefined, tx);
    await this.#ports.breadcrumbs.createIn(tx, principal, [response]);
  }
}

function isConnectionLost(cause: unknown): cause is DatabaseError {
  return cause instanceof DatabaseError && cause.is_connection_lost;
}

const WORN_OUT = 'the server failed at it several times; its log says why';

type Result = { status: 'success'; output: unknown } | { status: 'error'; error: string };

/** The names to answer under, also of a request that is not well formed: whoever waits must find the answer. */
function namesOf({ id, context }: BreadcrumbFull): { tool: string; request_id: string } {
  const { tool, requestId, request_id } = (
    typeof context === 'object' && context !== null ? context : {}
  ) as Record<string, unknown>;
  const given = [requestId, request_id].find(
    (each) => typeof each === 'string' && each !== '' && each.length <= 200,
  );
  return {
    // A cut may go through a character.
    tool: typeof tool === 'string' ? tool.slice(0, 200).toWellFormed() : 'unknown',
    request_id: (given as string | undefined) ?? id,
  };
}
