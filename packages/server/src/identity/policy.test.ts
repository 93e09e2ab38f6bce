import { GRANT_ACTIONS, ROLES, SENSITIVITIES, VISIBILITIES, type Role } from '@cairn/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError, newId } from '../base/index.ts';
import { sql, type Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { authorize, can, readable, type Protected } from './policy.ts';
import { IdentityStore } from './store.ts';

/** Grants for reading, and the actions that they allow. */
const GRANTED = [
  ['read_context', 'breadcrumb.read'],
  ['read_full', 'breadcrumb.read_full'],
] as const;

const OWNERS = [newId(), newId()] as const;
const AGENTS = [newId(), newId(), newId()] as const;
const asker = fc.record({
  agent_id: fc.constantFrom(...AGENTS),
  roles: fc.subarray([...ROLES]),
});
const principal = fc.record({
  owner_id: fc.constantFrom(...OWNERS),
  agent_id: fc.constantFrom(...AGENTS),
  roles: fc.subarray([...ROLES]),
  asked_by: fc.option(asker),
});
const record = fc.record({
  owner_id: fc.constantFrom(...OWNERS),
  visibility: fc.constantFrom(...VISIBILITIES),
  sensitivity: fc.constantFrom(...SENSITIVITIES),
  created_by: fc.constantFrom(...AGENTS, null),
});

const grants = fc.dictionary(
  fc.constantFrom(...AGENTS),
  fc.subarray([...GRANT_ACTIONS], { minLength: 1 }),
);

/** Fills the real tables with records and what is granted on them. */
async function fill(db: Database, records: readonly object[]): Promise<void> {
  await db.exec('delete from acls; delete from breadcrumbs;');
  await db.query({
    text: `with input as (
        select * from jsonb_to_recordset($1::jsonb) as x(id uuid, owner_id uuid, n text, visibility text,
          sensitivity text, created_by uuid, grants jsonb)
      ), made as (
        insert into breadcrumbs (id, owner_id, title, context, tags, checksum, size_bytes, visibility, sensitivity, created_by)
        select id, owner_id, n, '{}', '{}', '', 2, visibility, sensitivity, created_by from input
      )
      select 1`,
    values: [JSON.stringify(records)],
  });
  await db.query({
    text: `insert into acls (id, owner_id, breadcrumb_id, grantee_agent_id, actions)
      select gen_random_uuid(), x.owner_id, x.id, g.key::uuid, array(select jsonb_array_elements_text(g.value))
      from jsonb_to_recordset($1::jsonb) as x(id uuid, owner_id uuid, grants jsonb), jsonb_each(x.grants) g`,
    values: [JSON.stringify(records)],
  });
}

describe('the SQL of the policy', () => {
  it('selects exactly the rows that can() allows to read', async () => {
    const db = await openTestDatabase();
    const identity = new IdentityStore(db);
    for (const owner_id of OWNERS)
      for (const agent_id of AGENTS) await identity.ensureAgent({ owner_id, agent_id, roles: [] });
    const granted = fc.tuple(record, grants).map(([row, given]) => ({ ...row, grants: given }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(principal, { minLength: 1, maxLength: 4 }),
        fc.array(granted, { maxLength: 40 }),
        async (principals, records) => {
          await fill(
            db,
            records.map((each, n) => ({ ...each, n: String(n), id: newId() })),
          );
          for (const each of principals) {
            for (const [grant, action] of GRANTED) {
              const { rows } = await db.query<{ n: number }>(
                sql`select title::integer as n from breadcrumbs where ${readable(each, grant)} order by n`,
              );
              const allowed = records.flatMap((row, n) => {
                const granted = row.grants[each.agent_id] ?? null;
                const asker_granted = row.grants[each.asked_by?.agent_id ?? ''] ?? null;
                return can(each, action, { ...row, granted, asker_granted }) ? [n] : [];
              });
              expect(rows.map(({ n }) => n)).toEqual(allowed);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('can()', () => {
  const owner_id = OWNERS[0];
  const of = (...roles: Role[]) => ({ owner_id, agent_id: AGENTS[0], roles });
  const row = (given: Partial<Protected> = {}): Protected => ({
    owner_id,
    visibility: 'team',
    sensitivity: 'low',
    created_by: AGENTS[1],
    ...given,
  });

  it('never crosses a tenant, whatever the roles and the action', () => {
    const actions = [
      'breadcrumb.read',
      'breadcrumb.update',
      'breadcrumb.delete',
      'breadcrumb.create',
      'event.read',
      'key.manage',
      'system.read',
    ] as const;
    fc.assert(
      fc.property(principal, record, fc.constantFrom(...actions), (who, what, action) => {
        fc.pre(who.owner_id !== what.owner_id);
        expect(can(who, action, what)).toBe(false);
      }),
    );
  });

  it('never allows to change what may not be read, unless that was granted', () => {
    const actions = ['breadcrumb.update', 'breadcrumb.delete'] as const;
    fc.assert(
      fc.property(principal, record, fc.constantFrom(...actions), (who, what, action) => {
        fc.pre(can(who, action, what));
        expect(can(who, 'breadcrumb.read', what)).toBe(true);
      }),
    );
  });

  it.each([
    ['breadcrumb.create', ['emitter', 'curator']],
    ['breadcrumb.update', ['emitter', 'curator']],
    ['breadcrumb.delete', ['emitter', 'curator']],
    ['breadcrumb.read', ['emitter', 'curator', 'subscriber']],
    ['event.read', ['emitter', 'curator', 'subscriber']],
    ['key.manage', ['curator']],
  ] as const)('%s is for %j', (action, allowed: readonly Role[]) => {
    for (const role of ROLES) expect(can(of(role), action)).toBe(allowed.includes(role));
  });

  it.each([{ visibility: 'private' }, { sensitivity: 'secret' }])(
    'shows %j to its author and to curators only',
    (guard) => {
      expect(can(of('emitter', 'subscriber'), 'breadcrumb.read', row(guard))).toBe(false);
      expect(can(of('curator'), 'breadcrumb.read', row(guard))).toBe(true);
      expect(can(of('emitter'), 'breadcrumb.read', row({ ...guard, created_by: AGENTS[0] }))).toBe(
        true,
      );
      expect(can(of('emitter'), 'breadcrumb.read', row({ ...guard, created_by: null }))).toBe(
        false,
      );
    },
  );
});

describe('can() for somebody else', () => {
  const actions = [
    ...GRANTED.map(([, action]) => action),
    'event.read',
    'breadcrumb.update',
  ] as const;
  const rights = fc.record({
    granted: fc.subarray([...GRANT_ACTIONS]),
    asker_granted: fc.subarray([...GRANT_ACTIONS]),
  });

  it('never allows what it does not allow without', () => {
    fc.assert(
      fc.property(
        principal,
        record,
        rights,
        fc.constantFrom(...actions),
        (who, what, given, action) => {
          const row = { ...what, ...given };
          fc.pre(can(who, action, row));
          expect(can({ ...who, asked_by: null }, action, row)).toBe(true);
        },
      ),
    );
  });

  it('shows no more than that one may see', () => {
    const reads = ['breadcrumb.read', 'breadcrumb.read_full', 'event.read'] as const;
    fc.assert(
      fc.property(
        principal,
        record,
        rights,
        fc.constantFrom(...reads),
        (who, what, given, action) => {
          const { owner_id, asked_by } = who;
          fc.pre(asked_by !== null && can(who, action, { ...what, ...given }));
          const row = { ...what, granted: given.asker_granted };
          expect(can({ owner_id, ...asked_by }, action, row)).toBe(true);
        },
      ),
    );
  });
});

describe('authorize()', () => {
  it('says which role is needed', () => {
    const subscriber = { owner_id: OWNERS[0], agent_id: AGENTS[0], roles: ['subscriber'] as const };
    let thrown: unknown;
    try {
      authorize(subscriber, 'breadcrumb.create');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AppError);
    expect(thrown).toMatchObject({
      code: 'forbidden',
      message: 'breadcrumb.create needs the role emitter or curator; this principal has subscriber',
    });
  });

  it.each(['nonsense', 'toString', '__proto__', 'constructor', ''])(
    'does not know the action "%s"',
    (action) => {
      const curator = { owner_id: OWNERS[0], agent_id: AGENTS[0], roles: [...ROLES] };
      expect(() => authorize(curator, action)).toThrow('is not an action of the policy');
    },
  );
});
