import { describe, expect, it } from 'vitest';
import { breadcrumbSearch } from './breadcrumb-search.ts';
import { testingContext } from './testing-context.ts';
import { toolConformance } from './tool.conformance.ts';

function stocked() {
  const context = testingContext();
  for (let index = 0; index < 60; index++) {
    const tags = ['note', index % 2 ? 'odd' : 'even'];
    const schema_name = index % 3 ? null : 'note.v1';
    context.breadcrumbs.add({ title: `Note ${index}`, context: { index }, tags, schema_name });
  }
  return context;
}

toolConformance(breadcrumbSearch, {
  context: stocked,
  valid: [
    {},
    { query: 'Note 7' },
    { any_tags: ['odd', 'none'], all_tags: ['note'], schema_name: 'note.v1', limit: 50 },
    { query: '', any_tags: [], all_tags: [''], schema_name: '' },
    { query: null, any_tags: null, limit: null },
  ],
  invalid: [
    { input: { limit: 0 }, message: /input\.limit must be at least 1/ },
    { input: { limit: 51 }, message: /input\.limit must be at most 50/ },
    { input: { any_tags: 'note' }, message: /any_tags must be a list; the text "note" came/ },
    { input: { all_tags: ['ok', 5] }, message: /input\.all_tags\.1 must be text; 5 came/ },
    { input: { query: 'x'.repeat(501) }, message: /at most 500 characters/ },
    { input: { query: 'a\0' }, message: /NUL/ },
    { input: { text: 'x' }, message: /no field "text".*query, any_tags, all_tags, schema_name/ },
  ],
});

describe('the search', () => {
  it('answers ten of the newest when nothing is asked', async () => {
    const { breadcrumbs } = await breadcrumbSearch.execute({}, stocked());
    expect(breadcrumbs.map((each) => each.title)).toEqual(
      Array.from({ length: 10 }, (_, index) => `Note ${59 - index}`),
    );
    expect(Object.keys(breadcrumbs[0] ?? {})).toEqual([
      'id',
      'title',
      'schema_name',
      'tags',
      'version',
      'updated_at',
      'context',
    ]);
  });

  it('passes on every condition that was given, and no empty one', async () => {
    const context = stocked();
    await breadcrumbSearch.execute(
      {
        query: ' Note ',
        any_tags: ['odd', ''],
        all_tags: ['note'],
        schema_name: 'note.v1',
        limit: 3,
      },
      context,
    );
    await breadcrumbSearch.execute({ query: ' ', any_tags: [], all_tags: [''] }, context);
    expect(context.breadcrumbs.queries).toEqual([
      { text: 'Note', any_tags: ['odd'], all_tags: ['note'], schema_name: 'note.v1', limit: 3 },
      { limit: 10 },
    ]);
  });

  it('gives a context of 2,000 characters whole, and shortens a longer one and says so', async () => {
    const context = testingContext();
    const whole = { text: 'x'.repeat(2_000 - '{"text":""}'.length) };
    context.breadcrumbs.add({ title: 'whole', context: whole, tags: [] });
    context.breadcrumbs.add({ title: 'long', context: { text: 'x'.repeat(5_000) }, tags: [] });
    const { breadcrumbs } = await breadcrumbSearch.execute({}, context);
    expect(breadcrumbs[1]?.context).toEqual(whole);
    expect(breadcrumbs[0]?.context).toMatch(
      /^\{"text":"x+… \(shortened: the first 2000 of 5011 characters of JSON\)$/,
    );
  });

  it('never cuts a character in half', async () => {
    const context = testingContext();
    for (const start of ['', 'a']) {
      const text = start + '😀'.repeat(2_000);
      context.breadcrumbs.add({ title: 'emoji', context: { text }, tags: [] });
    }
    const { breadcrumbs } = await breadcrumbSearch.execute({}, context);
    expect(breadcrumbs.map((each) => (each.context as string).isWellFormed())).toEqual([
      true,
      true,
    ]);
  });
});
