import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Handle } from '../db/index.ts';
import type { Outcome } from '../queue/index.ts';
import type { ApprovalRow, ApprovalStore } from './approval-store.ts';
import { toApprovalResponse, toRequest } from './compose-breadcrumbs.ts';
import type { RunState, Situation } from './contract.ts';
import type { DefinitionStore } from './definition-store.ts';
import { SituationReader } from './load-situation.ts';
import { agentPrincipal } from './register-agents.ts';
import type { IdentityStore } from '../identity/index.ts';
import type { RunStore } from './store.ts';

/**
 * Lets a run act on what was decided about its tool calls: what was approved goes out, what was denied is answered with
 * that, and what nobody decided in time gets the consequence that its request stated.
 */
export class SettleApprovals {
  readonly #ports: {
    runs: RunStore;
    approvals: ApprovalStore;
    breadcrumbs: Breadcrumbs;
    tool_timeout_ms: number;
  };
  readonly #reader: SituationReader;

  constructor(ports: {
    runs: RunStore;
    approvals: ApprovalStore;
    breadcrumbs: Breadcrumbs;
    identity: IdentityStore;
    definitions: DefinitionStore;
    tool_timeout_ms: number;
  }) {
    this.#ports = ports;
    this.#reader = new SituationReader(ports);
  }

  /** The outcome that acts on decisions; null when there is none to act on. */
  async settle(state: RunState): Promise<Outcome | null> {
    const { run } = state;
    const due = await this.#ports.approvals.due(run.id);
    if (due.length === 0) return null;
    const { situation } = await this.#reader.load(state);
    // Whatever made the run impossible is found when it is taken up again.
    if (!situation) {
      const commit = (tx: Handle) => this.#refuseAll(due, tx);
      return { type: 'suspend', for_ms: 0, commit };
    }
    return {
      type: 'suspend',
      // What is left to wait for is looked at again right after.
      for_ms: 0,
      commit: async (tx) => {
        for (const row of due) await this.#act(row, situation, tx);
        await this.#ports.runs.resume(run.id, tx);
      },
      committed: () => this.#ports.breadcrumbs.announce(),
    };
  }

  async #act(row: ApprovalRow, situation: Situation, tx: Handle): Promise<void> {
    const { runs, approvals, breadcrumbs, tool_timeout_ms } = this.#ports;
    const { run } = situation;
    const principal = agentPrincipal(run.owner_id, run.agent_id);
    const is_over = row.state === 'pending';
    const goes = is_over ? row.on_expiry === 'approve' : row.state === 'approved';
    await approvals.settle(row.id, tx);
    if (is_over) {
      const about = { approval_id: row.id, decision: row.on_expiry, decided_by: null };
      const comment = 'nobody decided in time';
      const response = toApprovalResponse({ ...about, comment }, row);
      await breadcrumbs.createIn(tx, principal, [response]);
    }
    if (!goes) return runs.refuse(row.request_id, whyNot(row), tx);
    const [request] = await breadcrumbs.createIn(tx, principal, [
      toRequest(row, row.input, situation),
    ]);
    if (!request) return;
    const { request_id } = row;
    const call = { request_id, request_breadcrumb_id: request.id, timeout_ms: tool_timeout_ms };
    await runs.release(call, tx);
  }

  async #refuseAll(due: readonly ApprovalRow[], tx: Handle): Promise<void> {
    for (const row of due) {
      await this.#ports.approvals.settle(row.id, tx);
      await this.#ports.runs.refuse(row.request_id, whyNot(row), tx);
    }
  }
}

function whyNot({ state, comment }: ApprovalRow): string {
  if (state === 'pending') return 'nobody consented to this call in time, so it was not made';
  return `a person did not consent to this call${comment ? `: ${comment}` : ''}`;
}
