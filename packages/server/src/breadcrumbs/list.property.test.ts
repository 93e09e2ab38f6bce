import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListQuery } from './contract.ts';
import { body, openTestBreadcrumbs } from './testing.ts';

const TAGS = ['a', 'b', 'c'] as const;
const row = fc.record({
  tags: fc.uniqueArray(fc.constantFrom(...TAGS)),
  schema_name: fc.constantFrom(null, 'x.v1', 'y.v1'),
  title: fc.constantFrom('red fox', 'RED 100%_done', String.raw`back\slash`),
  /** Few different times, so that many rows share one. */
  second: fc.nat({ max: 2 }),
  /** What became of it, so that the table that lists walk has been through all kinds of changes. */
  fate: fc.constantFrom('kept', 'kept', 'retagged', 'deleted', 'expired', 'hidden'),
});
const filter = fc.record(
  {
    any_tags: fc.uniqueArray(fc.constantFrom(...TAGS, 'none')),
    all_tags: fc.uniqueArray(fc.constantFrom(...TAGS, 'none')),
    schema_name: fc.constantFrom('x.v1', 'y.v1', 'z.v1'),
    text: fc.constantFrom('red', '100%', '_', '%', String.raw`\s`),
  },
  { requiredKeys: [] },
);

describe('a list', () => {
  it('goes through all rows that fit, once each and newest first, over any number of equal times', async () => {
    const { breadcrumbs, db, principal } = await openTestBreadcrumbs();
    const rows = fc.array(row, { minLength: 1, maxLength: 25 });
    const roles = ['emitter', 'subscriber'] as const;
    await fc.assert(
      fc.asyncProperty(
        rows,
        filter,
        fc.integer({ min: 1, max: 7 }),
        async (given, query, limit) => {
          const reader = await principal({ roles });
          const other = await principal({ roles, owner_id: reader.owner_id });
          const made = await Promise.all(
            given.map(async ({ tags, schema_name, title, fate }) => {
              const author = fate === 'hidden' ? other : reader;
              const visibility = fate === 'hidden' ? 'private' : 'team';
              const first = fate === 'retagged' ? ['b', 'former'] : tags;
              const wanted = body({ tags: first, schema_name, title, visibility });
              const { full } = await breadcrumbs.create(author, wanted);
              if (fate === 'retagged') await breadcrumbs.update(author, full.id, { tags });
              if (fate === 'deleted') await breadcrumbs.remove(author, full.id);
              return full;
            }),
          );
          for (const [n, { id }] of made.entries()) {
            await db.query({
              text: `update breadcrumbs set ttl = case when $3 then now() end,
                updated_at = '2026-01-01T00:00:00Z'::timestamptz + $2 * interval '1 millisecond' where id = $1`,
              values: [id, given[n]?.second, given[n]?.fate === 'expired'],
            });
          }
          const wanted = made
            .map(({ id }, n) => ({ id, given: given[n] as (typeof given)[number] }))
            .filter((each) => isListed(each.given) && fits(each.given, query))
            .toSorted((a, b) => b.given.second - a.given.second || (a.id < b.id ? 1 : -1))
            .map(({ id }) => id);
          const found: string[] = [];
          let before: ListQuery['before'];
          for (;;) {
            const page = await breadcrumbs.list(reader, { ...query, limit, before });
            found.push(...page.map(({ id }) => id));
            const last = page.at(-1);
            if (!last || page.length < limit) break;
            before = { updated_at: last.updated_at, id: last.id };
          }
          expect(found).toEqual(wanted);
          const contexts = await breadcrumbs.listWithContext(reader, { ...query, limit: 500 });
          expect(contexts.map(({ id }) => id)).toEqual(wanted);
          const part = { ...query, limit, offset: limit };
          const expected = wanted.slice(limit, 2 * limit);
          expect((await breadcrumbs.list(reader, part)).map(({ id }) => id)).toEqual(expected);
          const long = await breadcrumbs.listWithContext(reader, part);
          expect(long.map(({ id }) => id)).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });
});

const isListed = ({ fate }: Given) => fate === 'kept' || fate === 'retagged';

type Given = typeof row extends fc.Arbitrary<infer T> ? T : never;

function fits(
  { tags, schema_name, title }: Given,
  query: { any_tags?: string[]; all_tags?: string[]; schema_name?: string; text?: string },
): boolean {
  const has = (tag: string) => (tags as readonly string[]).includes(tag);
  if (query.any_tags && !query.any_tags.some(has)) return false;
  if (query.all_tags && !query.all_tags.every(has)) return false;
  if (query.schema_name && schema_name !== query.schema_name) return false;
  return !query.text || `${title} {"n": 1}`.toLowerCase().includes(query.text.toLowerCase());
}

describe('the table that lists by tag are read from', () => {
  it('has each tag of each record once, also of records that were changed, moved or deleted by other hands', async () => {
    const { breadcrumbs, db, principal } = await openTestBreadcrumbs();
    const writer = await principal();
    const made = await Promise.all(
      ['kept', 'changed', 'deleted', 'doubled'].map(async (title) => {
        const { full } = await breadcrumbs.create(writer, body({ title, tags: ['a', title] }));
        return full.id;
      }),
    );
    const [, changed, deleted, doubled] = made;
    await breadcrumbs.update(writer, changed ?? '', { tags: ['a', 'b'] });
    await breadcrumbs.update(writer, changed ?? '', { title: 'again' });
    await db.query({ text: 'delete from breadcrumbs where id = $1', values: [deleted] });
    await db.query({
      text: `update breadcrumbs set tags = '{a,a,c}', updated_at = updated_at - interval '1 day' where id = $1`,
      values: [doubled],
    });
    const columns = 'owner_id, tag, updated_at, breadcrumb_id';
    const { rows: listed } = await db.query({
      text: `select ${columns} from breadcrumb_tags where owner_id = $1 order by tag, breadcrumb_id`,
      values: [writer.owner_id],
    });
    const { rows: stored } = await db.query({
      text: `select distinct owner_id, tag, updated_at, id as breadcrumb_id from breadcrumbs, unnest(tags) tag
        where owner_id = $1 order by tag, breadcrumb_id`,
      values: [writer.owner_id],
    });
    expect(stored).toHaveLength(6);
    expect(listed).toEqual(stored);
  });
});

describe('a page with contexts', () => {
  it('ends early when the contexts are large, and says where the next one goes on', async () => {
    const { breadcrumbs, principal } = await openTestBreadcrumbs();
    const reader = await principal();
    const context = 'x'.repeat(1_000_000);
    const made = await Promise.all(
      Array.from({ length: 20 }, () => breadcrumbs.create(reader, body({ context }))),
    );
    const found: string[] = [];
    const sizes: number[] = [];
    let before: ListQuery['before'];
    for (;;) {
      const { rows, next } = await breadcrumbs.page(reader, { limit: 500, before }, true);
      sizes.push(rows.length);
      found.push(...rows.map(({ id }) => id));
      if (!next) break;
      before = next;
    }
    expect(sizes).toEqual([17, 3]);
    expect(found.toSorted()).toEqual(made.map(({ full }) => full.id).toSorted());
  });
});
