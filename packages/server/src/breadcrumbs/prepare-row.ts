import { LIMITS, TTL_TYPES, type BreadcrumbCreate, type BreadcrumbPatch } from '@cairn/protocol';
import { AppError, checksum, newId, whyNotStorable } from '../base/index.ts';
import canonicalize from 'canonicalize';
import type { Principal } from '../http/index.ts';
import type { NewBreadcrumb, NewRow, Row } from './contract.ts';
import {
  asksForLifetime,
  readLifetime,
  readTime,
  readTtlConfig,
  type Lifetime,
} from './hygiene/lifetime.ts';

/** Makes the row of a create from a body that is storable, with the lifetime that was chosen for it. */
export function prepareNew(
  principal: Principal,
  body: BreadcrumbCreate,
  idempotency_key: string | null,
  lifetime: Lifetime,
): NewBreadcrumb {
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
    ...lifetime,
  };
  const asked_by = principal.asked_by?.agent_id ?? null;
  if (idempotency_key === null) return { row, asked_by, idempotency_key, request_hash: null };
  const request_hash = checksum({ ...body, context: row.checksum });
  return { row, asked_by, idempotency_key, request_hash };
}

/**
 * The row after an update: what the patch does not name stays, null clears what can be empty. Durations begin at `now_ms`.
 * @throws AppError validation_failed for a TTL that cannot be
 */
export function applyPatch(
  row: Row,
  patch: BreadcrumbPatch,
  principal: Principal,
  now_ms: number,
): Row {
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
    ...(patch.context === undefined ? {} : measure(patch.context)),
    ...patchedLifetime(row, patch, now_ms),
    version: row.version + 1,
    updated_by: principal.agent_id,
  };
}

/**
 * Holds what comes from inside the program, such as from a tool, to the limits that requests are checked for by schema.
 * Lengths are counted in code points, as the database does. What passes here does not fail a group of writes later.
 * @throws AppError validation_failed
 */
export function assertStorable(body: BreadcrumbPatch): void {
  // The body is not stored itself, so each of its fields has all levels of nesting.
  const why = whyNotStorable(body, '', -1) ?? whyTooLarge(body);
  if (why) throw misfit(why.slice(0, 300));
  if (body.ttl != null) readTime(body.ttl);
}

/** Whether an update would give the record another TTL. One that repeats all that the record says of it does not. */
export function changesLifetime(row: Row, patch: BreadcrumbPatch): boolean {
  if (!asksForLifetime(patch)) return false;
  const { ttl, ttl_type, ttl_config } = patch;
  const is_repeated =
    ttl !== undefined &&
    ttl_type === row.ttl_type &&
    timeOf(ttl) === timeOf(row.ttl) &&
    (ttl_config === undefined ||
      canonicalize(ttl_config && readTtlConfig(ttl_config)) === canonicalize(row.ttl_config));
  return !is_repeated;
}

/** A new TTL begins with the update: its durations are reckoned and its reads are counted from there. */
function patchedLifetime(row: Row, patch: BreadcrumbPatch, now_ms: number): Partial<Row> {
  if (!changesLifetime(row, patch)) return {};
  const stays = patch.ttl_type === undefined && patch.ttl_config != null;
  const ttl_type = stays ? TTL_TYPES.find((each) => each === row.ttl_type) : patch.ttl_type;
  return { ...readLifetime({ ...patch, ttl_type }, now_ms, 'manual'), read_count: 0 };
}

function timeOf(ttl: string | null): number | null {
  return ttl === null ? null : Date.parse(ttl);
}

function whyTooLarge(body: BreadcrumbPatch): string | null {
  const limits = [
    ['title', body.title, LIMITS.title_chars],
    ['schema_name', body.schema_name, LIMITS.schema_name_chars],
    ['description', body.description, LIMITS.description_chars],
    ['semantic_version', body.semantic_version, LIMITS.semantic_version_chars],
    ...(body.tags ?? []).map((tag) => ['a tag', tag, LIMITS.tag_chars] as const),
  ] as const;
  const tooLong = limits.find(([, text, most]) => text != null && isLonger(text, most));
  if (tooLong) return `${tooLong[0]} is longer than ${tooLong[2]} characters`;
  if ((body.tags?.length ?? 0) > LIMITS.tags) return `there are more than ${LIMITS.tags} tags`;
  return null;
}

function isLonger(text: string, most: number): boolean {
  // A code point has one or two units, so counting is needed between these bounds only.
  return text.length > most && (text.length > 2 * most || [...text].length > most);
}

function misfit(why: string): AppError {
  return new AppError('validation_failed', why, { errors: [{ path: '', message: why }] });
}

function measure(context: unknown): Pick<Row, 'context' | 'checksum' | 'size_bytes'> {
  return {
    context,
    checksum: checksum(context),
    size_bytes: Buffer.byteLength(JSON.stringify(context)),
  };
}

function unique(tags: readonly string[]): string[] {
  return [...new Set(tags)];
}
