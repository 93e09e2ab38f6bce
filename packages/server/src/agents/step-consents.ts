import type { BreadcrumbFull } from '@cairn/protocol';
import { checksum, newId, type Clock } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Database, Handle } from '../db/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type {
  AskingWorkflow,
  RunningWorkflow,
  StepConsent,
  StepToConsent,
  WorkflowConsents,
} from '../tools/index.ts';
import { ApprovalStore, type ApprovalRow } from './approval-store.ts';
import {
  composeApproval,
  contextOfApproval,
  explainRefusal,
  patienceFor,
} from './compose-approval.ts';
import { toApprovalRequest, toApprovalResponse } from './compose-breadcrumbs.ts';
import type { Situation } from './contract.ts';
import { DefinitionStore } from './definition-store.ts';
import { SituationReader } from './load-situation.ts';
import { agentPrincipal, runPrincipal } from './register-agents.ts';
import { RunStore } from './store.ts';

export interface StepConsentsPorts {
  readonly db: Database;
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly clock: Clock;
}

/**
 * Asks people about steps of workflows that runs of agents want, as about any tool call of such a run: with the terms of
 * the agent's definition, and without its time running on meanwhile. What a person decides wakes the workflow.
 */
export class StepConsents implements WorkflowConsents {
  readonly #runs: RunStore;
  readonly #approvals: ApprovalStore;
  readonly #definitions: DefinitionStore;
  readonly #reader: SituationReader;
  readonly #breadcrumbs: Breadcrumbs;
  readonly #clock: Clock;

  constructor({ db, breadcrumbs, identity, clock }: StepConsentsPorts) {
    this.#runs = new RunStore(db);
    this.#approvals = new ApprovalStore(db);
    this.#definitions = new DefinitionStore(db);
    const definitions = this.#definitions;
    this.#reader = new SituationReader({ runs: this.#runs, breadcrumbs, identity, definitions });
    this.#breadcrumbs = breadcrumbs;
    this.#clock = clock;
  }

  async patienceFor(workflow: BreadcrumbFull): Promise<number | null> {
    const situation = await this.#situationOf(workflow);
    return situation && patienceFor(situation.definition);
  }

  async ask(
    tx: Handle,
    { request, delivery_id }: RunningWorkflow,
    steps: readonly StepToConsent[],
  ): Promise<void> {
    const situation = await this.#situationOf(request, tx);
    // A run that has ended meanwhile wants nothing: the steps wait until their time is over, or their workflow is.
    if (!situation) return;
    const { run } = situation;
    const expires_ms = patienceFor(situation.definition);
    const expires_at = new Date(this.#clock.now() + expires_ms).toISOString();
    const approvals = steps.map(({ step_id, ...step }) => {
      const where = ` in the step ${step_id} of a workflow`;
      return composeApproval(situation, { ...step, id: newId(), delivery_id, expires_at, where });
    });
    const bodies = approvals.map((each) => toApprovalRequest(contextOfApproval(each), situation));
    await this.#breadcrumbs.createIn(tx, runPrincipal(run), bodies);
    await this.#approvals.add(approvals, tx);
    const call = { run_id: run.id, request_breadcrumb_id: request.id, expires_at };
    // Each gives back its own when it is settled.
    for (const _ of approvals) await this.#runs.pauseFor(call, tx);
  }

  async of(delivery_id: string): Promise<ReadonlyMap<string, StepConsent>> {
    const rows = await this.#approvals.unsettledOf(delivery_id);
    return new Map(rows.map((row) => [row.request_id, toConsent(row)]));
  }

  async settle(
    tx: Handle,
    { request, delivery_id }: RunningWorkflow,
    sent: ReadonlyMap<string, string | null>,
  ): Promise<void> {
    const rows = await this.#approvals.unsettledOf(delivery_id, tx);
    for (const row of rows.filter(({ request_id }) => sent.has(request_id))) {
      if (row.state === 'pending') await this.#tellExpired(row, tx);
      await this.#end(row, request.id, sent.get(row.request_id) ?? null, tx);
    }
  }

  async isConsented(request: BreadcrumbFull): Promise<boolean> {
    const { owner_id, id, context } = request;
    const { tool, input } = context as Record<string, unknown>;
    const approval = await this.#approvals.ofRequest(owner_id, id);
    if (approval?.tool !== tool) return false;
    // Whoever may change the record may have changed what it asks for. A request has some input always.
    return checksum(approval?.input ?? {}) === checksum(input ?? {});
  }

  async withdraw(tx: Handle, { request, delivery_id }: AskingWorkflow): Promise<void> {
    const rows = await this.#approvals.unsettledOf(delivery_id, tx);
    for (const row of rows) await this.#end(row, request.id, null, tx);
  }

  async standing(owner_id: string, agent_id: string): Promise<number | 'none' | null> {
    const row = await this.#definitions.get(agent_id);
    if (row?.owner_id !== owner_id) return null;
    return row.state === 'active' ? row.version : 'none';
  }

  /** The run may go on from here; the time that was left for the workflow is what was left when it asked. */
  async #end(
    { id, run_id, expires_at }: ApprovalRow,
    request_breadcrumb_id: string,
    sent: string | null,
    tx: Handle,
  ): Promise<void> {
    await this.#approvals.settle(id, tx, sent);
    await this.#runs.resumeFrom({ run_id, request_breadcrumb_id, expires_at }, tx);
  }

  async #tellExpired(row: ApprovalRow, tx: Handle): Promise<void> {
    const about = { approval_id: row.id, decision: row.on_expiry, decided_by: null };
    const response = toApprovalResponse({ ...about, comment: 'nobody decided in time' }, row);
    const asked_by = row.asked_by === null ? null : { agent_id: row.asked_by, roles: [] };
    const principal = { ...agentPrincipal(row.owner_id, row.agent_id), asked_by };
    await this.#breadcrumbs.createIn(tx, principal, [response]);
  }

  /** Of the run whose tool call the workflow is; null when there is none that goes on. */
  async #situationOf(workflow: BreadcrumbFull, tx?: Handle): Promise<Situation | null> {
    const state = await this.#runs.ofRequest(workflow.owner_id, workflow.id, tx);
    if (!state) return null;
    const { situation, failure } = await this.#reader.load(state, tx);
    return failure === null ? situation : null;
  }
}

function toConsent(row: ApprovalRow & { readonly left_ms: number }): StepConsent {
  const { state, on_expiry, left_ms, tool, input } = row;
  if (state === 'pending' && left_ms > 0) return { state: 'waiting', left_ms };
  const goes = state === 'pending' ? on_expiry === 'approve' : state === 'approved';
  return goes ? { state: 'given', tool, input } : { state: 'refused', reason: explainRefusal(row) };
}
