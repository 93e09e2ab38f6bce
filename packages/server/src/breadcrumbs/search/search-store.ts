import type { BreadcrumbContext } from '@cairn/protocol';
import { joinSql, sql, type Database, type Handle, type Sql } from '../../db/index.ts';
import type { Principal } from '../../http/index.ts';
import { readable } from '../../identity/index.ts';

/** A record as the indexer reads it. */
export interface Indexable {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly context: unknown;
  readonly sensitivity: string;
}

/** What the indexer found out about one version of a record. */
export interface Indexed {
  readonly id: string;
  readonly version: number;
  readonly text: string;
  /** Null for what must not be embedded. */
  readonly embedding: string | null;
}

export interface SearchQuery {
  readonly text: string | null;
  /** As pgvector writes it: `[0.1,0.2,…]`. */
  readonly vector: string | null;
  readonly all_tags: readonly string[];
  readonly schema_name: string | undefined;
  readonly limit: number;
}

/** A record with how well it fits: the sum of reciprocal ranks, higher is better. */
export type Hit = BreadcrumbContext & { readonly score: number };

/** Rows that each way of searching puts forward before the two are fused. */
const CANDIDATES = 100;
/** Of very many records with the words, the newest are ranked. */
const RANKED_MAX = 2_000;
/** The constant of reciprocal rank fusion: how little the first places differ from the next. */
const FUSION = 60;

/** The SQL of search. */
export class SearchStore {
  readonly #db: Database;
  #has_vectors: Promise<boolean> | null = null;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Whether this database can keep and compare vectors. */
  hasVectors(): Promise<boolean> {
    this.#has_vectors ??= this.#db
      .query({
        text: `select 1 from pg_attribute where attrelid = 'breadcrumbs'::regclass and attname = 'embedding' and not attisdropped`,
      })
      .then(({ rows }) => rows.length > 0);
    return this.#has_vectors;
  }

  async read(ids: readonly string[]): Promise<Indexable[]> {
    const { rows } = await this.#db.query<Indexable>({
      text: `select id, version, title, context, sensitivity from breadcrumbs
        where id = any($1::uuid[]) and indexed_version < version`,
      values: [ids],
    });
    return rows;
  }

  /** Stores what was found out, for records that still have that version. */
  async write(rows: readonly Indexed[], embedder: string | null): Promise<void> {
    const vector =
      embedder === null
        ? ''
        : ', embedding = i.embedding::vector, embedded_by = case when i.embedding is null then null else $2 end';
    await this.#db.query({
      text: `update breadcrumbs b
        set document = to_tsvector('simple', i.text), indexed_version = i.version${vector}
        from jsonb_to_recordset($1::jsonb) as i(id uuid, version integer, text text, embedding text)
        where b.id = i.id and b.version = i.version`,
      values: [JSON.stringify(rows), ...(embedder === null ? [] : [embedder])],
    });
  }

  /** The records that fit best, best first. Who may read is decided before anything is ranked. */
  async search(principal: Principal, query: SearchQuery, embedder: string | null): Promise<Hit[]> {
    const conditions = [readable(principal), sql`(ttl is null or ttl > now())`];
    if (query.all_tags.length > 0) conditions.push(sql`tags @> ${query.all_tags}::text[]`);
    if (query.schema_name !== undefined) conditions.push(sql`schema_name = ${query.schema_name}`);
    const allowed = joinSql(conditions, ' and ', sql`true`);
    const statement = sql`with by_words as (${byWords(query.text, allowed)}), by_meaning as (${byMeaning(query.vector, embedder, allowed)}),
      fused as (
        select id, sum(1.0 / (${FUSION}::int + place))::float8 as score
        from (select id, place from by_words union all select id, place from by_meaning) both_ways
        group by id order by score desc, id limit ${query.limit}
      )
      select b.id, title, description, semantic_version, context, tags, schema_name, llm_hints, version, updated_at, score
      from fused join breadcrumbs b on b.id = fused.id order by score desc, b.id`;
    if (query.vector === null || embedder === null)
      return (await this.#db.query<Hit>(statement)).rows;
    return this.#db.transaction(async (tx) => {
      await widenScan(tx);
      return (await tx.query<Hit>(statement)).rows;
    });
  }
}

const NOTHING = sql`select null::uuid as id, 0::bigint as place where false`;

/** Records with any of the words; those with more and rarer ones first. */
function byWords(text: string | null, allowed: Sql): Sql {
  if (text === null) return NOTHING;
  return sql`select id, row_number() over (order by rank desc, updated_at desc, id) as place from (
      select id, updated_at, ts_rank_cd(document, words.query) as rank
      from (select replace(plainto_tsquery('simple', ${text})::text, '&', '|')::tsquery as query) words
      cross join lateral (
        select id, updated_at, document from breadcrumbs
        where ${allowed} and document @@ words.query order by updated_at desc limit ${RANKED_MAX}
      ) matches
    ) ranked order by place limit ${CANDIDATES}`;
}

function byMeaning(vector: string | null, embedder: string | null, allowed: Sql): Sql {
  if (vector === null || embedder === null) return NOTHING;
  return sql`select id, row_number() over (order by distance, id) as place from (
      select id, embedding <=> ${vector}::vector as distance from breadcrumbs
      where ${allowed} and embedded_by = ${embedder} and embedding is not null
      order by embedding <=> ${vector}::vector limit ${CANDIDATES}
    ) nearest`;
}

/** Lets the index look on when the access filter leaves too few. Older releases of pgvector do not know how. */
async function widenScan(tx: Handle): Promise<void> {
  await tx.exec('savepoint widen');
  try {
    await tx.exec("set local hnsw.ef_search = 100; set local hnsw.iterative_scan = 'strict_order'");
    await tx.exec('release savepoint widen');
  } catch {
    await tx.exec('rollback to savepoint widen');
  }
}
