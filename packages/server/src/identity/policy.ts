import { AppError } from '../base/index.ts';
import { joinSql, sql, type Sql } from '../db/index.ts';
import type { Asker, Principal } from '../http/index.ts';
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
  /** What was granted on it to the one for whom the principal acts. */
  readonly asker_granted?: readonly string[] | null;
}

/** Of these the one for whom a principal acts has to be allowed the same; of all others, that it may read the record. */
const READS: ReadonlySet<Action> = new Set([
  'breadcrumb.read',
  'breadcrumb.read_full',
  'event.read',
]);

/**
 * The one policy. Tenant first, then role, then the record: what is private or secret is for its author, for curators, and
 * for agents with a grant that says so. Who acts for somebody needs that for both.
 * `readable` is the same rule as SQL; a test holds the two together.
 */
export function can(principal: Principal, action: Action, record?: Protected): boolean {
  if (record && record.owner_id !== principal.owner_id) return false;
  const roles: readonly Role[] = ACTIONS[action];
  if (roles.length > 0 && !roles.some((role) => principal.roles.includes(role))) return false;
  if (!record || !isGuarded(record)) return true;
  if (!opens(principal, action, record, record.granted)) return false;
  const { asked_by } = principal;
  if (!asked_by) return true;
  return opens(
    asked_by,
    READS.has(action) ? action : 'breadcrumb.read',
    record,
    record.asker_granted,
  );
}

/** Whether not everybody of the tenant may see it: what is private or secret. */
export function isGuarded({
  visibility,
  sensitivity,
}: {
  readonly visibility?: string | undefined;
  readonly sensitivity?: string | undefined;
}): boolean {
  return visibility === 'private' || sensitivity === 'secret';
}

/** Whether what is private or secret is open to somebody: to curators, its author, and those with the grant. */
function opens(
  { agent_id, roles }: Asker,
  action: Action,
  { created_by }: Protected,
  granted: Protected['granted'],
): boolean {
  if (roles.includes('curator') || created_by === agent_id) return true;
  const grant = GRANT_FOR[action];
  return grant !== undefined && granted?.includes(grant) === true;
}

/** The rows of `breadcrumbs` that the principal may read, or do with what else `grant` names; `any` is whatever was granted. */
export function readable(principal: Principal, grant: GrantAction | 'any' = 'read_context'): Sql {
  const own = sql`owner_id = ${principal.owner_id}`;
  const { asked_by } = principal;
  const readers = (asked_by ? [principal, asked_by] : [principal]).filter(
    ({ roles }) => !roles.includes('curator'),
  );
  const open = readers.map(({ agent_id }) => openTo(agent_id, grant));
  return joinSql([own, ...open], ' and ', sql`true`);
}

function openTo(agent_id: string, grant: GrantAction | 'any'): Sql {
  const wanted = grant === 'any' ? sql`true` : sql`${grant}::text = any(acls.actions)`;
  const granted = sql`exists (select from acls where acls.breadcrumb_id = breadcrumbs.id
    and acls.grantee_agent_id = ${agent_id} and ${wanted})`;
  return sql`((visibility <> 'private' and sensitivity <> 'secret') or created_by = ${agent_id} or ${granted})`;
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
