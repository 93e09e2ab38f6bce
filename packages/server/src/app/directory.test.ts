import type { Role } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { startTestProgram, type TestProgram } from './testing.ts';

async function setUp() {
  const program = await startTestProgram();
  const owner_id = newId();
  const person = async (roles: Role[], owner = owner_id) => {
    const agent_id = newId();
    return { agent_id, token: await program.token({ owner_id: owner, agent_id, roles }) };
  };
  const curator = await person(['curator', 'emitter', 'subscriber']);
  const as =
    (token: string) =>
    (method: string, path: string, json?: unknown): ReturnType<TestProgram['request']> =>
      program.request(method, path, { token, json });
  return { program, owner_id, person, curator, as, ask: as(curator.token) };
}

async function countOf(program: TestProgram, table: string, owner_id: string): Promise<number> {
  const { rows } = await program.db.query<{ n: number }>({
    text: `select count(*)::int as n from ${table} where owner_id = $1`,
    values: [owner_id],
  });
  return rows[0]?.n ?? -1;
}

describe('the directory', () => {
  it('is closed to who has no token', async () => {
    const { program, owner_id } = await setUp();
    for (const [method, path, json] of [
      ['GET', '/tenants'],
      ['GET', `/tenants/${owner_id}`],
      ['PUT', `/tenants/${owner_id}`, { name: 'a' }],
      ['POST', `/tenants/${owner_id}`, { name: 'a' }],
      ['DELETE', `/tenants/${owner_id}`],
      ['GET', '/agents'],
      ['GET', `/agents/${newId()}`],
      ['POST', `/agents/${newId()}`, { roles: [] }],
      ['DELETE', `/agents/${newId()}`],
    ] as const) {
      const { status, body } = await program.request(method, path, { json });
      expect([method, path, status, body.code]).toEqual([method, path, 401, 'unauthenticated']);
    }
  });

  it('shows and names the own tenant, by POST and by PUT', async () => {
    const { owner_id, ask, person, as } = await setUp();
    for (const [method, name] of [
      ['POST', 'First'],
      ['PUT', 'Second'],
    ] as const) {
      expect((await ask(method, `/tenants/${owner_id.toUpperCase()}`, { name })).body).toEqual({
        ok: true,
      });
      const { body } = await ask('GET', `/tenants/${owner_id}`);
      expect(body).toEqual({ id: owner_id, name, created_at: expect.any(String) });
      expect((await ask('GET', '/tenants')).body).toEqual([body]);
    }
    expect((await ask('PUT', `/tenants/${owner_id}`, { name: '' })).status).toBe(400);
    const reader = as((await person(['subscriber'])).token);
    expect((await reader('GET', `/tenants/${owner_id}`)).body.name).toBe('Second');
    expect((await reader('GET', '/tenants')).status).toBe(403);
    expect((await reader('PUT', `/tenants/${owner_id}`, { name: 'mine' })).status).toBe(403);
    expect((await reader('DELETE', `/tenants/${owner_id}`)).status).toBe(403);
  });

  it('has no other tenants and none of their agents, also for curators', async () => {
    const { program, person, ask } = await setUp();
    const other = newId();
    const theirs = await person(['curator'], other);
    for (const id of [other, newId()]) {
      expect((await ask('GET', `/tenants/${id}`)).status).toBe(404);
      expect((await ask('PUT', `/tenants/${id}`, { name: 'mine' })).status).toBe(404);
      expect((await ask('POST', `/tenants/${id}`, { name: 'mine' })).status).toBe(404);
      expect((await ask('DELETE', `/tenants/${id}`)).status).toBe(404);
    }
    expect((await ask('GET', `/agents/${theirs.agent_id}`)).status).toBe(404);
    expect((await ask('DELETE', `/agents/${theirs.agent_id}`)).status).toBe(404);
    expect((await ask('GET', '/agents')).body).toHaveLength(1);
    const { rows } = await program.db.query({
      text: 'select t.name, a.roles from tenants t join agents a on a.owner_id = t.id where t.id = $1',
      values: [other],
    });
    expect(rows).toEqual([{ name: 'default', roles: ['curator'] }]);
  });

  it('deletes a tenant with all that is in it, and nothing of others', async () => {
    const { program, owner_id, ask, person, as, curator } = await setUp();
    const other = newId();
    const them = await person(['curator', 'emitter', 'subscriber'], other);
    const fill = async (token: string, agent_id: string) => {
      const request = as(token);
      const json = { title: 'a', tags: ['t'], context: { text: 'kept nowhere' } };
      const headers = { 'idempotency-key': 'k' };
      const made = await program.request('POST', '/breadcrumbs', { token, json, headers });
      await request('PATCH', `/breadcrumbs/${made.body.id}`, { title: 'b' });
      await request('POST', '/subscriptions/selectors', { any_tags: ['t'] });
      await request('POST', '/events/tickets');
      await request('POST', '/keys', { name: 'k' });
      const action = 'update';
      const grant = { breadcrumb_id: made.body.id, grantee_agent_id: agent_id, action };
      await request('POST', '/acl/grant', grant);
      await request('POST', '/secrets', { name: 's', scope_type: 'global', value: 'v' });
    };
    await fill(curator.token, curator.agent_id);
    await fill(them.token, them.agent_id);
    const tables = [
      'agents',
      'breadcrumbs',
      'selector_subscriptions',
      'stream_tickets',
      'api_keys',
      'acls',
      'secrets',
      'idempotency_keys',
      'events',
    ];
    for (const table of tables)
      expect([table, await countOf(program, table, owner_id)]).not.toEqual([table, 0]);
    expect((await ask('DELETE', `/tenants/${owner_id}`)).body).toEqual({ ok: true });
    for (const table of tables)
      expect([table, await countOf(program, table, owner_id)]).toEqual([table, 0]);
    for (const table of tables)
      expect([table, await countOf(program, table, other)]).not.toEqual([table, 0]);
    expect((await ask('DELETE', `/tenants/${owner_id}`)).status).toBe(404);
    // The token outlives the tenant, and finds nothing to act on.
    expect((await ask('GET', '/breadcrumbs')).body).toEqual([]);
    expect((await ask('POST', `/agents/${newId()}`, { roles: [] })).status).toBe(404);
  });

  it('keeps no text of a deleted tenant whose event is the last of the log', async () => {
    const { program, owner_id, ask } = await setUp();
    const json = { title: 'mine alone', tags: ['t'], context: { text: 'mine alone' } };
    await ask('POST', '/breadcrumbs', json);
    await ask('DELETE', `/tenants/${owner_id}`);
    const { rows } = await program.db.query<{ text: string }>({
      text: 'select events::text as text from events',
    });
    expect(rows.filter(({ text }) => text.includes('mine alone'))).toEqual([]);
  });
});

describe('the agents of a tenant', () => {
  it('are listed and read by every principal of it', async () => {
    const { person, as, curator } = await setUp();
    const reader = await person([]);
    const request = as(reader.token);
    const { body } = await request('GET', '/agents');
    expect(body.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      [curator.agent_id, reader.agent_id].toSorted(),
    );
    expect((await request('GET', `/agents/${curator.agent_id.toUpperCase()}`)).body).toEqual({
      id: curator.agent_id,
      roles: ['curator', 'emitter', 'subscriber'],
      created_at: expect.any(String),
    });
    expect((await request('GET', `/agents/${newId()}`)).status).toBe(404);
  });

  it('get from a curator only roles that it has itself', async () => {
    const { person, as, ask } = await setUp();
    const agent = await person(['subscriber']);
    const path = `/agents/${agent.agent_id}`;
    expect((await ask('POST', path, { roles: ['emitter'] })).body).toEqual({ ok: true });
    expect((await ask('GET', path)).body.roles).toEqual(['emitter']);
    const narrow = as((await person(['curator'])).token);
    expect((await narrow('POST', path, { roles: ['subscriber'] })).status).toBe(403);
    expect((await narrow('POST', path, { roles: ['curator'] })).status).toBe(200);
    expect((await ask('POST', path, { roles: ['owner'] })).status).toBe(400);
    const fresh = newId();
    expect((await ask('POST', `/agents/${fresh}`, { roles: ['emitter'] })).status).toBe(200);
    expect((await ask('GET', `/agents/${fresh}`)).body.roles).toEqual(['emitter']);
  });

  it('can give up roles of their own and take none, and cannot touch another', async () => {
    const { person, as, ask, curator } = await setUp();
    const agent = await person(['subscriber', 'emitter']);
    const own = `/agents/${agent.agent_id}`;
    const request = as(agent.token);
    expect((await request('POST', own, { roles: ['curator'] })).status).toBe(403);
    expect((await request('POST', own, { roles: ['subscriber', 'curator'] })).status).toBe(403);
    expect((await request('POST', own, { roles: ['subscriber'] })).status).toBe(200);
    expect((await ask('GET', own)).body.roles).toEqual(['subscriber']);
    // A token from before has the role still; it must not bring it back.
    expect((await request('POST', own, { roles: ['subscriber', 'emitter'] })).status).toBe(403);
    expect((await ask('GET', own)).body.roles).toEqual(['subscriber']);
    expect((await request('POST', `/agents/${curator.agent_id}`, { roles: [] })).status).toBe(403);
    expect((await request('POST', `/agents/${newId()}`, { roles: [] })).status).toBe(403);
  });

  it('are deleted by curators only, with their keys, selectors and tickets', async () => {
    const { program, owner_id, person, as, ask } = await setUp();
    const agent = await person(['subscriber', 'curator']);
    const request = as(agent.token);
    const { body: key } = await request('POST', '/keys', { name: 'k' });
    await request('POST', '/subscriptions/selectors', { any_tags: ['t'] });
    await request('POST', '/events/tickets');
    const json = { title: 'stays', tags: [], context: {} };
    const { body: record } = await request('POST', '/breadcrumbs', json);
    const stranger = as((await person(['subscriber', 'emitter'])).token);
    expect((await stranger('DELETE', `/agents/${agent.agent_id}`)).status).toBe(403);
    expect((await as(key.key)('GET', '/agents')).status).toBe(200);
    expect((await ask('DELETE', `/agents/${agent.agent_id}`)).body).toEqual({ ok: true });
    expect((await ask('DELETE', `/agents/${agent.agent_id}`)).status).toBe(404);
    expect((await as(key.key)('GET', '/agents')).status).toBe(401);
    expect(await countOf(program, 'selector_subscriptions', owner_id)).toBe(0);
    expect(await countOf(program, 'stream_tickets', owner_id)).toBe(0);
    expect((await ask('GET', `/breadcrumbs/${record.id}/full`)).body.created_by).toBeNull();
  });
});
