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
    await fc.assert(
      fc.asyncProperty(
        rows,
        filter,
        fc.integer({ min: 1, max: 7 }),
        async (given, query, limit) => {
          const reader = await principal();
          const made = await Promise.all(
            given.map(({ tags, schema_name, title }) =>
              breadcrumbs.create(reader, body({ tags, schema_name, title })),
            ),
          );
          for (const [n, { full }] of made.entries()) {
            await db.query({
              text: `update breadcrumbs set updated_at = '2026-01-01T00:00:00Z'::timestamptz + $2 * interval '1 millisecond' where id = $1`,
              values: [full.id, given[n]?.second],
            });
          }
          const wanted = made
            .map(({ full }, n) => ({ id: full.id, given: given[n] as (typeof given)[number] }))
            .filter((each) => fits(each.given, query))
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
        },
      ),
      { numRuns: 40 },
    );
  });
});

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
