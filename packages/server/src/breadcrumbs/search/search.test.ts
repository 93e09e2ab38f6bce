import { ROLES, type Role } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId, silentLog, systemClock } from '../../base/index.ts';
import { createMemoryBus } from '../../bus/index.ts';
import { openTestDatabase } from '../../db/testing.ts';
import { Announcer, EventStore, LogTail } from '../../events/index.ts';
import { IdentityStore } from '../../identity/index.ts';
import { Breadcrumbs } from '../breadcrumbs.ts';
import { createEmbedder, EMBEDDER_DEFAULTS } from '../embedders/index.ts';
import { BreadcrumbStore } from '../store.ts';
import { indexRecords } from './index-records.ts';
import { SearchStore } from './search-store.ts';
import { Search } from './search.ts';

const DOCUMENTS = [
  'How to brew coffee with a paper filter',
  'Quarterly revenue of the northern region',
  'Repairing a bicycle tyre on the road',
  'Espresso machines and their pressure',
  'Team outing to the lake in July',
];

async function setUp() {
  const db = await openTestDatabase();
  const events = new EventStore(db);
  const bus = createMemoryBus(silentLog);
  const announcer = new Announcer(new LogTail(events, bus, systemClock, silentLog), bus);
  const breadcrumbs = new Breadcrumbs({ store: new BreadcrumbStore(db), announcer, parallel: 1 });
  const embedder = await createEmbedder(EMBEDDER_DEFAULTS, {});
  const store = new SearchStore(db);
  const search = new Search({ store, embedder, clock: systemClock, log: silentLog });
  const identity = new IdentityStore(db);
  const person = async (roles: Role[] = ['emitter'], owner_id: string = newId()) => {
    const principal = { owner_id, agent_id: newId(), roles };
    await identity.ensureAgent(principal);
    return principal;
  };
  const index = async () =>
    indexRecords((await events.readAfter(0, 1_000)).events, {
      store,
      embedder,
      log: silentLog,
      onBehind: () => {},
    });
  return { db, breadcrumbs, search, store, person, index };
}

const find = { q: undefined, qvec: undefined, all_tags: [], schema_name: undefined, limit: 5 };

describe('search', () => {
  it('finds records by words and by what is spelled alike, best first, with a score', async () => {
    const { breadcrumbs, search, person, index, store } = await setUp();
    const author = await person();
    for (const title of DOCUMENTS)
      await breadcrumbs.create(author, { title, tags: [], context: {} });
    await index();
    const { hits, mode } = await search.find(author, { ...find, q: 'brewing coffee' });
    expect(hits[0]?.title).toBe(DOCUMENTS[0]);
    expect(mode).toBe((await store.hasVectors()) ? 'hybrid' : 'words');
    expect(hits.map(({ score }) => score)).toEqual(
      hits.map(({ score }) => score).toSorted((a, b) => b - a),
    );
  });

  it('finds what an update says, and no longer what it said before', async () => {
    const { breadcrumbs, search, person, index } = await setUp();
    const author = await person();
    const { full } = await breadcrumbs.create(author, {
      title: 'note',
      tags: [],
      context: { text: 'umbrella' },
    });
    await index();
    await breadcrumbs.update(author, full.id, { context: { text: 'sunscreen' } });
    await index();
    const titles = async (q: string) =>
      (await search.find(author, { ...find, q })).hits.filter(({ context }) =>
        JSON.stringify(context).includes(q),
      );
    expect(await titles('sunscreen')).toHaveLength(1);
    expect(await titles('umbrella')).toHaveLength(0);
  });

  it('shows nobody what they may not read, however well it fits', async () => {
    const { breadcrumbs, search, person, index } = await setUp();
    const author = await person();
    const colleague = await person(['emitter'], author.owner_id);
    const curator = await person([...ROLES], author.owner_id);
    const stranger = await person([...ROLES]);
    await breadcrumbs.create(author, {
      title: 'zanzibar plan',
      tags: [],
      context: {},
      visibility: 'private',
    });
    await breadcrumbs.create(author, {
      title: 'zanzibar code',
      tags: [],
      context: {},
      sensitivity: 'secret',
    });
    await breadcrumbs.create(author, { title: 'zanzibar trip', tags: ['trip'], context: {} });
    await index();
    const count = async (who: typeof author) =>
      (await search.find(who, { ...find, q: 'zanzibar' })).hits.length;
    expect([
      await count(author),
      await count(colleague),
      await count(curator),
      await count(stranger),
    ]).toEqual([3, 1, 3, 0]);
    const tagged = await search.find(author, { ...find, q: 'zanzibar', all_tags: ['trip'] });
    expect(tagged.hits.map(({ title }) => title)).toEqual(['zanzibar trip']);
  });

  it('takes a vector in both forms, and refuses one of another length', async () => {
    const { search, person, store } = await setUp();
    const author = await person();
    const vector = Array.from({ length: 384 }, (_, index) => Math.sin(index));
    const expected = (await store.hasVectors()) ? 'vector' : 'unavailable';
    for (const qvec of [vector.join(','), JSON.stringify(vector)]) {
      const mode = await search.find(author, { ...find, qvec }).then(
        (answer) => answer.mode,
        (error: { code: string }) => error.code,
      );
      expect(mode).toBe(expected);
    }
    const fill = (each: string) => Array.from({ length: 384 }, () => each).join(',');
    const wrong = [
      '1,2,3',
      '[]',
      'a,b',
      `${vector.join(',')},NaN`,
      fill('1e39'),
      fill(''),
      fill('0'),
    ];
    for (const qvec of wrong) {
      await expect(search.find(author, { ...find, qvec })).rejects.toThrow('384 numbers');
    }
  });

  it('takes any text as a question', async () => {
    const { search, person } = await setUp();
    const author = await person();
    for (const q of ["'", '& | !', '(:*', '  ', '<->', '\\', 'a'.repeat(2_000), '日本語']) {
      expect((await search.find(author, { ...find, q })).hits).toEqual([]);
    }
  });
});
