import { describe, expect, it } from 'vitest';
import { ManualClock, silentLog } from '../../base/index.ts';
import { EventStore } from '../../events/index.ts';
import type { Embedder, EmbedderErrorClass } from '../embedders/index.ts';
import { body, openTestBreadcrumbs } from '../testing.ts';
import { EmbeddingWorker } from './embedding-worker.ts';
import { indexRecords } from './index-records.ts';
import { SearchStore } from './search-store.ts';

/** An embedder that notes what it is given and fails on what it is told to. */
function fake(given: Partial<Embedder> = {}) {
  const batches: string[][] = [];
  const faults: { on: string; error_class: EmbedderErrorClass; retry_after_ms?: number }[] = [];
  const embedder: Embedder = {
    name: 'fake',
    dimensions: 384,
    sends_text_away: true,
    is_immediate: false,
    noise: -1,
    async embed(texts) {
      batches.push([...texts]);
      const fault = faults.find(({ on }) => texts.some((text) => text.includes(on)));
      if (fault) throw Object.assign(new Error('refused'), { retry_after_ms: null, ...fault });
      return texts.map(() => new Float32Array(384).fill(0.05));
    },
    async close() {},
    ...given,
  };
  return { embedder, batches, faults };
}

async function setUp() {
  const { db, breadcrumbs, principal } = await openTestBreadcrumbs();
  const author = await principal();
  const create = async (given: object) =>
    (await breadcrumbs.create(author, body({ context: {}, ...given }))).full;
  const store = new SearchStore(db);
  const clock = new ManualClock();
  const index = async (embedder: Embedder) => {
    let is_behind = false;
    const onBehind = () => (is_behind = true);
    const ports = { store, embedder, log: silentLog, onBehind };
    await indexRecords((await new EventStore(db).readAfter(0, 1_000)).events, ports);
    return is_behind;
  };
  const worker = (embedder: Embedder, holder = 'one') =>
    new EmbeddingWorker({ store, embedder, clock, log: silentLog, holder });
  /** How each record stands: the version that the index has, and whether words and vector are there. */
  const standing = async () => {
    const vector = (await store.hasVectors()) ? 'embedding is not null' : 'null';
    const { rows } = await db.query<{ title: string; version: number; has_vector: boolean }>({
      text: `select title, indexed_version as version, document is not null as has_words, ${vector} as has_vector
        from breadcrumbs order by created_at, id`,
    });
    return rows;
  };
  const vectors = (await store.hasVectors()) || null;
  const row = (title: string, has_vector: boolean, version = 1) => ({
    title,
    version,
    has_words: true,
    has_vector: vectors && has_vector,
  });
  return { db, breadcrumbs, author, create, store, clock, index, worker, standing, row };
}

describe('indexing', () => {
  it('takes words at once, and vectors too from an embedder that has them at once', async () => {
    const { create, index, standing, row } = await setUp();
    await create({ title: 'good' });
    expect(await index(fake({ is_immediate: true }).embedder)).toBe(false);
    expect(await standing()).toEqual([row('good', true)]);
  });

  it('takes words at once and does not wait for an embedder that takes its time or fails', async () => {
    const { create, store, index, standing, row } = await setUp();
    await create({ title: 'good' });
    const slow = fake();
    expect(await index(slow.embedder)).toBe(await store.hasVectors());
    expect(slow.batches).toEqual([]);
    expect(await standing()).toEqual([row('good', false)]);
    await create({ title: 'better' });
    const broken = fake({ is_immediate: true });
    broken.faults.push({ on: '', error_class: 'unavailable' });
    expect(await index(broken.embedder)).toBe(await store.hasVectors());
    expect(await standing()).toEqual([row('good', false), row('better', false)]);
  });

  it('of one page takes a record once, as it is now, and nothing when it is repeated', async () => {
    const { breadcrumbs, author, create, store, index, standing } = await setUp();
    const { id } = await create({ title: 'first' });
    await breadcrumbs.update(author, id, { title: 'second' });
    const { embedder, batches } = fake({ is_immediate: true });
    await index(embedder);
    await index(embedder);
    expect(batches).toEqual((await store.hasVectors()) ? [['second']] : []);
    expect(await standing()).toMatchObject([{ title: 'second', version: 2 }]);
  });

  it('forgets the vector of a former text until there is one of the new', async () => {
    const { breadcrumbs, author, create, index, worker, standing, row } = await setUp();
    const { id } = await create({ title: 'first' });
    const { embedder } = fake();
    await index(embedder);
    await worker(embedder).catchUp();
    expect(await standing()).toEqual([row('first', true)]);
    await breadcrumbs.update(author, id, { title: 'second' });
    await index(embedder);
    expect(await standing()).toEqual([row('second', false, 2)]);
    await worker(embedder).catchUp();
    expect(await standing()).toEqual([row('second', true, 2)]);
  });
});

describe('the embedding worker', () => {
  it('goes on behind a record that the embedder fails on, which is found by its words', async () => {
    const { create, store, index, worker, standing, row } = await setUp();
    for (const title of ['good', 'poison', 'venom', 'better']) await create({ title });
    const { embedder, faults } = fake();
    faults.push({ on: 'poison', error_class: 'invalid_request' });
    faults.push({ on: 'venom', error_class: 'timeout' });
    await index(embedder);
    await worker(embedder).catchUp();
    expect(await standing()).toEqual([
      row('good', true),
      row('poison', false),
      row('venom', false),
      row('better', true),
    ]);
    expect(await worker(embedder).catchUp()).toBe(true);
    expect(await store.countBehind(await store.embeddedBy('fake'))).toBe(0);
  });

  it('gives nothing secret or personal to an embedder elsewhere, and nothing of machines to any', async () => {
    const { create, store, index, worker } = await setUp();
    await create({ title: 'open', description: 'for all' });
    await create({ title: 'hidden', sensitivity: 'secret' });
    await create({ title: 'personal', sensitivity: 'pii' });
    await create({ title: 'noise', schema_name: 'system.metrics.v1' });
    const { embedder, batches } = fake();
    await index(embedder);
    await worker(embedder).catchUp();
    expect(batches.flat()).toEqual((await store.hasVectors()) ? ['open for all'] : []);
    expect(await worker(embedder).waiting()).toBe(0);
  });

  it.each(['authentication', 'quota', 'unavailable'] as const)(
    'waits for an embedder that fails with %s, ever longer, and catches up when it works again',
    async (error_class) => {
      const { create, store, clock, index, worker, standing, row } = await setUp();
      if (!(await store.hasVectors())) return;
      await create({ title: 'one' });
      const { embedder, faults } = fake();
      faults.push({ on: '', error_class });
      await index(embedder);
      const service = worker(embedder);
      await service.start();
      for (const wait_ms of [1_000, 2_000, 4_000]) {
        await expect.poll(() => clock.isAwaited(wait_ms)).toBe(true);
        clock.advance(wait_ms);
      }
      await expect.poll(() => clock.isAwaited(8_000)).toBe(true);
      expect(await service.waiting()).toBe(1);
      await create({ title: 'two' });
      await index(embedder);
      expect(await standing()).toEqual([row('one', false), row('two', false)]);
      faults.length = 0;
      clock.advance(8_000);
      await expect.poll(() => clock.isAwaited(10_000)).toBe(true);
      expect(await standing()).toEqual([row('one', true), row('two', true)]);
      expect(await service.waiting()).toBe(0);
      await service.stop();
    },
  );

  it('waits as long as the embedder asks it to', async () => {
    const { create, store, clock, index, worker } = await setUp();
    if (!(await store.hasVectors())) return;
    await create({ title: 'one' });
    const { embedder, faults } = fake();
    faults.push({ on: '', error_class: 'rate_limit', retry_after_ms: 77_000 });
    await index(embedder);
    const service = worker(embedder);
    await service.start();
    await expect.poll(() => clock.isAwaited(77_000)).toBe(true);
    await service.stop();
  });

  it('makes all vectors anew, batch by batch, after a change of the embedder', async () => {
    const { db, create, store, index, worker } = await setUp();
    for (let n = 0; n < 40; n += 1) await create({ title: `record ${n}` });
    await index(fake({ is_immediate: true }).embedder);
    const next = fake({ name: 'another' });
    const service = worker(next.embedder);
    const waiting: number[] = [];
    do waiting.push(await service.waiting());
    while (!(await service.catchUp()));
    expect(waiting).toEqual((await store.hasVectors()) ? [40, 8, 0] : [0]);
    const { rows } = await db.query({ text: 'select distinct embedded_by from breadcrumbs' });
    expect(rows).toEqual([{ embedded_by: await store.embeddedBy('another') }]);
  });

  it('works in one process at a time', async () => {
    const { create, store, index, worker } = await setUp();
    for (let n = 0; n < 40; n += 1) await create({ title: `record ${n}` });
    const { embedder } = fake();
    await index(embedder);
    const has_vectors = await store.hasVectors();
    const [first, second] = [worker(embedder, 'one'), worker(embedder, 'two')];
    expect(await first.catchUp()).toBe(!has_vectors);
    expect(await second.catchUp()).toBe(true);
    expect(await second.waiting()).toBe(has_vectors ? 8 : 0);
    await store.leaveTurn('one');
    expect(await second.catchUp()).toBe(!has_vectors);
    expect(await second.waiting()).toBe(0);
  });
});
