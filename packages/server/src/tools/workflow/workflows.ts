import {
  SCHEMAS,
  TAGS,
  TOOL_SCHEMAS,
  ToolOutputReference,
  WELL_KNOWN,
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
import type { StepToBegin, WorkflowPort } from '../builtin/index.ts';
import type { ToolDefinitions } from '../find-definition.ts';
import { readAgentDefinition } from '../guard-writes.ts';
import type { WorkflowStore } from '../workflow-store.ts';

export interface WorkflowsPorts {
  readonly store: WorkflowStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly definitions: ToolDefinitions;
  readonly deliveries: DeliveryStore;
}

/** Steps of workflows as requests of their own, and their answers. */
export class Workflows {
  readonly #ports: WorkflowsPorts;

  constructor(ports: WorkflowsPorts) {
    this.#ports = ports;
  }

  /** What the workflow of one request works with. */
  of(run: { request: BreadcrumbFull; caller: Principal; delivery_id: string }): WorkflowPort {
    const { store } = this.#ports;
    return {
      begun: (workflow_id) => store.begun(workflow_id),
      begin: (tx, steps) => this.#begin(run, steps, tx),
      clear: (tx, workflow_id) => store.clear(workflow_id, tx),
      whyNot: (tool) => this.#whyNot(run.caller, tool),
      readOutput: (output) => this.#readOutput(run.caller, output),
    };
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

  async #begin(
    {
      request,
      caller,
      delivery_id,
    }: { request: BreadcrumbFull; caller: Principal; delivery_id: string },
    steps: readonly StepToBegin[],
    tx: Handle,
  ): Promise<void> {
    const { store, breadcrumbs } = this.#ports;
    const { owner_id } = request;
    const bodies: BreadcrumbCreate[] = [];
    for (const { step_id, place, timeout_ms, tool, input } of steps) {
      const step = { workflow_id: request.id, step_id, owner_id, delivery_id, place, timeout_ms };
      const request_id = await store.begin(step, tx);
      if (request_id === null) continue;
      bodies.push(composeRequest(request, { step_id, tool, input, request_id }));
    }
    if (bodies.length > 0) await breadcrumbs.createIn(tx, caller, bodies);
  }

  /** A workflow is no way around what holds for its agent: the tools it may use, and those that need consent. */
  async #whyNot(caller: Principal, name: string): Promise<string | null> {
    if (name === 'workflow') return 'a workflow is no step of another';
    const tool = await this.#ports.definitions.find(caller, name);
    if (typeof tool === 'string') return tool;
    if (tool.definition.requires_approval)
      return `the tool ${name} needs consent, for which a workflow cannot wait; ask for it by itself`;
    const agent = await readAgentDefinition(this.#ports.breadcrumbs, caller);
    if (agent?.tools && !agent.tools.includes(name))
      return `this agent may not use the tool ${name}`;
    const consent = agent?.approvals?.tools ?? [];
    return consent === '*' || consent.includes(name)
      ? `the tool ${name} needs consent for this agent, for which a workflow cannot wait`
      : null;
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
      ...workflow.tags.filter((tag) => tag.startsWith('session:')),
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
