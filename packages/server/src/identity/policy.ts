import { AppError } from '../base/index.ts';
import { sql, type Sql } from '../db/index.ts';
import type { Principal } from '../http/index.ts';
import type { GrantAction, Role } from '@cairn/protocol';

/** What can be done, and which roles may do it at all; an empty list means every principal of the tenant. */
const ACTIONS = {
  'breadcrumb.create': ['emitter', 'curator'],
  'breadcrumb.read': [],
  'breadcrumb.read_full': [],
  'breadcrumb.update': ['emitter', 'curator'],
  'breadcrumb.delete': ['emitter', 'curator'],
  'event.read': [],
  'subscription.manage': ['subscriber', 'curator'],
  'key.manage': ['curator'],
  'tenant.manage': ['curator'],
  'agent.manage': ['curator'],
  'grant.manage': ['curator'],
  'secret.read': [],
  'secret.decrypt': ['curator', 'emitter'],
  'secret.manage': ['curator'],
  'webhook.manage': [],
  'dead_letter.manage': ['curator'],
  'hygiene.manage': ['curator'],
  'queue.read': ['curator'],
  'agent_run.stop': ['emitter', 'curator'],
  'approval.decide': ['curator', 'emitter'],
  'approval.read': [],
  'circuit.manage': ['curator'],
  'definition.activate': ['curator'],
  'run.write': ['emitter', 'curator'],
  'run.read': [],
  'run.manage': ['curator'],
  'system.read': [],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof ACTIONS;

/** What a grant on one record must say for an action on it. */
const GRANT_FOR: Partial<Record<Action, GrantAction>> = {
  'breadcrumb.read': 'read_context',
  'breadcrumb.read_full': 'read_full',
  'breadcrumb.update': 'update',
  'breadcrumb.delete': 'delete',
  'event.read': 'subscribe',
};

/** The parts of a record, or of its event, that decide who may see it. */
export interface Protected {
  readonly owner_id: string;
  readonly visibility: string;
  readonly sensitivity: string;
  readonly created_by: string | null;
  /** What was granted to the principal on this record. */
  readonly granted?: readonly string[] | null;
}

/**
 * The one policy. Tenant first, then role, then the record: what is private or secret is for its author, for curators, and
 * for agents with a grant that says so.
 * `readable` is the same rule as SQL; a test holds the two together.
 */
export function can(principal: Principal, action: Action, record?: Protected): boolean {
  if (record && record.owner_id !== principal.owner_id) return false;
  const roles: readonly Role[] = ACTIONS[action];
  if (roles.length > 0 && !roles.some((role) => principal.roles.includes(role))) return false;
  if (!record || principal.roles.includes('curator')) return true;
  const is_guarded = record.visibility === 'private' || record.sensitivity === 'secret';
  if (!is_guarded || record.created_by === principal.agent_id) return true;
  const grant = GRANT_FOR[action];
  return grant !== undefined && record.granted?.includes(grant) === true;
}

/** The rows of `breadcrumbs` that the principal may read, or do with what else `grant` names; `any` is whatever was granted. */
export function readable(principal: Principal, grant: GrantAction | 'any' = 'read_context'): Sql {
  const own = sql`owner_id = ${principal.owner_id}`;
  if (principal.roles.includes('curator')) return own;
  const wanted = grant === 'any' ? sql`true` : sql`${grant}::text = any(acls.actions)`;
  const granted = sql`exists (select from acls where acls.breadcrumb_id = breadcrumbs.id
    and acls.grantee_agent_id = ${principal.agent_id} and ${wanted})`;
  return sql`${own} and ((visibility <> 'private' and sensitivity <> 'secret') or created_by = ${principal.agent_id}
    or ${granted})`;
}

/** @throws AppError forbidden when the principal may not take the action on anything. */
export function authorize(principal: Principal, action: string): void {
  if (!isAction(action)) throw new Error(`"${action}" is not an action of the policy`);
  if (can(principal, action)) return;
  const roles = ACTIONS[action];
  throw new AppError(
    'forbidden',
    `${action} needs the role ${roles.join(' or ')}; this principal has ${principal.roles.join(', ') || 'none'}`,
  );
}

function isAction(action: string): action is Action {
  return Object.hasOwn(ACTIONS, action);
}
