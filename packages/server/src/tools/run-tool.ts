import {
  conversationOfTags,
  ToolRequest,
  type AgentDefinition,
  type BreadcrumbFull,
  type ToolErrorClass,
} from '@cairn/protocol';
import { Value } from 'typebox/value';
import { messageOf, type Clock, type Log } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import { DatabaseError, type Handle } from '../db/index.ts';
import { toAsker, type Asker } from '../http/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import {
  advanceDurableTool,
  runBuiltinTool,
  type BuiltinResult,
  type DurableContext,
  type ToolContext,
} from './builtin/index.ts';
import type { RunResult } from './compose-response.ts';
import type { ToolDefinitions } from './find-definition.ts';
import {
  mayUse,
  needsConsent,
  readAgentDefinition,
  WriteGuard,
  type Asked,
} from './guard-writes.ts';
import { limitFetch } from './limit-fetch.ts';
import { timeLimitOf } from './limit-time.ts';
import type { RunnableTool } from './read-definition.ts';
import { runCodeTool, type CodeToolPorts } from './run-code-tool.ts';
import type { Schedules } from './schedules/schedules.ts';
import { progressTeller } from './tell-progress.ts';
import type { WorkflowConsents } from './workflow/contract.ts';
import type { Workflows } from './workflow/workflows.ts';

const FETCHES_MAX = 5;
const FETCHED_BYTES_MAX = 1_048_576;

export interface RunToolPorts extends CodeToolPorts {
  readonly definitions: ToolDefinitions;
  readonly identity: IdentityStore;
  readonly schedules: Schedules;
  readonly workflows: Workflows;
  /** Without it no agent uses a tool that needs consent. */
  readonly consents?: WorkflowConsents;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly timeout_ms: number;
  /** Hosts that the tool `http_fetch` may reach. */
  readonly fetch_hosts: readonly string[];
}

/** The end of a run with what is to be recorded with it, or a wait after which it goes on. */
export type ToolOutcome =
  | (RunResult & { commit?: (tx: Handle) => Promise<void> })
  | { type: 'wait'; for_ms: number; commit?: (tx: Handle) => Promise<void> };

interface Call {
  readonly request: BreadcrumbFull;
  readonly input: unknown;
  readonly asked: Asked;
  readonly delivery_id: string;
  readonly signal: AbortSignal;
}

/** Runs the tool that a request asks for, in the name of whoever asked. @throws when its worker is stopped, or the database is away */
export async function runTool(
  {
    request,
    asker,
    delivery_id,
    signal,
  }: {
    request: BreadcrumbFull;
    asker: string | null;
    delivery_id: string;
    signal: AbortSignal;
  },
  ports: RunToolPorts,
): Promise<ToolOutcome> {
  const { context } = request;
  if (!Value.Check(ToolRequest, context))
    return refuse('invalid_request', 'the request must have tool, input and requestId');
  const asked = await findAsked(request, asker, ports);
  if (!asked) return refuse('forbidden', 'the agent that asked no longer exists');
  // What tools there are for it is a matter of the one who wrote the request alone.
  const { asked_by: _, ...author } = asked.caller;
  const tool = await ports.definitions.find(author, context.tool);
  if (typeof tool === 'string') return refuse('unknown_tool', tool);
  const barred = asked.agent && (await whyBarred(request, tool, asked.agent, ports));
  if (barred) return refuse('forbidden', barred);
  const late = new AbortController();
  // A tool that waits is asked again and again; each time it has as long as any other.
  const limit_ms = timeLimitOf(tool, ports.timeout_ms) ?? ports.timeout_ms;
  const cancel = ports.clock.after(limit_ms, () =>
    late.abort(new DOMException('the tool took too long', 'TimeoutError')),
  );
  const call: Call = {
    request,
    delivery_id,
    asked,
    input: context.input,
    signal: AbortSignal.any([signal, late.signal]),
  };
  const result = await perform(tool, call, ports).finally(cancel);
  if (signal.aborted) throw new Error('the worker was stopped');
  if ('type' in result) return result;
  if (result.status === 'success') return { ...result, implementation: nameOf(tool) };
  const { cause, ...told } = result;
  // Not the tool's fault, and over soon: another attempt finds what this one may have created.
  if (cause instanceof DatabaseError && cause.is_connection_lost) throw cause;
  if (cause !== undefined)
    ports.log.error(
      { tool: context.tool, request: request.id, reason: messageOf(cause) },
      'a tool failed',
    );
  return { ...told, implementation: nameOf(tool) };
}

/** What a definition says of the tools of its agent holds too where the agent writes a request by itself. */
async function whyBarred(
  request: BreadcrumbFull,
  tool: RunnableTool,
  agent: AgentDefinition,
  { consents }: RunToolPorts,
): Promise<string | null> {
  const { name } = tool.definition;
  if (!mayUse(agent, name)) return `this agent may not use the tool ${name}`;
  if (!needsConsent(tool, agent) || (await consents?.isConsented(request)) === true) return null;
  return `nobody has consented to this use of the tool ${name}`;
}

function refuse(error_class: ToolErrorClass, error: string): ToolOutcome {
  return { status: 'error', error_class, error };
}

function perform(
  tool: RunnableTool,
  call: Call,
  ports: RunToolPorts,
): Promise<
  | (BuiltinResult & { commit?: (tx: Handle) => Promise<void> })
  | Extract<ToolOutcome, { type: 'wait' }>
> {
  if (tool.code) {
    const { code, definition_id } = tool;
    const print = progressTeller(call.request, call.asked.caller, ports);
    return runCodeTool({ ...call, code, definition_id, print }, ports);
  }
  const context = contextFor(call, ports);
  if ('advance' in tool.builtin) return advanceDurableTool(tool.builtin, call.input, context);
  return runBuiltinTool(tool.builtin, call.input, context);
}

/** Names of ours only: others have as many values as there are tenants. */
function nameOf(tool: RunnableTool): string {
  if (tool.code) return 'code';
  return tool.definition.implementation.type === 'mcp' ? 'mcp' : tool.builtin.name;
}

/**
 * In whose name the tool acts. Never as a curator: the request may have been made with a credential that has fewer
 * roles than its agent, and its answer can be read by many who may not read what a curator may. `asker` is who asks by
 * the request: an agent writes it for somebody, and sees for it no more than that one may see.
 */
async function findAsked(
  { owner_id, created_by }: BreadcrumbFull,
  asker: string | null,
  ports: RunToolPorts,
): Promise<Asked | null> {
  if (!created_by) return null;
  const roles = await ports.identity.agentRoles(owner_id, created_by);
  if (!roles) return null;
  const is_curator = roles.includes('curator');
  const caller = {
    owner_id,
    agent_id: created_by,
    roles: roles.filter((role) => role !== 'curator'),
    asked_by: await findAsker(owner_id, created_by, asker, ports),
  };
  return { caller, is_curator, agent: await readAgentDefinition(ports, caller) };
}

/** Null when the author of a request asks for itself. */
async function findAsker(
  owner_id: string,
  author: string,
  asker: string | null,
  { identity }: RunToolPorts,
): Promise<Asker | null> {
  if (asker === author) return null;
  const roles = asker && (await identity.agentRoles(owner_id, asker));
  return toAsker(asker, roles || null);
}

function contextFor(call: Call, ports: RunToolPorts): DurableContext {
  const { request, asked, signal, delivery_id } = call;
  const { caller } = asked;
  const guard = new WriteGuard(asked);
  const { breadcrumbs, clock, random } = ports;
  let created = 0;
  const tool_context: ToolContext = {
    owner_id: caller.owner_id,
    agent_id: caller.agent_id,
    conversation_id: conversationOfTags(request.tags),
    clock,
    random,
    signal,
    breadcrumbs: {
      // The key makes a second attempt, after a crash, find what the first one created.
      create: async (body) => {
        guard.assertCreate(body.schema_name);
        return (await breadcrumbs.create(caller, body, `tool:${request.id}:${created++}`)).full;
      },
      list: (query) => breadcrumbs.listWithContext(caller, query),
    },
    progress: progressTeller(request, caller, ports),
    fetch: fetchFor(ports, signal),
    evaluate: (source, input, timeout_ms) =>
      ports.sandbox.run({ source, language: 'javascript', input, limits: { timeout_ms }, signal }),
    schedules: {
      ...ports.schedules.of(caller, `tool:${request.id}`),
      create: async (wanted) => {
        guard.assertCreate(wanted.breadcrumb.schema_name);
        return ports.schedules.of(caller, `tool:${request.id}`).create(wanted);
      },
    },
  };
  return {
    ...tool_context,
    request,
    delivery_id,
    workflows: ports.workflows.of({ request, caller, agent: asked.agent, delivery_id }),
  };
}

function fetchFor(
  { fetch, fetch_hosts: hosts }: RunToolPorts,
  signal: AbortSignal,
): ToolContext['fetch'] {
  const limits = { hosts, requests_max: FETCHES_MAX, bytes_max: FETCHED_BYTES_MAX };
  return limitFetch(fetch, { ...limits, listed_in: 'TOOL_FETCH_HOSTS' }, signal);
}
