import { requestTag, SCHEMAS, WELL_KNOWN, type BreadcrumbFull } from '@cairn/protocol';
import { checksum, isUuid, newId, type Clock } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Database, Handle } from '../db/index.ts';
import type { Principal } from '../http/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type {
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
import { agentPrincipal } from './register-agents.ts';
import { RunStore } from './store.ts';

/** Requests under one id: there is one, unless somebody forges more. */
const ALIKE_MAX = 100;

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
  readonly #reader: SituationReader;
  readonly #breadcrumbs: Breadcrumbs;
  readonly #clock: Clock;

  constructor({ db, breadcrumbs, identity, clock }: StepConsentsPorts) {
    this.#runs = new RunStore(db);
    this.#approvals = new ApprovalStore(db);
    const definitions = new DefinitionStore(db);
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
    await this.#breadcrumbs.createIn(tx, agentPrincipal(run.owner_id, run.agent_id), bodies);
    await this.#approvals.add(approvals, tx);
    await this.#runs.pauseFor(
      { run_id: run.id, request_breadcrumb_id: request.id, expires_at },
      tx,
    );
  }

  async of(delivery_id: string): Promise<ReadonlyMap<string, StepConsent>> {
    const rows = await this.#approvals.unsettledOf(delivery_id);
    return new Map(rows.map((row) => [row.request_id, toConsent(row)]));
  }

  async settle(
    tx: Handle,
    { request, delivery_id }: RunningWorkflow,
    request_ids: readonly string[],
  ): Promise<void> {
    const rows = await this.#approvals.unsettledOf(delivery_id, tx);
    for (const row of rows.filter(({ request_id }) => request_ids.includes(request_id))) {
      if (row.state === 'pending') await this.#tellExpired(row, tx);
      await this.#end(row, request.id, tx);
    }
  }

  async isConsented(request: BreadcrumbFull): Promise<boolean> {
    const { owner_id, id, context } = request;
    const { requestId: request_id, tool, input } = context as Record<string, unknown>;
    if (typeof request_id !== 'string' || !isUuid(request_id)) return false;
    const approval = await this.#approvals.ofRequest(owner_id, request_id);
    if (approval?.tool !== tool || checksum(approval?.input ?? {}) !== checksum(input))
      return false;
    // Sent together with what was noted about it, and so before anybody else could write one like it.
    const curator: Principal = { owner_id, agent_id: WELL_KNOWN.tools_runner, roles: ['curator'] };
    const alike = await this.#breadcrumbs.listWithContext(curator, {
      all_tags: [requestTag(request_id)],
      schema_name: SCHEMAS.tool_request,
      limit: ALIKE_MAX,
    });
    return alike.length < ALIKE_MAX && alike.every((each) => each.id >= id);
  }

  async withdraw(tx: Handle, { request, delivery_id }: RunningWorkflow): Promise<void> {
    const rows = await this.#approvals.unsettledOf(delivery_id, tx);
    for (const row of rows) await this.#end(row, request.id, tx);
  }

  /** The run may go on from here; the time that was left for the workflow is what was left when it asked. */
  async #end(row: ApprovalRow, request_breadcrumb_id: string, tx: Handle): Promise<void> {
    const { id, run_id, expires_at } = row;
    await this.#approvals.settle(id, tx);
    await this.#runs.resumeFrom({ run_id, request_breadcrumb_id, expires_at }, tx);
  }

  async #tellExpired(row: ApprovalRow, tx: Handle): Promise<void> {
    const about = { approval_id: row.id, decision: row.on_expiry, decided_by: null };
    const response = toApprovalResponse({ ...about, comment: 'nobody decided in time' }, row);
    const principal = agentPrincipal(row.owner_id, row.agent_id);
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
  const { state, on_expiry, left_ms, input } = row;
  if (state === 'pending' && left_ms > 0) return { state: 'waiting', left_ms };
  const goes = state === 'pending' ? on_expiry === 'approve' : state === 'approved';
  return goes ? { state: 'given', input } : { state: 'refused', reason: explainRefusal(row) };
}
