import {
  sessionTag,
  type GrantAction,
  type BreadcrumbContext,
  type BreadcrumbItem,
  type BreadcrumbVersion,
} from '@cairn/protocol';
import { joinSql, sql, type Database, type Handle, type Sql } from '../db/index.ts';
import { appendEventsFrom } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import { can, readable } from '../identity/index.ts';
import type { ListQuery, NewBreadcrumb, NewRow, Row } from './contract.ts';

const FULL_COLUMNS = sql`id, owner_id, title, description, semantic_version, context, tags, schema_name, llm_hints, version,
  checksum, visibility, sensitivity, ttl, ttl_type, ttl_config, ttl_source, read_count, size_bytes,
  created_at, updated_at, created_by, updated_by`;

/** SQL of the agents that were granted the events of a guarded row of `relation`. */
export function subscribersOf(relation: string): string {
  return `case when ${relation}.visibility = 'private' or ${relation}.sensitivity = 'secret' then (
    select array_agg(grantee_agent_id) from acls
    where acls.breadcrumb_id = ${relation}.id and 'subscribe' = any(acls.actions)) end`;
}

const CHANGED_ROW = `id uuid, title text, description text, semantic_version text, context jsonb, tags text[],
  schema_name text, llm_hints jsonb, version integer, checksum text, visibility text, sensitivity text, ttl timestamptz,
  ttl_type text, ttl_source text, size_bytes integer, updated_by uuid`;

const EVENT_COLUMNS = `id, owner_id, version, title, tags, schema_name, visibility, sensitivity, created_by, updated_by,
  updated_at, context`;

/** A row with all grants on it, by agent. */
export type LockedRow = Row & {
  readonly grants: Readonly<Record<string, readonly string[]>> | null;
};

/** What the database added to a row. */
export interface Written {
  readonly id: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** The SQL of breadcrumbs. A change, the version it replaces and its event are one statement or one transaction. */
export class BreadcrumbStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  /**
   * Inserts rows with their events, all or none. A row whose idempotency key is known already is left out of the answer.
   */
  async insert(items: readonly NewBreadcrumb[], tx?: Handle): Promise<Map<string, Written>> {
    const parts = splitBySize(items, ({ row }) => row);
    if (parts.length > 1 && !tx) return this.#db.transaction((inner) => this.insert(items, inner));
    const written = new Map<string, Written>();
    for (const part of parts)
      for (const each of await this.#insertPart(part, tx ?? this.#db)) written.set(each.id, each);
    return written;
  }

  async #insertPart(items: readonly NewBreadcrumb[], tx: Handle): Promise<Written[]> {
    const rows = items.map(({ row, idempotency_key, request_hash }) => ({
      ...row,
      idempotency_key,
      request_hash,
    }));
    const { rows: written } = await tx.query<Written>({
      name: 'breadcrumbs_insert',
      text: INSERT,
      values: [JSON.stringify(rows)],
    });
    return written;
  }

  /** What a key was used for before. */
  async findIdempotent(
    owner_id: string,
    agent_id: string,
    key: string,
  ): Promise<{ request_hash: string; breadcrumb_id: string } | null> {
    const { rows } = await this.#db.query<{ request_hash: string; breadcrumb_id: string }>({
      text: 'select request_hash, breadcrumb_id from idempotency_keys where owner_id = $1 and agent_id = $2 and key = $3',
      values: [owner_id, agent_id, key],
    });
    return rows[0] ?? null;
  }

  /**
   * The rows with these ids, locked in an order that all writers share, so that they cannot deadlock; with what was
   * granted on them, by agent.
   */
  async lock(ids: readonly string[], tx: Handle): Promise<Map<string, LockedRow>> {
    const { rows } = await tx.query<LockedRow>({
      name: 'breadcrumbs_lock',
      text: `select ${FULL_COLUMNS.text}, case when visibility = 'private' or sensitivity = 'secret' then (
          select jsonb_object_agg(grantee_agent_id, actions) from acls where acls.breadcrumb_id = breadcrumbs.id) end as grants
        from breadcrumbs
        where id = any($1::uuid[]) and (ttl is null or ttl > now()) order by id for update`,
      values: [ids],
    });
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Replaces rows that were locked before; their former versions go into the history. */
  async replace(rows: readonly Row[], tx: Handle): Promise<Map<string, string>> {
    const times = new Map<string, string>();
    for (const part of splitBySize(rows, (row) => row)) {
      const { rows: written } = await tx.query<{ id: string; updated_at: string }>({
        name: 'breadcrumbs_replace',
        text: REPLACE,
        values: [JSON.stringify(part)],
      });
      for (const { id, updated_at } of written) times.set(id, updated_at);
    }
    return times;
  }

  /** Deletes a row if it has the expected version. Says whether it did. */
  async remove(
    id: string,
    principal: Principal,
    expected_version: number | undefined,
  ): Promise<boolean> {
    const { rows } = await this.#db.query({
      name: 'breadcrumbs_remove',
      text: `with gone as (
          delete from breadcrumbs where id = $1 and owner_id = $2 and ($3::integer is null or version = $3)
          returning ${EVENT_COLUMNS}
        ), logged as (
          ${appendEventsFrom(`(select id, owner_id, version, title, tags, schema_name, visibility, sensitivity, created_by,
            $4::uuid as updated_by, now() as updated_at, context, 'deleted' as kind, ${subscribersOf('gone')} as subscribers
            from gone) changed`)})
        select id from gone`,
      values: [id, principal.owner_id, expected_version ?? null, principal.agent_id],
    });
    return rows.length > 0;
  }

  /** The row, when the principal may do with it what `grant` names, or was granted anything on it. */
  async find(
    id: string,
    principal: Principal,
    grant: GrantAction | 'any',
    tx: Handle = this.#db,
  ): Promise<Row | null> {
    const statement = sql`select ${FULL_COLUMNS}, case when visibility = 'private' or sensitivity = 'secret' then (
          select actions from acls
          where acls.breadcrumb_id = breadcrumbs.id and acls.grantee_agent_id = ${principal.agent_id}) end as granted
        from breadcrumbs
        where id = ${id} and ${readable(principal, grant)} and (ttl is null or ttl > now())`;
    // The text differs by these two alone, so it can stay prepared: planning would cost more than reading.
    const reader = principal.roles.includes('curator') ? 'curator' : 'agent';
    const name = `breadcrumbs_find_${reader}_${grant === 'any' ? 'any' : 'one'}`;
    const { text, values } = statement;
    const { rows } = await tx.query<Row>({ name, text, values });
    return rows[0] ?? null;
  }

  /** Versions of a breadcrumb that the principal may read, newest first, the current one among them. */
  async versions(row: Row, principal: Principal, limit: number): Promise<BreadcrumbVersion[]> {
    const sees_all = can(principal, 'breadcrumb.read', { ...row, sensitivity: 'secret' });
    const { rows } = await this.#db.query<BreadcrumbVersion>({
      text: `select version, title, tags, context, checksum, updated_at, updated_by from breadcrumb_history
        where breadcrumb_id = $1 and ($3 or (visibility <> 'private' and sensitivity <> 'secret'))
        order by version desc limit $2`,
      values: [row.id, limit - 1, sees_all],
    });
    const { version, title, tags, context, checksum, updated_at, updated_by } = row;
    return [{ version, title, tags, context, checksum, updated_at, updated_by }, ...rows];
  }

  /** The tenant's newest definition of a schema, as it is stored. */
  async schemaDefinition(
    owner_id: string,
    schema_name: string,
  ): Promise<{ context: unknown; llm_hints: unknown } | null> {
    const { rows } = await this.#db.query<{ context: unknown; llm_hints: unknown }>({
      text: `select context, llm_hints from breadcrumbs
        where owner_id = $1 and schema_name = 'schema.def.v1' and tags @> array[$2]::text[]
          and (ttl is null or ttl > now())
        order by updated_at desc, id desc limit 1`,
      values: [owner_id, `defines:${schema_name}`],
    });
    return rows[0] ?? null;
  }

  async list(principal: Principal, query: ListQuery): Promise<BreadcrumbItem[]> {
    const { rows } = await this.#db.query<BreadcrumbItem>(
      sql`select id, title, tags, schema_name, version, updated_at from breadcrumbs
        where ${conditionsOf(principal, query)} order by updated_at desc, id desc limit ${query.limit}`,
    );
    return rows;
  }

  /** Fewer rows than asked for when their contexts come to more than `PAGE_BYTES`; `is_cut` says so. */
  async listWithContext(
    principal: Principal,
    query: ListQuery,
  ): Promise<{ rows: BreadcrumbContext[]; is_cut: boolean }> {
    const { rows } = await this.#db.query<BreadcrumbContext & { found: number }>(
      sql`with page as (
          select id, updated_at as at, size_bytes from breadcrumbs
          where ${conditionsOf(principal, query)} order by updated_at desc, id desc limit ${query.limit}
        ), measured as (
          select id, sum(size_bytes) over (order by at desc, id desc) - size_bytes as bytes_before from page
        )
        select id, title, description, semantic_version, context, tags, schema_name, llm_hints, version, updated_at,
          (select count(*) from page) as found
        from measured join breadcrumbs using (id) where bytes_before < ${PAGE_BYTES}
        order by updated_at desc, id desc`,
    );
    const is_cut = rows.length < (rows[0]?.found ?? 0);
    const contexts = rows.map((row) => {
      const { found: _, ...rest } = row;
      return rest;
    });
    return { rows: contexts, is_cut };
  }
}

/** Contexts of one page. A page of 500 of the largest would be more than a process can hold for many readers. */
const PAGE_BYTES = 16 * 1_048_576;

function conditionsOf(principal: Principal, query: ListQuery): Sql {
  const { any_tags, all_tags, schema_name, schema_names, text, conversation_id, before } = query;
  const conditions = [readable(principal), sql`(ttl is null or ttl > now())`];
  if (any_tags) conditions.push(sql`tags && ${any_tags}::text[]`);
  if (all_tags && all_tags.length > 0) conditions.push(sql`tags @> ${all_tags}::text[]`);
  if (schema_name !== undefined) conditions.push(sql`schema_name = ${schema_name}`);
  if (schema_names) conditions.push(sql`schema_name = any(${schema_names}::text[])`);
  if (text) conditions.push(sql`(title || ' ' || context::text) ilike ${`%${escapeLike(text)}%`}`);
  if (conversation_id !== undefined) {
    const in_context = sql`(schema_name in ('user.message.v1', 'agent.response.v1') and context ->> 'conversation_id' = ${conversation_id})`;
    conditions.push(sql`(tags @> ${[sessionTag(conversation_id)]}::text[] or ${in_context})`);
  }
  if (before)
    conditions.push(
      sql`(updated_at, id) < (${before.updated_at}::timestamptz, ${before.id}::uuid)`,
    );
  return joinSql(conditions, ' and ', sql`true`);
}

const NEW_COLUMNS: readonly (keyof NewRow)[] = [
  'id',
  'owner_id',
  'title',
  'description',
  'semantic_version',
  'tags',
  'schema_name',
  'llm_hints',
  'checksum',
  'visibility',
  'sensitivity',
  'ttl',
  'ttl_type',
  'ttl_source',
  'size_bytes',
  'created_by',
];

/** One round trip and one commit for any number of creates. JSON null in a record reads as SQL null, hence the coalesce. */
const INSERT = `
with input as (
  select * from jsonb_to_recordset($1::jsonb) as x(id uuid, owner_id uuid, title text, description text,
    semantic_version text, context jsonb, tags text[], schema_name text, llm_hints jsonb, checksum text, visibility text,
    sensitivity text, ttl timestamptz, ttl_type text, ttl_source text, size_bytes integer, created_by uuid,
    idempotency_key text, request_hash text)
), keyed as (
  insert into idempotency_keys (owner_id, agent_id, key, request_hash, breadcrumb_id)
  select owner_id, created_by, idempotency_key, request_hash, id from input where idempotency_key is not null
  -- One order for everybody: groups of two processes that share two keys would otherwise wait for each other.
  order by owner_id, created_by, idempotency_key
  on conflict do nothing
  returning breadcrumb_id
), written as (
  insert into breadcrumbs (${NEW_COLUMNS.join(', ')}, context, updated_by, created_at, updated_at)
  select ${NEW_COLUMNS.join(', ')}, coalesce(context, 'null'), created_by, clock.at, clock.at
  from input, (select clock_timestamp() as at) clock
  where idempotency_key is null or id in (select breadcrumb_id from keyed)
  returning ${EVENT_COLUMNS}, created_at
), logged as (
  ${appendEventsFrom(`(select *, 'created' as kind, null::uuid[] as subscribers from written order by id) changed`)}
)
select id, created_at, updated_at from written`;

const REPLACE = `
with input as (
  select * from jsonb_to_recordset($1::jsonb) as x(${CHANGED_ROW})
), kept as (
  insert into breadcrumb_history (breadcrumb_id, version, title, tags, context, checksum, visibility, sensitivity,
    updated_at, updated_by)
  select b.id, b.version, b.title, b.tags, b.context, b.checksum, b.visibility, b.sensitivity, b.updated_at, b.updated_by
  from breadcrumbs b join input on input.id = b.id
), changed as (
  update breadcrumbs b set title = i.title, description = i.description, semantic_version = i.semantic_version,
    context = coalesce(i.context, 'null'), tags = i.tags, schema_name = i.schema_name, llm_hints = i.llm_hints,
    version = i.version, checksum = i.checksum, visibility = i.visibility, sensitivity = i.sensitivity, ttl = i.ttl,
    ttl_type = i.ttl_type, ttl_source = i.ttl_source, size_bytes = i.size_bytes, updated_by = i.updated_by,
    updated_at = greatest(clock_timestamp(), b.updated_at)
  from input i where b.id = i.id
  returning b.id, b.owner_id, b.version, b.title, b.tags, b.schema_name, b.visibility, b.sensitivity, b.created_by,
    b.updated_by, b.updated_at, b.context
), logged as (
  ${appendEventsFrom(`(select *, 'updated' as kind, ${subscribersOf('changed')} as subscribers from changed order by id) logged_rows`)}
)
select id, updated_at from changed`;

/**
 * Parts whose contexts come to this many bytes, or a single larger one. PostgreSQL refuses a jsonb array above 256 MiB,
 * and short numbers take up to ten times as much in it as in JSON.
 */
const STATEMENT_BYTES = 4 * 1_048_576;

function splitBySize<T>(items: readonly T[], rowOf: (item: T) => { size_bytes: number }): T[][] {
  const parts: T[][] = [];
  let bytes = 0;
  for (const item of items) {
    const { size_bytes } = rowOf(item);
    const part = parts.at(-1);
    bytes += size_bytes;
    if (part && bytes <= STATEMENT_BYTES) part.push(item);
    else {
      parts.push([item]);
      bytes = size_bytes;
    }
  }
  return parts;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, String.raw`\$&`);
}
