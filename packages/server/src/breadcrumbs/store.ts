import type {
  BreadcrumbContext,
  BreadcrumbItem,
  BreadcrumbVersion,
  GrantAction,
} from '@cairn/protocol';
import { sql, type Database, type Handle, type Sql } from '../db/index.ts';
import { appendEventsFrom } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import { isGuarded, can, readable, type Protected } from '../identity/index.ts';
import type { ListQuery, NewBreadcrumb, NewRow, Row } from './contract.ts';
import { listContexts, listItems } from './list-store.ts';
import { DEFINING_SCHEMAS } from './guard-changes.ts';
import { isSearched } from './search/index-records.ts';
import { indexWords } from './search/index-words.ts';
import { WORDS_ONLY } from './search/search-store.ts';

const FULL_COLUMNS = sql`id, owner_id, title, description, semantic_version, context, tags, schema_name, llm_hints, version,
  checksum, visibility, sensitivity, ttl, ttl_type, ttl_config, ttl_source, read_count, size_bytes,
  created_at, updated_at, created_by, updated_by`;

/** SQL of the agents that were granted the events of a guarded row of `relation`. */
export function subscribersOf(relation: string): string {
  return `case when ${relation}.visibility = 'private' or ${relation}.sensitivity = 'secret' then (
    select array_agg(grantee_agent_id) from acls
    where acls.breadcrumb_id = ${relation}.id and 'subscribe' = any(acls.actions)) end`;
}

/** SQL of what was granted to an agent on a guarded row. */
function grantedTo(agent_id: string): Sql {
  return sql`case when visibility = 'private' or sensitivity = 'secret' then (
    select actions from acls
    where acls.breadcrumb_id = breadcrumbs.id and acls.grantee_agent_id = ${agent_id}) end`;
}

/** SQL of all grants on a guarded row, by agent. */
const GRANTS = `case when visibility = 'private' or sensitivity = 'secret' then (
  select jsonb_object_agg(grantee_agent_id, actions) from acls where acls.breadcrumb_id = breadcrumbs.id) end`;

const CHANGED_ROW = `id uuid, title text, description text, semantic_version text, context jsonb, tags text[],
  schema_name text, llm_hints jsonb, version integer, checksum text, visibility text, sensitivity text, ttl timestamptz,
  ttl_type text, ttl_config jsonb, ttl_source text, read_count integer, size_bytes integer, updated_by uuid, asked_by uuid`;

const EVENT_COLUMNS = `id, owner_id, version, title, tags, schema_name, visibility, sensitivity, created_by, updated_by,
  updated_at, context`;

/** SQL of whether a curator changed the row last. */
const IS_STOOD_FOR = `exists (select from agents a
  where a.owner_id = breadcrumbs.owner_id and a.id = coalesce(breadcrumbs.updated_by, breadcrumbs.created_by)
    and 'curator' = any(a.roles))`;

/** A row with all grants on it, by agent. */
export type LockedRow = Row & {
  readonly grants: Readonly<Record<string, readonly string[]>> | null;
  /** Of a definition: whether a curator changed it last. */
  readonly is_stood_for: boolean;
};

/** A record as readers get it, and what decides who may. */
export interface StoredView extends Protected {
  readonly id: string;
  readonly version: number;
  readonly grants: Readonly<Record<string, readonly string[]>> | null;
  /** The JSON of the answer; null where it takes more than copying to make it. */
  readonly json: string | null;
}

/** What the database added to a row. */
export interface Written {
  readonly id: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** The SQL of breadcrumbs. A change, the version it replaces and its event are one statement or one transaction. */
export class BreadcrumbStore {
  readonly #db: Database;
  /** Whether the database keeps vectors; null until it was asked. */
  #vectors: boolean | null = null;

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
    const has_vectors = await this.#hasVectors(tx);
    const rows = items.map(({ row, asked_by, idempotency_key, request_hash }) => ({
      ...row,
      asked_by,
      idempotency_key,
      request_hash,
      // Without vectors this is all that search wants to know: to add it later would write the row once more.
      document:
        has_vectors || !isSearched(row.schema_name) ? null : indexWords({ ...row, version: 1 }),
    }));
    const is_granted = items.some(({ row, asked_by }) => asked_by && isGuarded(row));
    const { rows: written } = await tx.query<Written>({
      ...(is_granted ? INSERT_GRANTED : INSERT),
      values: [JSON.stringify(rows)],
    });
    return written;
  }

  async #hasVectors(tx: Handle): Promise<boolean> {
    if (this.#vectors === null) {
      const { rows } = await tx.query({
        text: `select 1 from pg_attribute where attrelid = 'breadcrumbs'::regclass and attname = 'embedding' and not attisdropped`,
      });
      this.#vectors = rows.length > 0;
    }
    return this.#vectors;
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
      text: `select ${FULL_COLUMNS.text}, ${GRANTS} as grants,
          case when schema_name = any($2::text[]) then ${IS_STOOD_FOR} else false end as is_stood_for
        from breadcrumbs
        where id = any($1::uuid[]) and (ttl is null or ttl > now()) order by id for update`,
      values: [ids, DEFINING_SCHEMAS],
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

  /** Whether a curator changed the record last. */
  async isStoodFor(id: string): Promise<boolean> {
    const { rows } = await this.#db.query({
      text: `select from breadcrumbs where id = $1 and ${IS_STOOD_FOR}`,
      values: [id],
    });
    return rows.length > 0;
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
    const { asked_by } = principal;
    const of_asker = asked_by ? sql`, ${grantedTo(asked_by.agent_id)} as asker_granted` : sql``;
    const statement = sql`select ${FULL_COLUMNS}, asked_by, ${grantedTo(principal.agent_id)} as granted${of_asker}
        from breadcrumbs
        where id = ${id} and ${readable(principal, grant)} and (ttl is null or ttl > now())`;
    // The text differs by these alone, so it can stay prepared: planning would cost more than reading.
    const reader = (asked_by ? [principal, asked_by] : [principal])
      .map(({ roles }) => (roles.includes('curator') ? 'curator' : 'agent'))
      .join('_for_');
    const name = `breadcrumbs_find_${reader}_${grant === 'any' ? 'any' : 'one'}`;
    const { text, values } = statement;
    const { rows } = await tx.query<Row>({ name, text, values });
    return rows[0] ?? null;
  }

  /**
   * Counts a read of a record whose TTL is by use, and answers with the row as it is then; null when it may not be read
   * any more, or reads of it are not counted any more. Readers take turns at the row, so of a record with three reads
   * exactly three get it. What changes is no new version and has no event.
   */
  async countRead(id: string, principal: Principal, grant: GrantAction): Promise<Row | null> {
    const statement = sql`update breadcrumbs set read_count = least(read_count, 2147483646) + 1, ttl = case
          when read_count + 1 < (ttl_config ->> 'max_reads')::integer then ttl
          when ttl_config ->> 'hybrid_mode' = 'all' then (ttl_config ->> 'ends_at')::timestamptz
          else date_trunc('milliseconds', now()) end
        where id = ${id} and ${readable(principal, grant)} and (ttl is null or ttl > now())
          and ttl_type in ('usage', 'hybrid')
          and (read_count < (ttl_config ->> 'max_reads')::integer or ttl_config ->> 'hybrid_mode' = 'all')
        returning ${FULL_COLUMNS}, null as granted`;
    const { rows } = await this.#db.query<Row>(statement);
    return rows[0] ?? null;
  }

  /**
   * What many readers ask for, in one round trip; one answer for each id, null where no record is. Who may have it is for
   * the caller to decide.
   */
  async views(ids: readonly string[]): Promise<(StoredView | null)[]> {
    const { rows } = await this.#db.query<StoredView>({
      name: 'breadcrumbs_views',
      text: VIEWS,
      values: [ids],
    });
    const by_id = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => by_id.get(id) ?? null);
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

  /**
   * The tenant's newest definition of a schema, as it is stored. It governs what everybody writes and sees, so one counts
   * while its last change is a curator's.
   */
  async schemaDefinition(
    owner_id: string,
    schema_name: string,
    tx: Handle = this.#db,
  ): Promise<{ context: unknown; llm_hints: unknown } | null> {
    const { rows } = await tx.query<{ context: unknown; llm_hints: unknown }>({
      name: 'breadcrumbs_schema_definition',
      text: `select context, llm_hints from breadcrumbs
        where owner_id = $1 and schema_name = 'schema.def.v1' and tags @> array[$2]::text[]
          and (ttl is null or ttl > now())
          and ${IS_STOOD_FOR}
        order by updated_at desc, id desc limit 1`,
      values: [owner_id, `defines:${schema_name}`],
    });
    return rows[0] ?? null;
  }

  list(principal: Principal, query: ListQuery): Promise<BreadcrumbItem[]> {
    return listItems(this.#db, principal, query);
  }

  /** Fewer rows than asked for when their contexts are large; `is_cut` says so. */
  listWithContext(
    principal: Principal,
    query: ListQuery,
  ): Promise<{ rows: BreadcrumbContext[]; is_cut: boolean }> {
    return listContexts(this.#db, principal, query);
  }
}

/** Above this many bytes the numbers of a context are written anew: `1e300` takes 301 digits in the database. */
const COPIED_BYTES = 16_384;

/** The database writes the JSON: to parse it here and write it again would cost more than all the rest of a read. */
const VIEWS = `select id, owner_id, visibility, sensitivity, created_by, version, ${GRANTS} as grants,
    case when llm_hints is null and size_bytes <= ${COPIED_BYTES} and ttl_type not in ('usage', 'hybrid') then
      json_build_object('id', id, 'title', title, 'description', description, 'semantic_version', semantic_version,
        'context', context, 'tags', tags, 'schema_name', schema_name, 'llm_hints', llm_hints, 'version', version,
        'updated_at', to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text
    end as json
  from breadcrumbs where id = any($1::uuid[]) and (ttl is null or ttl > now())`;

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
  'ttl_config',
  'ttl_source',
  'size_bytes',
  'created_by',
];

/** What those may do for whom a record is made that is private or secret. */
const FOR_ASKER = `'{read_context,read_full,subscribe}'`;

/**
 * One round trip and one commit for any number of creates. JSON null in a record reads as SQL null, hence the coalesce.
 * With `is_granted`, what is private or secret is granted to those for whom it is made.
 */
const insertText = (is_granted: boolean) => `
with input as (
  select * from jsonb_to_recordset($1::jsonb) as x(id uuid, owner_id uuid, title text, description text,
    semantic_version text, context jsonb, tags text[], schema_name text, llm_hints jsonb, checksum text, visibility text,
    sensitivity text, ttl timestamptz, ttl_type text, ttl_config jsonb, ttl_source text, size_bytes integer, created_by uuid,
    asked_by uuid, idempotency_key text, request_hash text, document text)
), keyed as (
  insert into idempotency_keys (owner_id, agent_id, key, request_hash, breadcrumb_id)
  select owner_id, created_by, idempotency_key, request_hash, id from input where idempotency_key is not null
  -- One order for everybody: groups of two processes that share two keys would otherwise wait for each other.
  order by owner_id, created_by, idempotency_key
  on conflict do nothing
  returning breadcrumb_id
), written as (
  insert into breadcrumbs (${NEW_COLUMNS.join(', ')}, context, updated_by, asked_by, created_at, updated_at,
    document, indexed_version, embedded_by)
  select ${NEW_COLUMNS.join(', ')}, coalesce(context, 'null'), created_by, asked_by, clock.at, clock.at,
    document::tsvector, case when document is null then 0 else 1 end, case when document is not null then '${WORDS_ONLY}' end
  from input, (select clock_timestamp() as at) clock
  where idempotency_key is null or id in (select breadcrumb_id from keyed)
  returning ${EVENT_COLUMNS}, created_at, asked_by
)${is_granted ? GRANTED_NEW : ''}, logged as (
  ${appendEventsFrom(`(select *, 'created' as kind, ${is_granted ? HEARS_NEW : 'null::uuid[]'} as subscribers
    from written order by id) changed`)}
)
select id, created_at, updated_at from written`;

const GRANTED_NEW = `, granted as (
  insert into acls (id, owner_id, breadcrumb_id, grantee_agent_id, actions)
  select gen_random_uuid(), w.owner_id, w.id, w.asked_by, ${FOR_ASKER}
  from written w join agents a on a.owner_id = w.owner_id and a.id = w.asked_by
  where (w.visibility = 'private' or w.sensitivity = 'secret') and w.asked_by <> w.created_by
  returning breadcrumb_id, grantee_agent_id
)`;
const HEARS_NEW = `(select array_agg(grantee_agent_id) from granted where granted.breadcrumb_id = written.id)`;

const INSERT = { name: 'breadcrumbs_insert', text: insertText(false) };
const INSERT_GRANTED = { name: 'breadcrumbs_insert_granted', text: insertText(true) };

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
    ttl_type = i.ttl_type, ttl_config = i.ttl_config, ttl_source = i.ttl_source, read_count = i.read_count,
    size_bytes = i.size_bytes, updated_by = i.updated_by, asked_by = i.asked_by,
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
