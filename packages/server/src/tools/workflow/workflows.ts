import {
  requestTag,
  SCHEMAS,
  TAGS,
  TOOL_SCHEMAS,
  ToolOutputReference,
  WELL_KNOWN,
  workspacesOfTags,
  workspaceTag,
  type AgentDefinition,
  type BreadcrumbCreate,
  type BreadcrumbFull,
} from '@cairn/protocol';
import { Value } from 'typebox/value';
import { AppError, isUuid } from '../../base/index.ts';
import type { Breadcrumbs } from '../../breadcrumbs/index.ts';
import type { Handle } from '../../db/index.ts';
import type { LoggedEvent } from '../../events/index.ts';
import type { Principal } from '../../http/index.ts';
import type { DeliveryStore } from '../../queue/index.ts';
import type {
  BegunStep,
  SettledSteps,
  StepToBegin,
  StepTool,
  WorkflowPort,
} from '../builtin/index.ts';
import type { ToolDefinitions } from '../find-definition.ts';
import { mayUse, needsConsent } from '../guard-writes.ts';
import { timeLimitOf } from '../limit-time.ts';
import type { WorkflowStore } from '../workflow-store.ts';
import type {
  AskingWorkflow,
  RunningWorkflow,
  StepToConsent,
  WorkflowConsents,
} from './contract.ts';

export interface WorkflowsPorts {
  readonly store: WorkflowStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly definitions: ToolDefinitions;
  readonly deliveries: DeliveryStore;
  readonly consents: WorkflowConsents | null;
  /** How long a tool may take that states no limit of its own. */
  readonly timeout_ms: number;
}

/** A workflow, and in whose name its steps are taken. */
interface Flow extends RunningWorkflow {
  readonly caller: Principal;
  /** Null when no agent of ours asked. */
  readonly agent: AgentDefinition | null;
}

/** So much longer than a person may think a step stands that waits for one; what was decided counts before that. */
const CONSENT_SLACK_MS = 60_000;

/** Steps of workflows as requests of their own, and their answers. */
export class Workflows {
  readonly #ports: WorkflowsPorts;

  constructor(ports: WorkflowsPorts) {
    this.#ports = ports;
  }

  /** What the workflow of one request works with. */
  of(flow: Flow): WorkflowPort {
    return {
      begun: (workflow_id) => this.#begun(flow, workflow_id),
      begin: (tx, steps) => this.#begin(flow, steps, tx),
      settle: (tx, steps) => this.#settle(flow, steps, tx),
      clear: (tx) => this.clear(tx, flow),
      look: (tool) => this.#look(flow, tool),
      readOutput: (output) => this.#readOutput(flow.caller, output),
    };
  }

  /** Forgets the steps of a workflow that is over, and what people were asked about them. */
  async clear(tx: Handle, workflow: AskingWorkflow): Promise<void> {
    const { store, consents } = this.#ports;
    await store.clear(workflow.request.id, tx);
    await consents?.withdraw(tx, workflow);
  }

  async #begun({ delivery_id }: Flow, workflow_id: string): Promise<BegunStep[]> {
    const { store, consents } = this.#ports;
    const rows = await store.begun(workflow_id);
    const running = rows.some(({ state }) => state === 'running');
    const known = running ? await consents?.of(delivery_id) : undefined;
    return rows.map(({ request_id, ...row }) => ({
      ...row,
      consent: known?.get(request_id) ?? null,
    }));
  }

  /** Takes the answer to a step, and wakes the workflow that waits for it. Says whether one does. */
  async hear(tx: Handle, event: LoggedEvent): Promise<boolean> {
    // Whoever else writes a response answers nothing.
    if (event.kind !== 'created' || event.updated_by !== WELL_KNOWN.tools_runner) return false;
    const { owner_id } = event;
    const reader: Principal = { owner_id, agent_id: WELL_KNOWN.tools_runner, roles: ['curator'] };
    const context =
      event.context ??
      (await this.#ports.breadcrumbs.getFull(reader, event.breadcrumb_id, tx)).context;
    const { request_id, status, output, error } = context as Record<string, unknown>;
    if (typeof request_id !== 'string' || !isUuid(request_id)) return false;
    const failed = status === 'success' ? null : typeof error === 'string' ? error : 'it failed';
    const waiting = await this.#ports.store.answer(
      { owner_id, request_id, output, error: failed },
      tx,
    );
    if (waiting !== null) await this.#ports.deliveries.wake([waiting], tx);
    return waiting !== null;
  }

  async #begin(flow: Flow, steps: readonly StepToBegin[], tx: Handle): Promise<void> {
    const { store, breadcrumbs, consents } = this.#ports;
    const { request, caller, delivery_id } = flow;
    const { owner_id } = request;
    const bodies: BreadcrumbCreate[] = [];
    const asked: StepToConsent[] = [];
    for (const { step_id, place, tool, input, consent_ms, ...step } of steps) {
      const needs_consent = consent_ms !== null;
      const timeout_ms = needs_consent ? consent_ms + CONSENT_SLACK_MS : step.timeout_ms;
      const head = { workflow_id: request.id, step_id, owner_id, delivery_id, place };
      const request_id = await store.begin({ ...head, timeout_ms, needs_consent }, tx);
      if (request_id === null) continue;
      if (needs_consent) asked.push({ step_id, tool, input, request_id });
      else bodies.push(composeRequest(request, { step_id, tool, input, request_id }));
    }
    if (bodies.length > 0) await breadcrumbs.createIn(tx, caller, bodies);
    if (asked.length > 0) await consents?.ask(tx, flow, asked);
  }

  /** Sends what was consented to, and fails what was not. */
  async #settle(flow: Flow, { given, refused }: SettledSteps, tx: Handle): Promise<void> {
    const { store, breadcrumbs, consents } = this.#ports;
    const { request, caller } = flow;
    const workflow_id = request.id;
    const bodies: BreadcrumbCreate[] = [];
    const given_ids: string[] = [];
    const settled = new Map<string, string | null>();
    for (const { step_id, tool, input, timeout_ms } of given) {
      const request_id = await store.send({ workflow_id, step_id, timeout_ms }, tx);
      if (request_id === null) continue;
      given_ids.push(request_id);
      bodies.push(composeRequest(request, { step_id, tool, input, request_id }));
    }
    for (const { step_id, reason } of refused) {
      const request_id = await store.refuse(workflow_id, step_id, reason, tx);
      if (request_id !== null) settled.set(request_id, null);
    }
    const created = bodies.length > 0 ? await breadcrumbs.createIn(tx, caller, bodies) : [];
    for (const [n, request_id] of given_ids.entries())
      settled.set(request_id, created[n]?.id ?? null);
    if (settled.size > 0) await consents?.settle(tx, flow, settled);
  }

  /** A workflow is no way around what holds for its agent: the tools it may use, and those that need consent. */
  async #look({ caller, agent, request }: Flow, name: string): Promise<StepTool> {
    const { definitions, consents, timeout_ms } = this.#ports;
    if (name === 'workflow') return { refusal: 'a workflow is no step of another' };
    const { asked_by: _, ...author } = caller;
    const tool = await definitions.find(author, name);
    if (typeof tool === 'string') return { refusal: tool };
    if (agent && !mayUse(agent, name))
      return { refusal: `this agent may not use the tool ${name}` };
    const needs_consent = needsConsent(tool, agent);
    const limit_ms = timeLimitOf(tool, timeout_ms);
    if (!needs_consent) return { refusal: null, consent_ms: null, limit_ms };
    const consent_ms = (await consents?.patienceFor(request)) ?? null;
    if (consent_ms !== null) return { refusal: null, consent_ms, limit_ms };
    return {
      refusal: `the tool ${name} needs consent, which only the run of an agent can ask for`,
    };
  }

  async #readOutput(caller: Principal, output: unknown): Promise<unknown> {
    if (!Value.Check(ToolOutputReference, output)) return output;
    const record = await this.#ports.breadcrumbs
      .getFull(caller, output.ref)
      .catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'not_found') return null;
        throw error;
      });
    if (record?.schema_name !== TOOL_SCHEMAS.tool_result) return output;
    return (record.context as { output?: unknown }).output ?? null;
  }
}

function composeRequest(
  workflow: BreadcrumbFull,
  {
    step_id,
    tool,
    input,
    request_id,
  }: { step_id: string; tool: string; input: unknown; request_id: string },
): BreadcrumbCreate {
  const { run_id } = workflow.context as { run_id?: unknown };
  return {
    title: `${tool}: step ${step_id}`,
    schema_name: SCHEMAS.tool_request,
    tags: [
      TAGS.tool_request,
      TAGS.tools_workspace,
      'workflow:step',
      requestTag(request_id),
      ...workflow.tags.filter((tag) => tag.startsWith('session:')),
      ...workspacesOfTags(workflow.tags).map(workspaceTag),
    ],
    context: {
      tool,
      input,
      requestId: request_id,
      requestedBy: workflow.created_by,
      workflowId: workflow.id,
      stepId: step_id,
      ...(typeof run_id === 'string' ? { run_id } : {}),
    },
    visibility: workflow.visibility,
    sensitivity: workflow.sensitivity,
  };
}
