import { sessionTag, type BreadcrumbContext, type BreadcrumbItem } from '@cairn/protocol';
import { joinSql, sql, type Handle, type Sql } from '../db/index.ts';
import type { Principal } from '../http/index.ts';
import { readable } from '../identity/index.ts';
import type { ListQuery } from './contract.ts';

/** Contexts of one page. A page of 500 of the largest would be more than a process can hold for many readers. */
const PAGE_BYTES = 16 * 1_048_576;
/** To find the rarest of several tags, each is counted up to here. */
const COUNTED_MAX = 10_000;
/** Lists by any of more tags than this are not worth a look at each. */
const WALKS_MAX = 100;

const NONE = sql`true`;

/** The records that fit and that the principal may read, last changed first. */
export async function listItems(
  db: Handle,
  principal: Principal,
  query: ListQuery,
): Promise<BreadcrumbItem[]> {
  const columns = sql`id, title, tags, schema_name, version, updated_at`;
  return (await db.query<BreadcrumbItem>(selectPage(columns, principal, query))).rows;
}

/** Fewer rows than asked for when their contexts come to more than `PAGE_BYTES`; `is_cut` says so. */
export async function listContexts(
  db: Handle,
  principal: Principal,
  query: ListQuery,
): Promise<{ rows: BreadcrumbContext[]; is_cut: boolean }> {
  const { rows } = await db.query<BreadcrumbContext & { found: number }>(
    sql`with page as (${selectPage(sql`id, updated_at as at, size_bytes`, principal, query)}),
      measured as (
        select id, sum(size_bytes) over (order by at desc, id desc) - size_bytes as bytes_before from page
      )
      select id, title, description, semantic_version, context, tags, schema_name, llm_hints, version, updated_at, created_by,
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

/**
 * One page. By tags alone, it is read in the order of `breadcrumb_tags`, so that it costs what it shows and not what
 * there is. With a schema or a conversation too, the planner chooses: it knows how rare those are.
 */
function selectPage(columns: Sql, principal: Principal, query: ListQuery): Sql {
  const { any_tags, all_tags = [], limit, offset = 0 } = query;
  const page = sql`limit ${limit} offset ${offset}`;
  const others = conditionsOf(principal, query);
  const is_narrowed = query.schema_name ?? query.schema_names ?? query.conversation_id;
  const tags = [...new Set(all_tags.length > 0 ? all_tags : any_tags)];
  if (tags.length === 0 || tags.length > WALKS_MAX || is_narrowed !== undefined) {
    const conditions = joinSql([...others, ...haveTags(query), ...comeAfter(query)], ' and ', NONE);
    return sql`select ${columns} from breadcrumbs where ${conditions}
      order by updated_at desc, id desc ${page}`;
  }
  const walk = (tag: Sql, conditions: readonly Sql[], part: Sql = page) => sql`(
      select breadcrumb_id, updated_at as tagged_at from breadcrumb_tags where ${joinSql(
        [
          sql`owner_id = ${principal.owner_id} and tag = ${tag}`,
          ...comeAfter(query, sql`breadcrumb_id`),
        ],
        ' and ',
        NONE,
      )}) walk
    join breadcrumbs on breadcrumbs.id = breadcrumb_id where ${joinSql(conditions, ' and ', NONE)}
    order by tagged_at desc, breadcrumb_id desc ${part}`;
  // What the walk sees to is not asked again: the planner would take it for another condition, and expect few rows.
  if (tags.length === 1 && !(any_tags && all_tags.length > 0))
    return sql`select ${columns} from ${walk(sql`${tags[0]}`, others)}`;
  if (all_tags.length > 0) {
    const rarest = rarestOf(tags, principal.owner_id);
    return sql`select ${columns} from ${walk(rarest, [...others, ...haveTags(query)])}`;
  }
  // What comes first of all that has any of the tags is among what comes first of each.
  return sql`select ${columns} from (
      select distinct breadcrumb_id, tagged_at from unnest(${tags}::text[]) as wanted (wanted_tag)
      cross join lateral (select breadcrumb_id, tagged_at from ${walk(sql`wanted_tag`, others, sql`limit ${limit + offset}`)}) first
    ) found join breadcrumbs on breadcrumbs.id = breadcrumb_id
    order by tagged_at desc, breadcrumb_id desc ${page}`;
}

function rarestOf(tags: readonly string[], owner_id: string): Sql {
  return sql`(
    select wanted_tag from unnest(${tags}::text[]) as wanted (wanted_tag)
    order by (select count(*) from (
      select from breadcrumb_tags where owner_id = ${owner_id} and tag = wanted_tag limit ${COUNTED_MAX}) counted)
    limit 1)`;
}

/** That a record comes after the page before. */
function comeAfter({ before }: ListQuery, id: Sql = sql`id`): Sql[] {
  if (!before) return [];
  return [sql`(updated_at, ${id}) < (${before.updated_at}::timestamptz, ${before.id}::uuid)`];
}

function haveTags({ any_tags, all_tags }: ListQuery): Sql[] {
  return [
    ...(any_tags ? [sql`tags && ${any_tags}::text[]`] : []),
    ...(all_tags && all_tags.length > 0 ? [sql`tags @> ${all_tags}::text[]`] : []),
  ];
}

/** All that is asked of a record besides its tags and its place. */
function conditionsOf(principal: Principal, query: ListQuery): Sql[] {
  const { schema_name, schema_names, text, conversation_id } = query;
  const conditions = [readable(principal), sql`(ttl is null or ttl > now())`];
  if (schema_name !== undefined) conditions.push(sql`schema_name = ${schema_name}`);
  if (schema_names) conditions.push(sql`schema_name = any(${schema_names}::text[])`);
  if (text) conditions.push(sql`(title || ' ' || context::text) ilike ${`%${escapeLike(text)}%`}`);
  if (conversation_id !== undefined) {
    const in_context = sql`(schema_name in ('user.message.v1', 'agent.response.v1') and context ->> 'conversation_id' = ${conversation_id})`;
    conditions.push(sql`(tags @> ${[sessionTag(conversation_id)]}::text[] or ${in_context})`);
  }
  return conditions;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, String.raw`\$&`);
}
