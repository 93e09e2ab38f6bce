import { describe, expect, it } from 'vitest';
import { body, eventsOf, openTestBreadcrumbs } from './testing.ts';

describe('a create with an idempotency key', () => {
  it('makes one record when it is sent 20 times at once, and answers the same to all', async () => {
    const { breadcrumbs, another, principal, db } = await openTestBreadcrumbs();
    const writer = await principal();
    const stores = [breadcrumbs, another(), another()];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (stores[n % 3] ?? breadcrumbs).create(writer, body({ context: { b: 1, a: [null] } }), 'k'),
      ),
    );
    const first = answers.find(({ is_replay }) => !is_replay);
    expect(answers.filter(({ is_replay }) => is_replay)).toHaveLength(19);
    for (const { full } of answers) expect(full).toEqual(first?.full);
    expect(await breadcrumbs.list(writer, { limit: 10 })).toHaveLength(1);
    expect(await eventsOf(db, first?.full.id ?? '')).toHaveLength(1);
  });

  it('answers as the first request did even after the record has changed', async () => {
    const { breadcrumbs, principal } = await openTestBreadcrumbs();
    const writer = await principal();
    const request = body({ description: 'first', ttl: '2100-01-01T00:00:00Z', sensitivity: 'pii' });
    const { full } = await breadcrumbs.create(writer, request, 'k');
    const patch = { description: null, context: { other: 'content' }, tags: ['t'], ttl: null };
    await breadcrumbs.update(writer, full.id, { ...patch, sensitivity: 'low', title: 'renamed' });
    expect(await breadcrumbs.create(writer, request, 'k')).toEqual({ full, is_replay: true });
  });

  it('knows the same request whatever the order of its keys', async () => {
    const { breadcrumbs, principal } = await openTestBreadcrumbs();
    const writer = await principal();
    const { full } = await breadcrumbs.create(writer, body({ context: { a: 1, b: 2 } }), 'k');
    const again = await breadcrumbs.create(writer, body({ context: { b: 2, a: 1 } }), 'k');
    expect(again).toMatchObject({ is_replay: true, full: { id: full.id } });
  });

  it.each([
    ['another context', { context: { n: 2 } }],
    ['another title', { title: 'Another' }],
    ['one tag more', { tags: ['more'] }],
    ['another time to live', { ttl: '2100-01-01T00:00:00Z' }],
  ])('refuses the key for %s', async (_, change) => {
    const { breadcrumbs, principal } = await openTestBreadcrumbs();
    const writer = await principal();
    await breadcrumbs.create(writer, body(), 'k');
    await expect(breadcrumbs.create(writer, body(change), 'k')).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
  });

  it('keeps the keys of two agents apart', async () => {
    const { breadcrumbs, principal } = await openTestBreadcrumbs();
    const one = await principal();
    const two = await principal({ owner_id: one.owner_id });
    const elsewhere = await principal();
    const made = [];
    for (const each of [one, two, elsewhere]) {
      const { full, is_replay } = await breadcrumbs.create(each, body(), 'k');
      expect(is_replay).toBe(false);
      made.push(full.id);
    }
    expect(new Set(made).size).toBe(3);
  });

  it('says conflict when what it made is deleted or has expired', async () => {
    const { breadcrumbs, principal } = await openTestBreadcrumbs();
    const writer = await principal();
    const { full } = await breadcrumbs.create(writer, body(), 'deleted');
    await breadcrumbs.remove(writer, full.id);
    const old = body({ ttl: '2001-01-01T00:00:00Z' });
    await breadcrumbs.create(writer, old, 'expired');
    await expect(breadcrumbs.create(writer, body(), 'deleted')).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(breadcrumbs.create(writer, old, 'expired')).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('lets groups of two processes share many keys in any order', async () => {
    const { breadcrumbs, another, principal, db } = await openTestBreadcrumbs();
    const writer = await principal();
    const other = another();
    for (let round = 0; round < 5; round++) {
      const keys = Array.from({ length: 64 }, (_, n) => `key ${round}.${n}`);
      const outcomes = await Promise.allSettled([
        ...keys.map((key) => breadcrumbs.create(writer, body(), key)),
        ...keys.toReversed().map((key) => other.create(writer, body(), key)),
      ]);
      expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
    }
    const { rows } = await db.query({ text: 'select id from breadcrumbs' });
    expect(rows).toHaveLength(320);
  });
});
