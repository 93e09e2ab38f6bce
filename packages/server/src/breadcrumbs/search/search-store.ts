import type { BreadcrumbContext } from '@cairn/protocol';
import {
  joinSql,
  sql,
  type Database,
  type Handle,
  type Sql,
  type Statement,
} from '../../db/index.ts';
import type { Principal } from '../../http/index.ts';
import { readable } from '../../identity/index.ts';

/** A record as the indexer reads it. */
export interface Indexable {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly context: unknown;
  readonly sensitivity: string;
}

/** What the indexer found out about one version of a record. */
export interface Indexed {
  readonly id: string;
  readonly version: number;
  /** Its words, as a `tsvector` is written. */
  readonly document: string;
  /** Null for what has none, or not yet. */
  readonly embedding: string | null;
}

/** Where vectors come from and how little likeness is none. */
export interface Meaning {
  /** As pgvector writes it: `[0.1,0.2,…]`. */
  readonly vector: string;
  /** The embedder whose vectors it is compared with. */
  readonly by: string;
  /** Cosine below which likeness is chance. */
  readonly floor: number;
}

export interface SearchQuery {
  /** Each as a `tsquery` is written; without any, words are not looked for. */
  readonly words: readonly string[];
  /** Null where there are no vectors. */
  readonly meaning: Meaning | null;
  readonly all_tags: readonly string[];
  readonly schema_name: string | undefined;
  readonly limit: number;
}

/** A record with how well it fits: the sum of reciprocal ranks, higher is better. */
export type Hit = BreadcrumbContext & { readonly score: number };

/** Rows that each way of searching puts forward before the two are fused. */
const CANDIDATES = 100;
/** Of very many records with the words, the newest are ranked. */
const RANKED_MAX = 1_000;
/** The constant of reciprocal rank fusion: how little the first places differ from the next. */
const FUSION = 60;
/** What a word counts in the context (D), unused (C), in description and tags (B), and in the title (A). */
const WEIGHTS = '{0.4, 0.4, 0.6, 1}';
/**
 * As many records or fewer are compared one by one, which misses nothing, unless they are no small part of the table. The
 * index has to look at ever more records to find some that pass the filter: among 100,000 records of 500 subjects, of
 * which 7,000 passed, it took longer than to compare those, and found nine of the ten nearest.
 */
const EXACT_MAX = 12_000;
/** As many are compared one by one whatever part of the table they are: for little more time, nothing is missed. */
const EXACT_ALWAYS_MAX = 5_000;
/** From this part on of a table, the index finds enough among the first that it looks at. */
const INDEX_SHARE = 0.2;
/** Pages of the table that are looked at to see what part of it passes the filter: a thousand records, more or less. */
const SAMPLE_PAGES = 128;
/**
 * Records that the index keeps in sight: what it finds against what it costs. Among 100,000 records of 500 subjects, of
 * which nine in ten pass the filter, 100 find 96 % of the ten nearest to a question, 200 find 98 %, and 400, for twice
 * the time, 99 %.
 */
const INDEX_SIGHT = 200;
/** Records that the index looks at when few of them pass the filter. */
const INDEX_SCAN_MAX = 40_000;
/** Stands for the embedder where there are no vectors. */
export const WORDS_ONLY = 'words';

/** The SQL of search. */
export class SearchStore {
  readonly #db: Database;
  readonly #exact_max: number;
  readonly #exact_always_max: number;
  #has_vectors: Promise<boolean> | null = null;
  #widens: Promise<boolean> | null = null;

  /**
   * @param options for tests: the most records that are compared one by one, where they are a small part of the table
   *   (`exact_max`) and whatever part they are (`exact_always_max`)
   */
  constructor(db: Database, options: { exact_max?: number; exact_always_max?: number } = {}) {
    this.#db = db;
    const { exact_max = EXACT_MAX, exact_always_max = EXACT_ALWAYS_MAX } = options;
    this.#exact_max = exact_max;
    this.#exact_always_max = Math.min(exact_always_max, exact_max);
  }

  /** Whether this database can keep and compare vectors. */
  hasVectors(): Promise<boolean> {
    return (this.#has_vectors ??= this.#exists({
      text: `select 1 from pg_attribute where attrelid = 'breadcrumbs'::regclass and attname = 'embedding' and not attisdropped`,
    }));
  }

  /** How records are marked that were indexed with this embedder. */
  async embeddedBy(embedder: string): Promise<string> {
    return (await this.hasVectors()) ? embedder : WORDS_ONLY;
  }

  /** Of these records those whose current version is not indexed. */
  async read(ids: readonly string[]): Promise<Indexable[]> {
    const { rows } = await this.#db.query<Indexable>({
      name: 'search_read',
      text: `select id, version, title, description, tags, context, sensitivity from breadcrumbs
        where id = any($1::uuid[]) and indexed_version < version`,
      values: [ids],
    });
    return rows;
  }

  /**
   * Stores what was found out, for records that still have that version. `by` says who made the vectors; null says that
   * they are still to be made.
   */
  async write(rows: readonly Indexed[], by: string | null): Promise<void> {
    const embedding = (await this.hasVectors()) ? ', embedding = i.embedding::vector' : '';
    await this.#db.query({
      text: `update breadcrumbs b
        set document = i.document::tsvector, indexed_version = i.version, embedded_by = $2${embedding}
        from jsonb_to_recordset($1::jsonb) as i(id uuid, version integer, document text, embedding text)
        where b.id = i.id and b.version = i.version`,
      values: [JSON.stringify(rows), by],
    });
  }

  /** Some of the records that were indexed, but whose vectors are not of this embedder. */
  async readBehind(by: string, limit: number): Promise<Indexable[]> {
    const columns = sql`id, version, title, description, tags, context, sensitivity`;
    // Each of the three is a range of the index; as one condition they would be a scan of the table.
    const part = (range: Sql) =>
      sql`(select ${columns} from breadcrumbs where indexed_version > 0 and ${range} order by embedded_by limit ${limit})`;
    const { rows } = await this.#db.query<Indexable>(
      sql`${part(sql`embedded_by is null`)} union all ${part(sql`embedded_by < ${by}`)} union all ${part(sql`embedded_by > ${by}`)} limit ${limit}`,
    );
    return rows;
  }

  /** How many they are. */
  async countBehind(by: string): Promise<number> {
    const part = (range: Sql) =>
      sql`(select count(*) from breadcrumbs where indexed_version > 0 and ${range})`;
    const { rows } = await this.#db.query<{ n: number }>(
      sql`select (${part(sql`embedded_by is null`)} + ${part(sql`embedded_by < ${by}`)} + ${part(sql`embedded_by > ${by}`)})::integer as n`,
    );
    return rows[0]?.n ?? 0;
  }

  /** Takes the right to embed what is behind, or keeps it, for a while; false when another process has it. */
  takeTurn(holder: string, turn_ms: number): Promise<boolean> {
    return this.#exists({
      text: `update embedding_turn set holder = $1, held_until = clock_timestamp() + $2 * interval '1 ms'
        where holder is null or holder = $1 or held_until < clock_timestamp() returning 1`,
      values: [holder, turn_ms],
    });
  }

  async leaveTurn(holder: string): Promise<void> {
    await this.#db.query({
      text: 'update embedding_turn set holder = null, held_until = null where holder = $1',
      values: [holder],
    });
  }

  /** The records that fit best, best first. Who may read is decided before anything is ranked. */
  async search(principal: Principal, query: SearchQuery): Promise<Hit[]> {
    const conditions = [readable(principal), sql`(ttl is null or ttl > now())`];
    if (query.all_tags.length > 0) conditions.push(sql`tags @> ${query.all_tags}::text[]`);
    if (query.schema_name !== undefined) conditions.push(sql`schema_name = ${query.schema_name}`);
    const allowed = joinSql(conditions, ' and ', sql`true`);
    const nearest = query.meaning === null ? [] : await this.#nearest(query.meaning, allowed);
    const { rows } = await this.#db
      .query<Hit>(sql`with by_words as (${byWords(query.words, allowed)}),
      by_meaning as (select id, place from unnest(${nearest}::uuid[]) with ordinality as near(id, place)),
      fused as (
        select id, sum(1.0 / (${FUSION}::int + place))::float8 as score
        from (select id, place from by_words union all select id, place from by_meaning) both_ways group by id
      )
      select breadcrumbs.id, title, description, semantic_version, context, tags, schema_name, llm_hints, version, updated_at, score
      from fused join breadcrumbs on breadcrumbs.id = fused.id
      where ${allowed} order by score desc, updated_at desc, breadcrumbs.id limit ${query.limit}`);
    return rows;
  }

  /** The ids of the records nearest in meaning, nearest first. */
  async #nearest(meaning: Meaning, allowed: Sql): Promise<string[]> {
    const { vector, by, floor } = meaning;
    const comparable = sql`${allowed} and embedded_by = ${by} and embedding is not null`;
    const distance = sql`embedding <=> ${vector}::vector`;
    const inOrder = sql`select id from near where distance <= ${1 - floor}::float8 order by distance, id limit ${CANDIDATES}`;
    return (
      (await this.#compareFew(comparable, distance, inOrder)) ??
      this.#db.transaction(async (tx) => {
        await this.#preferIndex(tx);
        const { rows } = await tx.query<{ id: string }>(
          sql`with near as materialized (
            select id, ${distance} as distance from breadcrumbs where ${comparable} order by ${distance} limit ${CANDIDATES}
          ) ${inOrder}`,
        );
        return rows.map(({ id }) => id);
      })
    );
  }

  /**
   * Compares the records one by one if they are few; null if the index is to be asked. What they are is found out once:
   * the places (`ctid`) of those that pass the filter are gathered, which within a statement stay what they are, until it
   * is clear that they are too many. Most often a look at some pages of the table has shown that before.
   */
  async #compareFew(comparable: Sql, distance: Sql, inOrder: Sql): Promise<string[] | null> {
    const exact_max = this.#exact_max;
    const { rows } = await this.#db.query<{ is_few: boolean; ids: string[] }>(sql`with sampled as (
        select least(1.0, ${SAMPLE_PAGES}::float8 * current_setting('block_size')::integer
          / greatest(1, pg_relation_size('breadcrumbs'))) as share
      ), sample as (
        select count(*) filter (where ${comparable})::float8 as n, count(*) as total
        from breadcrumbs tablesample system ((select 100 * share from sampled))
      ), is_broad as (
        select n > ${INDEX_SHARE}::float8 * total and n > ${this.#exact_always_max}::integer * share as it
        from sample, sampled
      ), comparable as materialized (
        select ctid as place from breadcrumbs where ${comparable} and not (select it from is_broad) limit ${exact_max + 1}
      ), few as materialized (
        select not (select it from is_broad) and count(*) <= ${exact_max} as it from comparable
      ), near as materialized (
        select id, ${distance} as distance from breadcrumbs
        where (select it from few) and ctid = any(array(select place from comparable))
      )
      select it as is_few, array(${inOrder}) as ids from few`);
    const [found] = rows;
    return found?.is_few ? found.ids : null;
  }

  /** For this transaction: takes the index of vectors, and lets it look on when the filter leaves too few. */
  async #preferIndex(tx: Handle): Promise<void> {
    // Releases of pgvector before 0.8 do not know how to look on, and refuse to be told.
    this.#widens ??= tx
      .query<{ version: string }>({
        text: `select extversion as version from pg_extension where extname = 'vector'`,
      })
      .then(({ rows }) => !/^0\.[0-7](\.|$)/.test(rows[0]?.version ?? ''));
    const widen = (await this.#widens)
      ? `set local hnsw.iterative_scan = 'relaxed_order'; set local hnsw.max_scan_tuples = ${INDEX_SCAN_MAX};`
      : '';
    await tx.exec(`set local hnsw.ef_search = ${INDEX_SIGHT}; ${widen}
      set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off`);
  }

  async #exists(statement: Statement): Promise<boolean> {
    return (await this.#db.query(statement)).rows.length > 0;
  }
}

/**
 * Records with any of the words. A word counts by how rare it is among them, and by where it stands; so those with more
 * and rarer words come first.
 */
function byWords(words: readonly string[], allowed: Sql): Sql {
  if (words.length === 0) return sql`select null::uuid as id, 0::bigint as place where false`;
  return sql`select id, row_number() over (order by rank desc, updated_at desc, id) as place from (
      with matches as materialized (
        select id, updated_at, document from breadcrumbs
        where ${allowed} and document @@ ${words.join(' | ')}::tsquery
        order by updated_at desc limit ${RANKED_MAX}
      ), found as (
        select id, updated_at, word, ts_rank(${WEIGHTS}::float4[], document, word::tsquery) as fit
        from matches cross join unnest(${words}::text[]) as word where document @@ word::tsquery
      ), rarity as (
        select word, ln(1 + (select count(*) from matches)::float8 / count(*)) as weight from found group by word
      )
      select id, updated_at, sum(fit * weight) as rank from found join rarity using (word) group by id, updated_at
    ) ranked order by place limit ${CANDIDATES}`;
}
