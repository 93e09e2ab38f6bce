import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Handle } from '../db/index.ts';
import type { Outcome } from '../queue/index.ts';
import type { ApprovalRow, ApprovalStore } from './approval-store.ts';
import { explainRefusal } from './compose-approval.ts';
import { toApprovalResponse, toRequest } from './compose-breadcrumbs.ts';
import type { RunState, Situation } from './contract.ts';
import type { DefinitionStore } from './definition-store.ts';
import { limitsOf } from './limit-run.ts';
import { SituationReader } from './load-situation.ts';
import { agentPrincipal, runPrincipal } from './register-agents.ts';
import type { IdentityStore } from '../identity/index.ts';
import { timeLimitOf, type ToolDefinitions } from '../tools/index.ts';
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
    tools: ToolDefinitions;
    tool_timeout_ms: number;
  };
  readonly #reader: SituationReader;

  constructor(ports: {
    runs: RunStore;
    approvals: ApprovalStore;
    breadcrumbs: Breadcrumbs;
    identity: IdentityStore;
    definitions: DefinitionStore;
    tools: ToolDefinitions;
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
    const patience = await this.#patienceOf(due, situation, state);
    return {
      type: 'suspend',
      // What is left to wait for is looked at again right after.
      for_ms: 0,
      commit: async (tx) => {
        for (const row of due) await this.#act(row, situation, patience, tx);
        await this.#ports.runs.resume(run.id, tx);
      },
      committed: () => this.#ports.breadcrumbs.announce(),
    };
  }

  /** How long each tool may take, by its name: as long as one that needs no consent. */
  async #patienceOf(
    due: readonly ApprovalRow[],
    { run, definition }: Situation,
    state: RunState,
  ): Promise<ReadonlyMap<string, number>> {
    const { tools, tool_timeout_ms } = this.#ports;
    const principal = agentPrincipal(run.owner_id, run.agent_id);
    // The time that was waited for consent does not count.
    const left_ms = Math.max(0, limitsOf(definition).wall_time_s * 1_000 - state.elapsed_ms);
    const patience = new Map<string, number>();
    for (const { tool } of due) {
      const found = await tools.find(principal, tool);
      // Of one that is not there any more the answer comes at once.
      const limit_ms =
        typeof found === 'string' ? tool_timeout_ms : timeLimitOf(found, tool_timeout_ms);
      patience.set(tool, Math.min(limit_ms ?? left_ms, left_ms));
    }
    return patience;
  }

  async #act(
    row: ApprovalRow,
    situation: Situation,
    patience: ReadonlyMap<string, number>,
    tx: Handle,
  ): Promise<void> {
    const { runs, approvals, breadcrumbs, tool_timeout_ms } = this.#ports;
    const { run } = situation;
    const principal = runPrincipal(run);
    const is_over = row.state === 'pending';
    const goes = is_over ? row.on_expiry === 'approve' : row.state === 'approved';
    const requests = goes
      ? await breadcrumbs.createIn(tx, principal, [toRequest(row, row.input, situation)])
      : [];
    const sent = requests[0]?.id ?? null;
    await approvals.settle(row.id, tx, sent);
    if (is_over) {
      const about = { approval_id: row.id, decision: row.on_expiry, decided_by: null };
      const comment = 'nobody decided in time';
      const response = toApprovalResponse({ ...about, comment }, row);
      await breadcrumbs.createIn(tx, principal, [response]);
    }
    if (sent === null) return runs.refuse(row.request_id, explainRefusal(row), tx);
    const { request_id } = row;
    const timeout_ms = patience.get(row.tool) ?? tool_timeout_ms;
    await runs.release({ request_id, request_breadcrumb_id: sent, timeout_ms }, tx);
  }

  async #refuseAll(due: readonly ApprovalRow[], tx: Handle): Promise<void> {
    for (const row of due) {
      await this.#ports.approvals.settle(row.id, tx, null);
      await this.#ports.runs.refuse(row.request_id, explainRefusal(row), tx);
    }
  }
}
