import type { AgentDefinition, ApprovalRequest } from '@cairn/protocol';
import type { ApprovalRow, NewApproval } from './approval-store.ts';
import type { Situation } from './contract.ts';

const EXPIRES_S = 86_400;

/** Milliseconds that a person has to consent to a call of an agent. */
export function patienceFor({ approvals }: AgentDefinition): number {
  return (approvals?.expires_s ?? EXPIRES_S) * 1_000;
}

/** A call that is to wait for consent, and what is asked about it. */
export interface AskedFor {
  readonly id: string;
  /** What is woken by the decision. */
  readonly delivery_id: string;
  readonly request_id: string;
  readonly tool: string;
  readonly input: unknown;
  readonly expires_at: string;
  /** Stands behind the tool's name, such as ` in a step of a workflow`. */
  readonly where?: string;
}

/** The request for consent to a call of a run. Who may see the message that the run is about may decide. */
export function composeApproval(
  { run, trigger, definition }: Situation,
  { where = '', ...asked }: AskedFor,
): NewApproval {
  const on_expiry = definition.approvals?.on_expiry ?? 'deny';
  const otherwise = on_expiry === 'deny' ? 'it will not run' : 'it will run';
  return {
    ...asked,
    run_id: run.id,
    owner_id: run.owner_id,
    agent_id: run.agent_id,
    conversation_id: run.conversation_id,
    visibility: trigger.visibility,
    sensitivity: trigger.sensitivity,
    on_expiry,
    asked_by: run.asker?.agent_id ?? trigger.created_by,
    agent_name: definition.agent_id,
    message: `${definition.agent_id} wants to use the tool ${asked.tool}${where}. Without a decision by ${asked.expires_at} ${otherwise}.`,
  };
}

/** The context of the record that asks. */
export function contextOfApproval(approval: NewApproval): ApprovalRequest {
  const { id, run_id, request_id, tool, input, agent_id, expires_at, on_expiry, message } =
    approval;
  return {
    approval_id: id,
    run_id,
    request_id,
    tool,
    input,
    expires_at,
    on_expiry,
    message,
    requested_by: agent_id,
  };
}

/** Why a call is not made, in words for whoever wanted it. */
export function explainRefusal({ state, comment }: Pick<ApprovalRow, 'state' | 'comment'>): string {
  const why = comment ? `: ${comment}` : '';
  return state === 'denied'
    ? `a person did not consent to this call${why}`
    : `nobody consented to this call in time, so it was not made${why}`;
}
