import { LIMITS, type BreadcrumbCreate, type BreadcrumbPatch } from '@cairn/protocol';
import { AppError, checksum, newId, whyNotStorable } from '../base/index.ts';
import type { Principal } from '../http/index.ts';
import type { NewBreadcrumb, NewRow, Row } from './contract.ts';

/** Makes the row of a create. @throws AppError validation_failed when the JSON cannot be stored. */
export function prepareNew(
  principal: Principal,
  body: BreadcrumbCreate,
  idempotency_key: string | null,
): NewBreadcrumb {
  assertStorable(body);
  const row: NewRow = {
    id: newId(),
    owner_id: principal.owner_id,
    title: body.title,
    description: body.description ?? null,
    semantic_version: body.semantic_version ?? null,
    tags: unique(body.tags),
    schema_name: body.schema_name ?? null,
    llm_hints: body.llm_hints ?? null,
    visibility: body.visibility ?? 'team',
    sensitivity: body.sensitivity ?? 'low',
    created_by: principal.agent_id,
    ...measure(body.context),
    ...lifetime(body.ttl ?? null),
  };
  if (idempotency_key === null) return { row, idempotency_key, request_hash: null };
  const request_hash = checksum({ ...body, context: row.checksum });
  return { row, idempotency_key, request_hash };
}

/** The row after an update: what the patch does not name stays, null clears what can be empty. */
export function applyPatch(row: Row, patch: BreadcrumbPatch, principal: Principal): Row {
  return {
    ...row,
    title: patch.title ?? row.title,
    tags: patch.tags ? unique(patch.tags) : row.tags,
    description: patch.description === undefined ? row.description : patch.description,
    semantic_version:
      patch.semantic_version === undefined ? row.semantic_version : patch.semantic_version,
    schema_name: patch.schema_name === undefined ? row.schema_name : patch.schema_name,
    llm_hints: patch.llm_hints === undefined ? row.llm_hints : patch.llm_hints,
    visibility: patch.visibility ?? row.visibility,
    sensitivity: patch.sensitivity ?? row.sensitivity,
    ...('context' in patch ? measure(patch.context) : {}),
    ...(patch.ttl === undefined ? {} : lifetime(patch.ttl)),
    version: row.version + 1,
    updated_by: principal.agent_id,
  };
}

/** @throws AppError validation_failed */
export function assertStorable(body: BreadcrumbPatch): void {
  const why = whyNotStorable(body);
  if (why) throw new AppError('validation_failed', why, { errors: [{ path: '', message: why }] });
  const longest = body.tags?.find((tag) => tag.length > LIMITS.tag_chars);
  if (longest)
    throw new AppError('validation_failed', `a tag is longer than ${LIMITS.tag_chars} characters`);
}

function measure(context: unknown): Pick<Row, 'context' | 'checksum' | 'size_bytes'> {
  return {
    context,
    checksum: checksum(context),
    size_bytes: Buffer.byteLength(JSON.stringify(context)),
  };
}

function lifetime(ttl: string | null): Pick<Row, 'ttl' | 'ttl_type' | 'ttl_source'> {
  if (ttl === null) return { ttl, ttl_type: 'never', ttl_source: null };
  return { ttl: new Date(ttl).toISOString(), ttl_type: 'datetime', ttl_source: 'explicit' };
}

function unique(tags: readonly string[]): string[] {
  return [...new Set(tags)];
}
