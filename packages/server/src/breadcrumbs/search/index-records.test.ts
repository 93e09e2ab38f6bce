import { describe, expect, it } from 'vitest';
import { silentLog } from '../../base/index.ts';
import { EventStore } from '../../events/index.ts';
import type { Embedder } from '../embedders/index.ts';
import { body, openTestBreadcrumbs } from '../testing.ts';
import { indexRecords } from './index-records.ts';
import { SearchStore } from './search-store.ts';

/** An embedder that notes what it is given and refuses what has this word. */
function fake(refused: string, sends_text_away = true) {
  const batches: string[][] = [];
  const embedder: Embedder = {
    name: 'fake',
    dimensions: 384,
    sends_text_away,
    async embed(texts) {
      batches.push([...texts]);
      if (texts.some((text) => text.includes(refused)))
        throw Object.assign(new Error('refused'), { error_class: 'invalid_request' });
      return texts.map(() => new Float32Array(384).fill(0.05));
    },
    async close() {},
  };
  return { embedder, batches };
}

async function setUp() {
  const { db, breadcrumbs, principal } = await openTestBreadcrumbs();
  const author = await principal();
  const create = async (given: object) =>
    (await breadcrumbs.create(author, body({ context: {}, ...given }))).full;
  const store = new SearchStore(db);
  const index = async (embedder: Embedder) =>
    indexRecords((await new EventStore(db).readAfter(0, 1_000)).events, {
      store,
      embedder,
      log: silentLog,
    });
  /** How each record stands: the version that the index has, and whether words and vector are there. */
  const standing = async () => {
    const vector = (await store.hasVectors()) ? 'embedding is not null' : 'null';
    const { rows } = await db.query<{ title: string; version: number; has_vector: boolean }>({
      text: `select title, indexed_version as version, document is not null as has_words, ${vector} as has_vector
        from breadcrumbs order by created_at, id`,
    });
    return rows;
  };
  return { breadcrumbs, author, create, store, index, standing };
}

describe('indexing', () => {
  it('goes on behind a record that the embedder refuses, which is found by its words', async () => {
    const { create, store, index, standing } = await setUp();
    const vectors = (await store.hasVectors()) || null;
    for (const title of ['good', 'poison', 'better']) await create({ title });
    await index(fake('poison').embedder);
    const row = (title: string, has_vector: boolean) => ({
      title,
      version: 1,
      has_words: true,
      has_vector: vectors && has_vector,
    });
    expect(await standing()).toEqual([
      row('good', true),
      row('poison', false),
      row('better', true),
    ]);
  });

  it('waits for an embedder that refuses everything', async () => {
    const { create, store, index, standing } = await setUp();
    await create({ title: 'good' });
    const outcome = await index(fake('').embedder).then(
      () => 'taken',
      () => 'refused',
    );
    const [version, expected] = (await store.hasVectors()) ? [0, 'refused'] : [1, 'taken'];
    expect(outcome).toBe(expected);
    expect(await standing()).toMatchObject([{ version }]);
  });

  it('gives no secret to an embedder elsewhere, and nothing of machines to any', async () => {
    const { create, store, index } = await setUp();
    await create({ title: 'open' });
    await create({ title: 'hidden', sensitivity: 'secret' });
    await create({ title: 'noise', schema_name: 'system.metrics.v1' });
    const { embedder, batches } = fake('nothing of the kind');
    await index(embedder);
    expect(batches.flat()).toEqual((await store.hasVectors()) ? ['open'] : []);
  });

  it('of one page takes a record once, as it is now, and nothing when it is repeated', async () => {
    const { breadcrumbs, author, create, store, index, standing } = await setUp();
    const { id } = await create({ title: 'first' });
    await breadcrumbs.update(author, id, { title: 'second' });
    const { embedder, batches } = fake('nothing of the kind');
    await index(embedder);
    await index(embedder);
    expect(batches).toEqual((await store.hasVectors()) ? [['second']] : []);
    expect(await standing()).toMatchObject([{ title: 'second', version: 2 }]);
  });
});
