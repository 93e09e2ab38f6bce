import { describe, expect, it, vi } from 'vitest';
import { newId } from '../../base/index.ts';
import type { Database } from '../../db/index.ts';
import { POSTGRES_URL } from '../../db/testing.ts';
import { openTestBreadcrumbs } from '../testing.ts';
import { SearchStore, type SearchQuery } from './search-store.ts';

/** Set where the server of `CAIRN_TEST_POSTGRES_URL` is there for its vectors. */
const VECTORS_URL = process.env['CAIRN_TEST_POSTGRES_VECTORS_URL'];
const RECORDS = 1_000;
const CLUSTERS = 40;
const DIMENSIONS = 384;

/** The same numbers in every run. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff - 0.5;
  };
}

/** Vectors around centres, as those of texts about subjects are. */
function makeVectors(count: number, seed: number): string[] {
  const number = numbersFrom(7);
  const centres = Array.from({ length: CLUSTERS }, () =>
    Array.from({ length: DIMENSIONS }, number),
  );
  const own = numbersFrom(seed);
  return Array.from({ length: count }, (_, at) => {
    const centre = centres[at % CLUSTERS] ?? [];
    return `[${centre.map((each) => (each + own()).toFixed(4)).join(',')}]`;
  });
}

/** Writes records with vectors of the embedder `test`, four in five of them private to `author`. */
async function fill(db: Database, owner_id: string, author: string): Promise<void> {
  const rows = makeVectors(RECORDS, 1).map((embedding, at) => ({
    id: newId(),
    embedding,
    visibility: at % 5 === 3 ? 'team' : 'private',
  }));
  for (let start = 0; start < RECORDS; start += 250)
    await db.query({
      text: `insert into breadcrumbs (id, owner_id, title, context, tags, checksum, size_bytes, visibility, created_by,
          embedding, embedded_by, indexed_version)
        select id, $2, 'a', '{}', '{}', '', 2, visibility, $3, embedding::vector, 'test', 1
        from jsonb_to_recordset($1::jsonb) as r(id uuid, embedding text, visibility text)`,
      values: [JSON.stringify(rows.slice(start, start + 250)), owner_id, author],
    });
  await db.exec('analyze breadcrumbs');
}

async function setUp() {
  const { db, principal } = await openTestBreadcrumbs();
  const curator = await principal();
  const { owner_id } = curator;
  const author = await principal({ owner_id, roles: ['emitter'] });
  const colleague = await principal({ owner_id, roles: ['emitter'] });
  const stranger = await principal();
  const exact = new SearchStore(db);
  const indexed = new SearchStore(db, { exact_max: 0 });
  const query = (vector: string, limit: number): SearchQuery => ({
    words: [],
    meaning: { vector, by: 'test', floor: -1 },
    all_tags: [],
    schema_name: undefined,
    limit,
  });
  const ids = async (store: SearchStore, who: typeof curator, vector: string, limit: number) =>
    (await store.search(who, query(vector, limit))).map(({ id }) => id);
  return { db, curator, author, colleague, stranger, exact, indexed, query, ids };
}

describe('nearest records', () => {
  it('come from a database with vectors where the tests are to have one', async () => {
    const { exact } = await setUp();
    const wanted = POSTGRES_URL === undefined || POSTGRES_URL === VECTORS_URL;
    expect((await exact.hasVectors()) || !wanted).toBe(true);
  });

  it('are the same from the index as one by one, all but a few, also where few may be read', async () => {
    const { db, curator, author, colleague, stranger, exact, indexed, ids } = await setUp();
    if (!(await exact.hasVectors())) return;
    await fill(db, curator.owner_id, author.agent_id);
    const questions = makeVectors(CLUSTERS, 2).slice(0, 10);
    for (const [who, limit] of [
      [curator, 10],
      [curator, 100],
      [colleague, 10],
      [colleague, 100],
    ] as const) {
      let found = 0;
      let wanted = 0;
      for (const question of questions) {
        const right = await ids(exact, who, question, limit);
        const approximate = await ids(indexed, who, question, limit);
        expect(right).toHaveLength(limit);
        expect(new Set(approximate).size).toBe(approximate.length);
        wanted += right.length;
        found += approximate.filter((id) => right.includes(id)).length;
        expect(approximate[0]).toBe(right[0]);
      }
      expect(found / wanted).toBeGreaterThan(0.95);
    }
    expect(await ids(indexed, stranger, questions[0] ?? '', 10)).toEqual([]);
    // The counts of the server's statistics come a moment later, and PGlite keeps none.
    if (!db.capabilities.is_shared) return;
    const scans = async () =>
      (
        await db.query<{ n: number }>({
          text: `select idx_scan::integer as n from pg_stat_user_indexes
            where schemaname = current_schema() and indexrelname = 'idx_breadcrumbs_embedding'`,
        })
      ).rows[0]?.n;
    await expect.poll(scans).toBeGreaterThan(0);
  });

  it('are compared one by one, and completely, where the filter leaves few', async () => {
    const { db, curator, author, colleague, exact, ids } = await setUp();
    if (!(await exact.hasVectors())) return;
    await fill(db, curator.owner_id, author.agent_id);
    // Twice as many as there are, since how many they are may be concluded from half the pages.
    const store = new SearchStore(db, { exact_max: (2 * RECORDS) / 5 });
    for (const question of makeVectors(5, 3)) {
      const right = await ids(exact, colleague, question, 100);
      expect(await ids(store, colleague, question, 100)).toEqual(right);
    }
  });

  it('come from the index where many pass the filter or a large part, and else one by one', async () => {
    const { db, curator, author, colleague, exact, query } = await setUp();
    if (!(await exact.hasVectors())) return;
    await fill(db, curator.owner_id, author.agent_id);
    await db.query({
      text: `update breadcrumbs set tags = '{rare}' where id in (select id from breadcrumbs where embedded_by = 'test' limit 50)`,
    });
    const [question = ''] = makeVectors(1, 4);
    /** Only the index needs a transaction, for its settings. */
    const asksIndex = async (
      options: { exact_max: number; exact_always_max: number },
      who: typeof curator,
      all_tags: string[] = [],
    ) => {
      const transactions = vi.spyOn(db, 'transaction');
      try {
        const store = new SearchStore(db, options);
        const hits = await store.search(who, { ...query(question, 10), all_tags });
        expect(hits).toHaveLength(10);
        return transactions.mock.calls.length > 0;
      } finally {
        transactions.mockRestore();
      }
    };
    // A sample that misses pages cannot make twice as many of them, nor half as few.
    const twice = 2 * RECORDS;
    expect(await asksIndex({ exact_max: twice, exact_always_max: twice }, curator)).toBe(false);
    expect(await asksIndex({ exact_max: twice, exact_always_max: 100 }, curator)).toBe(true);
    expect(await asksIndex({ exact_max: twice, exact_always_max: 10 }, curator, ['rare'])).toBe(
      false,
    );
    expect(await asksIndex({ exact_max: 100, exact_always_max: 100 }, colleague)).toBe(true);
    expect(await asksIndex({ exact_max: twice, exact_always_max: twice }, colleague)).toBe(false);
  });
});
