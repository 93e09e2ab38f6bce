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

describe('reads that share a round trip', () => {
  const roles = ['emitter'] as const;

  it('answer as each would alone, whatever the record holds', async () => {
    const { breadcrumbs, principal } = await openTestBreadcrumbs();
    const reader = await principal({ roles });
    const bodies = [
      body(),
      body({ context: null, tags: ['a', 'b'], description: 'said "so"', semantic_version: '1.2' }),
      body({ context: { 'ключ "1"': ['é\u{1f600}\n', -0.5, 1e300, 5e-324, true, {}, []] } }),
      body({ context: 'x'.repeat(20_000) }),
      body({ context: { keep: 1, drop: 2 }, llm_hints: { exclude: ['$.drop'] } }),
      body({ schema_name: 'x.v1', ttl: '2999-01-01T00:00:00Z' }),
    ];
    const made = await Promise.all(bodies.map((each) => breadcrumbs.create(reader, each)));
    const answers = await Promise.all(
      made.map(({ full }) => breadcrumbs.viewJson(reader, full.id)),
    );
    for (const [n, { json, version }] of answers.entries()) {
      const id = made[n]?.full.id ?? '';
      expect(JSON.parse(json)).toEqual(await breadcrumbs.view(reader, id, false));
      expect(version).toBe(1);
    }
    expect(JSON.parse(answers[4]?.json ?? '')).toMatchObject({ context: { keep: 1 } });
  });

  it('let each reader see what it may, and nothing else', async () => {
    const { breadcrumbs, principal, db } = await openTestBreadcrumbs();
    const author = await principal({ roles });
    const { owner_id } = author;
    const [mate, friend, curator] = await Promise.all([
      principal({ roles, owner_id }),
      principal({ roles, owner_id }),
      principal({ roles: ['curator'], owner_id }),
    ]);
    const stranger = await principal();
    const make = async (given: Parameters<typeof body>[0]) =>
      (await breadcrumbs.create(author, body(given))).full.id;
    const ids = {
      team: await make({}),
      private: await make({ visibility: 'private' }),
      secret: await make({ sensitivity: 'secret' }),
      expired: await make({ ttl: '2001-01-01T00:00:00Z' }),
    };
    await db.query({
      text: `insert into acls (id, owner_id, breadcrumb_id, grantee_agent_id, actions)
        values ($1, $2, $3, $4, '{read_context}'), ($5, $2, $6, $4, '{update}')`,
      values: [newId(), owner_id, ids.private, friend.agent_id, newId(), ids.secret],
    });
    const readers = { author, mate, friend, curator, stranger };
    const reads = Object.entries(readers).flatMap(([name, reader]) =>
      Object.entries(ids).map(async ([what, id]) => {
        const [many, alone] = await Promise.allSettled([
          breadcrumbs.viewJson(reader, id),
          breadcrumbs.view(reader, id, false),
        ]);
        expect(many.status).toBe(alone.status);
        return many.status === 'fulfilled' ? [`${name} ${what}`] : [];
      }),
    );
    expect((await Promise.all(reads)).flat()).toEqual([
      'author team',
      'author private',
      'author secret',
      'mate team',
      'friend team',
      'friend private',
      'curator team',
      'curator private',
      'curator secret',
    ]);
  });

  it('see what another process committed before they came', async () => {
    const { breadcrumbs, another, principal } = await openTestBreadcrumbs();
    const reader = await principal({ roles });
    const { full } = await breadcrumbs.create(reader, body());
    const other = another();
    for (let version = 2; version <= 20; version++) {
      // One that is under way already, and may see either version.
      const before = breadcrumbs.viewJson(reader, full.id);
      await other.update(reader, full.id, { context: { version } });
      const after = await breadcrumbs.viewJson(reader, full.id);
      expect(after.version).toBe(version);
      expect([version - 1, version]).toContain((await before).version);
    }
  });
});
