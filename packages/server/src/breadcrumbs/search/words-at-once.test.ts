import { describe, expect, it } from 'vitest';
import { body, openTestBreadcrumbs } from '../testing.ts';
import { SearchStore } from './search-store.ts';

describe('the words of a new record', () => {
  it('are stored with it where the database has no vectors, and left to the indexer where it has', async () => {
    const { breadcrumbs, db, principal } = await openTestBreadcrumbs();
    const writer = await principal();
    const store = new SearchStore(db);
    const { full } = await breadcrumbs.create(writer, body({ title: "Fox's den", tags: ['a\\b'] }));
    const report = body({ title: 'fox', schema_name: 'system.hygiene.v1' });
    const unsearched = await breadcrumbs.create(writer, report);
    const { rows } = await db.query<{ id: string; found: boolean | null }>({
      text: `select id, document @@ 'fox'::tsquery as found from breadcrumbs order by created_at, id`,
    });
    const has_vectors = await store.hasVectors();
    expect(rows).toEqual([
      { id: full.id, found: has_vectors ? null : true },
      { id: unsearched.full.id, found: null },
    ]);
    expect(await store.read([full.id])).toHaveLength(has_vectors ? 1 : 0);
  });

  it('are stored anew after an update', async () => {
    const { breadcrumbs, db, principal } = await openTestBreadcrumbs();
    const writer = await principal();
    const store = new SearchStore(db);
    const { full } = await breadcrumbs.create(writer, body({ title: 'fox' }));
    await breadcrumbs.update(writer, full.id, { title: 'badger' });
    expect((await store.read([full.id])).map(({ title }) => title)).toEqual(['badger']);
  });
});
