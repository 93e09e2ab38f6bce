import type { ApprovalDecision, ApprovalItem, ApprovalResponse } from '@cairn/protocol';
import { AppError } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Handle } from '../db/index.ts';
import { TOPICS } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import { can, type IdentityStore } from '../identity/index.ts';
import type { DeliveryStore } from '../queue/index.ts';
import { TOOLS_QUEUE } from '../tools/index.ts';
import type { ApprovalRow, ApprovalStore } from './approval-store.ts';
import { toApprovalResponse } from './compose-breadcrumbs.ts';
import type { DefinitionStore } from './definition-store.ts';
import { AGENTS_QUEUE } from './register-agents.ts';

export interface ApprovalsPorts {
  readonly approvals: ApprovalStore;
  readonly definitions: DefinitionStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly deliveries: DeliveryStore;
  readonly bus: Bus;
}

/**
 * Takes the decisions of people about tool calls. The first valid one counts, whichever way it came; the run that waits
 * is woken and acts on it. Agents never decide.
 */
export class Approvals {
  readonly #ports: ApprovalsPorts;

  constructor(ports: ApprovalsPorts) {
    this.#ports = ports;
  }

  /** One page of them, newest first: curators see all, others what they may see the messages of. */
  async list(
    principal: Principal,
    query: { state: ApprovalItem['state'] | null; limit: number; before: string | null },
  ): Promise<ApprovalItem[]> {
    const who = principal.roles.includes('curator') ? null : principal.agent_id;
    const rows = await this.#ports.approvals.list(principal.owner_id, { ...query, who });
    return rows.map(toItem);
  }

  /**
   * Decides. @throws AppError not_found; forbidden for agents; conflict when it was decided before, or its time is over
   */
  async decide(principal: Principal, id: string, body: ApprovalDecision): Promise<ApprovalItem> {
    const { approvals, breadcrumbs, deliveries, bus } = this.#ports;
    const { owner_id, agent_id } = principal;
    const known = await approvals.get(owner_id, id);
    if (!known || !maySee(principal, known))
      throw new AppError('not_found', `there is no request for consent ${id}`);
    await this.#assertPerson(principal);
    const comment = body.comment ?? null;
    const decided = await approvals.transaction(async (tx) => {
      const decision = { owner_id, id, decision: body.decision, decided_by: agent_id, comment };
      const row = await approvals.decide(decision, tx);
      if (!row) return null;
      const about = { approval_id: id, decision: body.decision, comment, decided_by: agent_id };
      await breadcrumbs.createIn(tx, principal, [toApprovalResponse(about, row)]);
      await deliveries.wake([row.delivery_id], tx);
      return row;
    });
    if (!decided) throw alreadyDecided((await approvals.get(owner_id, id)) ?? known);
    breadcrumbs.announce();
    // A step of a workflow waits in the queue of the tools.
    await Promise.all(
      [AGENTS_QUEUE, TOOLS_QUEUE].map((queue) => bus.publish(TOPICS.queues, queue)),
    );
    return toItem(decided);
  }

  /**
   * Takes a decision that somebody wrote as a breadcrumb, inside the transaction that comes past its event. What is not
   * valid counts for nothing. Says whether a run was woken.
   */
  async takeWritten(
    tx: Handle,
    {
      owner_id,
      author,
      response,
    }: { owner_id: string; author: string; response: ApprovalResponse },
  ): Promise<boolean> {
    const { approvals, identity, definitions, deliveries } = this.#ports;
    const known = await approvals.get(owner_id, response.approval_id, tx);
    if (known?.state !== 'pending') return false;
    const roles = (await identity.agentRoles(owner_id, author, tx)) ?? [];
    const principal: Principal = { owner_id, agent_id: author, roles };
    if (!can(principal, 'approval.decide') || !maySee(principal, known)) return false;
    if (await definitions.isAgent(owner_id, author, tx)) return false;
    const { approval_id: id, decision, comment = null } = response;
    const decided = await approvals.decide(
      { owner_id, id, decision, decided_by: author, comment },
      tx,
    );
    if (decided) await deliveries.wake([decided.delivery_id], tx);
    return decided !== null;
  }

  async #assertPerson({ owner_id, agent_id }: Principal): Promise<void> {
    if (await this.#ports.definitions.isAgent(owner_id, agent_id))
      throw new AppError('forbidden', 'agents may not give consent; a person has to');
  }
}

function maySee(principal: Principal, row: ApprovalRow): boolean {
  return can(principal, 'breadcrumb.read', { ...row, created_by: row.asked_by });
}

function alreadyDecided({ id, state, expires_at }: ApprovalRow): AppError {
  const why =
    state === 'pending' || state === 'expired'
      ? `its time was over at ${expires_at}`
      : `it was ${state} before`;
  return new AppError('conflict', `The request ${id} cannot be decided any more: ${why}`);
}

function toItem(row: ApprovalRow): ApprovalItem {
  return {
    id: row.id,
    state: row.state,
    run_id: row.run_id,
    request_id: row.request_id,
    agent_id: row.agent_id,
    agent_name: row.agent_name,
    conversation_id: row.conversation_id,
    tool: row.tool,
    input: row.input,
    message: row.message,
    on_expiry: row.on_expiry,
    requested_at: row.requested_at,
    expires_at: row.expires_at,
    decided_at: row.decided_at,
    decided_by: row.decided_by,
    comment: row.comment,
  };
}
