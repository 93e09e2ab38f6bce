import { LIMITS, type BreadcrumbCreate, type BreadcrumbPatch } from '@cairn/protocol';
import { AppError, checksum, newId, whyNotStorable } from '../base/index.ts';
import { automaticTtlMs } from './hygiene/automatic-ttl.ts';
import type { Principal } from '../http/index.ts';
import type { NewBreadcrumb, NewRow, Row } from './contract.ts';

/** Makes the row of a create. @throws AppError validation_failed when the JSON cannot be stored. */
export function prepareNew(
  principal: Principal,
  body: BreadcrumbCreate,
  idempotency_key: string | null,
  now_ms: number,
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
    ...(body.ttl === undefined ? automaticLifetime(body, now_ms) : lifetime(body.ttl)),
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
    ...(patch.context === undefined ? {} : measure(patch.context)),
    ...(patch.ttl === undefined ? {} : lifetime(patch.ttl)),
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
  lifetime(body.ttl ?? null);
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

function misfit(why: string, path = ''): AppError {
  return new AppError('validation_failed', why, { errors: [{ path, message: why }] });
}

function measure(context: unknown): Pick<Row, 'context' | 'checksum' | 'size_bytes'> {
  return {
    context,
    checksum: checksum(context),
    size_bytes: Buffer.byteLength(JSON.stringify(context)),
  };
}

/** Records of passing interest end by themselves, unless their author says otherwise: `ttl: null` keeps them. */
function automaticLifetime(
  { schema_name, tags }: BreadcrumbCreate,
  now_ms: number,
): Pick<Row, 'ttl' | 'ttl_type' | 'ttl_source'> {
  const ttl_ms = automaticTtlMs(schema_name ?? null, tags);
  if (ttl_ms === null) return lifetime(null);
  const ttl = new Date(now_ms + ttl_ms).toISOString();
  return { ttl, ttl_type: 'duration', ttl_source: 'auto-applied' };
}

function lifetime(ttl: string | null): Pick<Row, 'ttl' | 'ttl_type' | 'ttl_source'> {
  if (ttl === null) return { ttl, ttl_type: 'never', ttl_source: null };
  const time = new Date(ttl);
  // RFC 3339 has leap seconds and a year 0, which dates here or in the database have not.
  const year = time.getUTCFullYear();
  if (!(year >= 1 && year <= 9999))
    throw misfit('ttl must be a time from the year 1 to 9999, without a leap second', 'ttl');
  return { ttl: time.toISOString(), ttl_type: 'datetime', ttl_source: 'explicit' };
}

function unique(tags: readonly string[]): string[] {
  return [...new Set(tags)];
}
