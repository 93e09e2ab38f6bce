import { MCP_SCHEMAS, SCHEMAS, type BreadcrumbPatch } from '@cairn/protocol';
import { AppError } from '../base/index.ts';
import type { Principal } from '../http/index.ts';

/**
 * Schemas whose records say what agents, tools, contexts, servers and other records are. They count because a curator
 * stands for them, that is, changed them last.
 */
export const DEFINING_SCHEMAS: readonly string[] = [
  SCHEMAS.agent_definition,
  SCHEMAS.tool_definition,
  SCHEMAS.tool_code,
  SCHEMAS.context_config,
  SCHEMAS.context_blacklist,
  MCP_SCHEMAS.server,
  SCHEMAS.schema_definition,
];

/** A record as far as it decides who may change it. */
export interface Guarded {
  readonly schema_name: string | null;
  readonly visibility: string;
  readonly sensitivity: string;
  readonly created_by: string | null;
  readonly updated_by: string | null;
}

/** Whether it matters who stands for the record: of a definition, when no curator changes it. */
export function asksForStanding({ schema_name }: Guarded, { roles }: Principal): boolean {
  return !roles.includes('curator') && isDefining(schema_name);
}

/**
 * Why the principal, who may change the record otherwise, may not change or delete a definition; null when it may. Who is
 * no curator proposes: such a change would switch off what a curator stands for.
 */
export function whyNotDefine(
  record: Guarded,
  principal: Principal,
  is_stood_for: boolean,
): AppError | null {
  if (!asksForStanding(record, principal)) return null;
  const is_own = record.created_by === principal.agent_id;
  if (is_own && (!is_stood_for || record.updated_by === principal.agent_id)) return null;
  const why = is_own
    ? 'a curator stands for this definition; only a curator may change or delete it'
    : 'only its author, while it is proposed, and curators may change or delete this definition';
  return new AppError('forbidden', `${why}; propose a new record instead`);
}

/** As `whyNotDefine`, of what a patch asks for besides: to become a definition, or to be seen by others than before. */
export function whyNotPatch(
  record: Guarded,
  patch: BreadcrumbPatch,
  principal: Principal,
): AppError | null {
  if (principal.roles.includes('curator') || record.created_by === principal.agent_id) return null;
  const { visibility, sensitivity, schema_name } = patch;
  if ((visibility ?? record.visibility) !== record.visibility) return refused('visibility');
  if ((sensitivity ?? record.sensitivity) !== record.sensitivity) return refused('sensitivity');
  if (isDefining(schema_name ?? null) && schema_name !== record.schema_name)
    return new AppError(
      'forbidden',
      'only its author and curators may make a definition of this record; propose a new record instead',
    );
  return null;
}

/** Whether records of this schema count while a curator stands for them. */
export function isDefining(schema_name: string | null): boolean {
  return schema_name !== null && DEFINING_SCHEMAS.includes(schema_name);
}

function refused(field: 'visibility' | 'sensitivity'): AppError {
  return new AppError(
    'forbidden',
    `only its author and curators may change the ${field} of this breadcrumb`,
  );
}
