import { describe, expect, it } from 'vitest';
import { AppError, newId } from '../base/index.ts';
import { body, eventsOf, openTestBreadcrumbs } from './testing.ts';

function reasonsOf(outcomes: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
}

describe('writes at the same time', () => {
  it('lets exactly one of 50 updates with the same expected version win', async () => {
    const { breadcrumbs, another, principal, db } = await openTestBreadcrumbs();
    const writer = await principal();
    const { full } = await breadcrumbs.create(writer, body());
    const stores = [breadcrumbs, another()];
    const attempts = Array.from({ length: 50 }, (_, n) =>
      (stores[n % 2] ?? breadcrumbs).update(writer, full.id, { context: { n } }, 1),
    );
    const outcomes = await Promise.allSettled(attempts);
    const won = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(won).toHaveLength(1);
    for (const reason of reasonsOf(outcomes))
      expect(reason).toMatchObject({ code: 'version_mismatch', extra: { current_version: 2 } });
    expect(await breadcrumbs.getFull(writer, full.id)).toMatchObject({
      version: 2,
      context: won[0]?.context,
    });
    expect(await eventsOf(db, full.id)).toHaveLength(2);
  });

  it('numbers 60 updates that expect nothing without a gap, each with one event and one history row', async () => {
    const { breadcrumbs, another, principal, db } = await openTestBreadcrumbs();
    const writer = await principal();
    const { full } = await breadcrumbs.create(writer, body());
    const other = another();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        (n % 2 ? other : breadcrumbs).update(writer, full.id, { context: { n } }),
      ),
    );
    const wanted = Array.from({ length: 61 }, (_, n) => n + 1);
    expect(answers.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(
      wanted.slice(1),
    );
    const history = await breadcrumbs.history(writer, full.id);
    expect(history.map(({ version }) => version)).toEqual(wanted.toReversed());
    for (const answer of answers)
      expect(history.find(({ version }) => version === answer.version)?.context).toEqual(
        answer.context,
      );
    const events = await eventsOf(db, full.id);
    expect(events.map(({ version }) => version)).toEqual(wanted);
    const times = history.map(({ updated_at }) => updated_at);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  it('keeps updates and deletes apart: what is deleted is not updated, and has one last event', async () => {
    const { breadcrumbs, another, principal, db } = await openTestBreadcrumbs();
    const writer = await principal();
    for (let round = 0; round < 10; round++) {
      const { full } = await breadcrumbs.create(writer, body());
      const outcomes = await Promise.allSettled([
        breadcrumbs.update(writer, full.id, { title: 'new' }),
        another().remove(writer, full.id),
        breadcrumbs.update(writer, full.id, { title: 'newer' }),
        another().remove(writer, full.id),
      ]);
      const events = await eventsOf(db, full.id);
      const kinds = events.map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'deleted')).toHaveLength(1);
      expect(kinds.at(-1)).toBe('deleted');
      const updated = [outcomes[0], outcomes[2]].filter((each) => each?.status === 'fulfilled');
      expect(kinds.filter((kind) => kind === 'updated')).toHaveLength(updated.length);
      for (const reason of reasonsOf(outcomes)) expect(reason).toMatchObject({ code: 'not_found' });
    }
  });
});

describe('a group of writes', () => {
  it('fails only the create whose agent does not exist', async () => {
    const { breadcrumbs, principal } = await openTestBreadcrumbs();
    const writer = await principal();
    const stranger = { ...writer, agent_id: newId() };
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        breadcrumbs.create(n === 7 ? stranger : writer, body({ context: n })),
      ),
    );
    const refused = outcomes.flatMap((each, n) => (each.status === 'rejected' ? [n] : []));
    expect(refused).toEqual([7]);
    const seventh = outcomes[7];
    expect(seventh?.status === 'rejected' && seventh.reason).toMatchObject({
      code: 'unauthenticated',
    });
    expect(await breadcrumbs.list(writer, { limit: 500 })).toHaveLength(19);
  });

  it('fails only the update whose agent does not exist', async () => {
    const { breadcrumbs, principal } = await openTestBreadcrumbs();
    const writer = await principal();
    const stranger = { ...writer, agent_id: newId() };
    const made = await Promise.all(
      Array.from({ length: 10 }, () => breadcrumbs.create(writer, body())),
    );
    const outcomes = await Promise.allSettled(
      made.map(({ full }, n) =>
        breadcrumbs.update(n === 3 ? stranger : writer, full.id, { title: 'changed' }),
      ),
    );
    const refused = outcomes.flatMap((each, n) => (each.status === 'rejected' ? [n] : []));
    expect(refused).toEqual([3]);
    const third = outcomes[3];
    expect(third?.status === 'rejected' && third.reason).toMatchObject({ code: 'unauthenticated' });
  });

  it('is not failed by a patch whose time to live is no date', async () => {
    const { breadcrumbs, principal } = await openTestBreadcrumbs();
    const writer = await principal();
    const made = await Promise.all(
      Array.from({ length: 5 }, () => breadcrumbs.create(writer, body())),
    );
    const outcomes = await Promise.allSettled(
      made.map(({ full }, n) =>
        breadcrumbs.update(writer, full.id, n === 2 ? { ttl: '2016-12-31T23:59:60Z' } : {}),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    const second = outcomes[2];
    expect(second?.status === 'rejected' && second.reason).toBeInstanceOf(AppError);
  });

  it('takes more than PostgreSQL takes in one jsonb value', async () => {
    const { breadcrumbs, principal } = await openTestBreadcrumbs();
    const writer = await principal();
    // Short numbers are small as text and large as jsonb: 9 MB here.
    const context = Array.from({ length: 150_000 }, (_, n) => n % 10);
    const made = await Promise.all(
      Array.from({ length: 30 }, () => breadcrumbs.create(writer, body({ context }))),
    );
    const [last] = await breadcrumbs.list(writer, { limit: 1 });
    expect(made.map(({ full }) => full.size_bytes)).toEqual(made.map(() => 300_001));
    expect(made.some(({ full }) => full.id === last?.id)).toBe(true);
  });
});
