import type { BreadcrumbCreate } from '@cairn/protocol';
import { messageOf, newId, type Clock, type Log } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Handle } from '../db/index.ts';
import { TOPICS } from '../events/index.ts';
import type { DeliveryStore, NewDelivery, Outcome } from '../queue/index.ts';
import { answerToolSearch } from '../tools/index.ts';
import type { ApprovalStore, NewApproval } from './approval-store.ts';
import { composeApproval, contextOfApproval, patienceFor } from './compose-approval.ts';
import {
  askedConversation,
  toAgentRequest,
  toApprovalRequest,
  toRequest,
} from './compose-breadcrumbs.ts';
import type { RunOrigin, Situation } from './contract.ts';
import type { DefinitionStore } from './definition-store.ts';
import { whyNotStorableCall } from './make-storable.ts';
import type { ModelAnswer, ToolCall } from './models/index.ts';
import type { OfferedTool } from './offer-tools.ts';
import { AGENTS_QUEUE, runDelivery, runPrincipal, type RunPayload } from './register-agents.ts';
import type { NewToolCall, RunStore, StepFacts } from './store.ts';
import type { RunBroadcast } from './stream-text.ts';

const CALLS_PER_STEP_MAX = 16;

export interface ToolAskerPorts {
  readonly runs: RunStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly deliveries: DeliveryStore;
  readonly approvals: ApprovalStore;
  readonly definitions: DefinitionStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

/** A step that wants tools, ready to be recorded. */
export interface WantingStep {
  readonly answer: ModelAnswer;
  readonly facts: () => StepFacts;
  readonly tools: readonly OfferedTool[];
  /** What a search for tools looks through. */
  readonly all: readonly OfferedTool[];
  /** How long the run may go on. */
  readonly left_ms: number;
}

/** A call with whom it goes to. */
interface Draft extends NewToolCall {
  readonly input: unknown;
  /** The agent that is asked. */
  readonly to: string | null;
}

/** Records a step that wants tools together with all that follows from it, and lets the run rest until it is answered. */
export class ToolAsker {
  readonly #ports: ToolAskerPorts;

  constructor(ports: ToolAskerPorts) {
    this.#ports = ports;
  }

  async ask(situation: Situation, step: WantingStep, broadcast: RunBroadcast): Promise<Outcome> {
    const { run, trigger } = situation;
    const drafts = await this.draft(situation, step);
    const asked = drafts.filter(({ is_error }) => is_error === null);
    const for_consent = asked.filter(({ approval_id }) => approval_id !== null);
    const names = (calls: readonly Draft[]) =>
      [...new Set(calls.map(({ tool }) => tool))].join(', ');
    if (for_consent.length > 0) broadcast.status('waiting_for_approval', names(for_consent));
    else broadcast.status('waiting_for_tools', names(asked));
    return {
      type: 'suspend',
      // With nothing to wait for, the model is told at once what was wrong.
      for_ms: Math.min(
        ...asked.map(({ timeout_ms }) => timeout_ms),
        asked.length > 0 ? Infinity : 0,
      ),
      commit: async (tx) => {
        const ids = await this.#send(situation, asked, tx);
        await this.#ports.runs.addStep(
          run.id,
          situation.steps.length,
          step.answer,
          step.facts(),
          tx,
        );
        const calls = drafts.map(({ input: _input, to: _to, ...call }) => ({
          ...call,
          request_breadcrumb_id: ids.get(call.request_id) ?? null,
        }));
        await this.#ports.runs.addToolCalls(run, calls, tx);
      },
      committed: () => {
        const tools = asked.map(({ tool }) => tool);
        this.#ports.log.debug({ run: run.id, trigger: trigger.id, tools }, 'tools asked');
        this.#ports.breadcrumbs.announce();
        if (asked.some(({ to }) => to !== null)) this.ring();
      },
    };
  }

  /** Says that there is work for agents. */
  ring(): void {
    this.#ports.bus.publish(TOPICS.queues, AGENTS_QUEUE).catch((error: unknown) => {
      this.#ports.log.warn({ reason: messageOf(error) }, 'nobody could be told of work for agents');
    });
  }

  /** What a step wants, call by call; with the answer on the spot where a call cannot be made. */
  async draft(situation: Situation, step: WantingStep): Promise<Draft[]> {
    const drafts: Draft[] = [];
    for (const [place, call] of step.answer.tool_calls.entries())
      drafts.push(await this.#draftCall(situation, step, call, place));
    return drafts;
  }

  async #draftCall(
    { run, definition, steps }: Situation,
    { tools, all, left_ms }: WantingStep,
    call: ToolCall,
    place: number,
  ): Promise<Draft> {
    const tool = tools.find(({ name }) => name === call.name);
    let refusal = whyRefused(call, place, tools);
    let to: string | null = null;
    const is_search = tool?.kind === 'search' && refusal === null;
    if (tool && (tool.kind === 'ask' || tool.kind === 'hand_over') && refusal === null) {
      const found = await this.findAgent(run.owner_id, call.input, definition.agents ?? []);
      if ('id' in found) to = found.id;
      else refusal = found.refusal;
    }
    const needs_approval = refusal === null && tool?.needs_approval === true;
    const expires_ms = patienceFor(definition);
    const patience_ms = Math.min(tool?.limit_ms ?? left_ms, left_ms);
    return {
      request_id: newId(),
      step_seq: steps.length,
      place,
      call_id: call.id,
      tool: call.name,
      request_breadcrumb_id: null,
      // A search is answered on the spot, and recorded with the step: whoever takes over offers the same.
      output: is_search ? answerToolSearch(all, call.input) : refusal,
      is_error: is_search ? false : refusal === null ? null : true,
      timeout_ms: Math.round(needs_approval ? expires_ms : patience_ms),
      kind: to === null ? 'tool' : 'ask',
      responder: tool?.responder ?? null,
      approval_id: needs_approval ? newId() : null,
      input: call.input,
      to,
    };
  }

  /** The agent that a call names, if it may be begun and is there; else why not, in words for the model. */
  async findAgent(
    owner_id: string,
    input: unknown,
    allowed: readonly string[],
  ): Promise<{ id: string; name: string } | { refusal: string }> {
    const { agent } = (input ?? {}) as { agent?: unknown };
    if (typeof agent !== 'string' || !allowed.includes(agent))
      return { refusal: `"agent" must be one of ${allowed.join(', ')}` };
    const id = await this.#ports.definitions.findActive(owner_id, agent);
    return id === null ? { refusal: `the agent ${agent} is not active` } : { id, name: agent };
  }

  /** Writes what asks tools, agents and people. Answers with the requests by call. */
  async #send(
    situation: Situation,
    asked: readonly Draft[],
    tx: Handle,
  ): Promise<Map<string, string>> {
    const { run } = situation;
    const principal = runPrincipal(run);
    const approvals = asked.flatMap((draft) => this.#toApproval(situation, draft));
    const bodies = asked.map((draft): BreadcrumbCreate => {
      const approval = approvals.find(({ request_id }) => request_id === draft.request_id);
      if (approval) return toApprovalRequest(contextOfApproval(approval), situation);
      if (draft.to === null) return toRequest(draft, draft.input, situation);
      const { agent, message } = draft.input as { agent: string; message?: unknown };
      const text = typeof message === 'string' ? message : JSON.stringify(message ?? '');
      return toAgentRequest(draft, text, agent, situation);
    });
    const created = await this.#ports.breadcrumbs.createIn(tx, principal, bodies);
    if (approvals.length > 0) await this.#ports.approvals.add(approvals, tx);
    const deliveries = asked.flatMap((draft, n) =>
      toAgentDelivery(draft, created[n]?.id, situation),
    );
    await this.#ports.deliveries.enqueue(deliveries, tx);
    const sent = asked.map(({ request_id, approval_id }, n): [string, string] | null => {
      const id = created[n]?.id;
      return id && approval_id === null ? [request_id, id] : null;
    });
    return new Map(sent.filter((each) => each !== null));
  }

  #toApproval(situation: Situation, draft: Draft): NewApproval[] {
    if (draft.approval_id === null) return [];
    const { delivery_id } = situation.run;
    const { approval_id: id, request_id, tool, input } = draft;
    const expires_at = new Date(this.#ports.clock.now() + draft.timeout_ms).toISOString();
    return [composeApproval(situation, { id, delivery_id, request_id, tool, input, expires_at })];
  }
}

/** The work of an agent that is asked. */
function toAgentDelivery(
  { to, request_id }: Draft,
  trigger_id: string | undefined,
  { run }: Situation,
): NewDelivery[] {
  if (to === null || trigger_id === undefined) return [];
  const payload: RunPayload = {
    agent_id: to,
    trigger_id,
    trigger_version: 1,
    conversation_id: askedConversation(request_id),
    origin: { ...originIn(run), request_id },
  };
  return [{ ...runDelivery(payload), queue: AGENTS_QUEUE, owner_id: run.owner_id }];
}

/** What is known of the cause of a run that this one begins. */
export function originIn(run: Situation['run']): RunOrigin {
  return {
    parent_run_id: run.id,
    author: run.agent_id,
    at: '-infinity',
    run_id: run.id,
    tool_request_id: null,
  };
}

/** Why a call is not passed on to a tool, or null. */
function whyRefused(call: ToolCall, place: number, tools: readonly OfferedTool[]): string | null {
  if (place >= CALLS_PER_STEP_MAX)
    return `at most ${CALLS_PER_STEP_MAX} tools are run at once; ask for this one again`;
  if (!tools.some(({ name }) => name === call.name)) {
    const names = tools.map(({ name }) => name).join(', ') || 'none';
    return `there is no tool named ${call.name}; the tools are: ${names}`;
  }
  return whyNotStorableCall(call);
}
