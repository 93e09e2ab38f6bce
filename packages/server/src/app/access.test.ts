import { GRANT_ACTIONS, type GrantAction, type Role } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { startTestProgram, type TestProgram } from './testing.ts';

const SECRETS = [{ visibility: 'private' }, { sensitivity: 'secret' }] as const;

/** What each way to a record answers to a principal: the status. */
async function attempt(program: TestProgram, token: string, id: string) {
  const status = async (method: string, path: string, json?: unknown) =>
    (await program.request(method, `/breadcrumbs${path}`, { token, json })).status;
  const listed = async (path: string) => {
    const { body } = await program.request('GET', path, { token });
    return (body as { id: string }[]).some((row) => row.id === id);
  };
  const update = async () => {
    const json = { title: 'changed' };
    const answer = await program.request('PATCH', `/breadcrumbs/${id}`, { token, json });
    const tells = answer.status === 200 ? shown(answer.body) : null;
    return { updated: answer.status, tells };
  };
  return {
    read: await status('GET', `/${id}`),
    full: await status('GET', `/${id}/full`),
    history: await status('GET', `/${id}/history`),
    listed: await listed('/breadcrumbs?limit=500'),
    ...(await update()),
  };
}

/** How much of the record an answer tells. */
function shown(body: Record<string, unknown>): 'all' | 'context' | 'version' {
  if ('owner_id' in body) return 'all';
  if ('context' in body || 'title' in body || 'tags' in body) return 'context';
  expect(Object.keys(body).toSorted()).toEqual(['id', 'updated_at', 'version']);
  return 'version';
}

const NOTHING = { read: 404, full: 404, history: 404, listed: false, updated: 404, tells: null };
const EVERYTHING = { read: 200, full: 200, history: 200, listed: true, updated: 200, tells: 'all' };

async function setUp(program: TestProgram, guard: object) {
  const owner_id = newId();
  const person = async (roles: Role[], owner = owner_id) => {
    const agent_id = newId();
    return { agent_id, token: await program.token({ owner_id: owner, agent_id, roles }) };
  };
  const author = await person(['emitter']);
  const json = { title: 'plans', tags: [], context: { a: 1 }, ...guard };
  const { body } = await program.request('POST', '/breadcrumbs', { token: author.token, json });
  return { person, author, id: body.id as string };
}

describe('access to one record', () => {
  it.each(SECRETS)('with %j is for its author and curators, and not for others', async (guard) => {
    const program = await startTestProgram();
    const { person, author, id } = await setUp(program, guard);
    const colleague = await person(['emitter', 'subscriber']);
    const curator = await person(['curator']);
    const stranger = await person(['curator', 'emitter', 'subscriber'], newId());
    expect(await attempt(program, author.token, id)).toEqual(EVERYTHING);
    expect(await attempt(program, curator.token, id)).toEqual(EVERYTHING);
    expect(await attempt(program, colleague.token, id)).toEqual(NOTHING);
    expect(await attempt(program, stranger.token, id)).toEqual(NOTHING);
  });

  it.each(SECRETS)(
    'with %j follows grants, each for itself, until they are taken back',
    async (guard) => {
      const program = await startTestProgram();
      const { person, id } = await setUp(program, guard);
      const curator = await person(['curator']);
      const agent = await person(['emitter']);
      const change = (path: string, action: GrantAction) =>
        program.request('POST', path, {
          token: curator.token,
          json: { breadcrumb_id: id, grantee_agent_id: agent.agent_id, action },
        });
      const allowed: Record<string, object> = {
        read_context: { ...NOTHING, read: 200, listed: true, updated: 403 },
        read_full: { ...NOTHING, full: 200, history: 200, updated: 403 },
        update: { ...NOTHING, updated: 200, tells: 'version' },
        delete: { ...NOTHING, updated: 403 },
        subscribe: { ...NOTHING, updated: 403 },
      };
      for (const action of GRANT_ACTIONS) {
        expect((await change('/acl/grant', action)).status).toBe(200);
        expect(await attempt(program, agent.token, id), action).toEqual(allowed[action]);
        expect((await change('/acl/revoke', action)).body).toEqual({ rows: 1 });
        expect(await attempt(program, agent.token, id), `${action} taken back`).toEqual(NOTHING);
      }
      await change('/acl/grant', 'delete');
      const gone = await program.request('DELETE', `/breadcrumbs/${id}`, { token: agent.token });
      expect(gone.status).toBe(200);
    },
  );

  it.each([
    ['read_context', 'context'],
    ['read_full', 'all'],
  ] as const)('with update and %s tells who changes it %s', async (also, tells) => {
    const program = await startTestProgram();
    const { person, id } = await setUp(program, { sensitivity: 'secret' });
    const curator = await person(['curator']);
    const agent = await person(['emitter']);
    for (const action of ['update', also])
      await program.request('POST', '/acl/grant', {
        token: curator.token,
        json: { breadcrumb_id: id, grantee_agent_id: agent.agent_id, action },
      });
    expect(await attempt(program, agent.token, id)).toMatchObject({ updated: 200, tells });
  });

  it.each([...SECRETS, { visibility: 'team' }, { sensitivity: 'pii' }])(
    'with %j has its visibility and sensitivity changed by its author and curators only',
    async (guard) => {
      const program = await startTestProgram();
      const { person, author, id } = await setUp(program, guard);
      const curator = await person(['curator']);
      const agent = await person(['emitter']);
      const json = { breadcrumb_id: id, grantee_agent_id: agent.agent_id, action: 'update' };
      await program.request('POST', '/acl/grant', { token: curator.token, json });
      const change = async ({ token }: { token: string }, patch: object) =>
        program.request('PATCH', `/breadcrumbs/${id}`, { token, json: patch });
      const now = { visibility: 'team', sensitivity: 'low', ...guard };
      for (const other of [
        { visibility: now.visibility === 'private' ? 'team' : 'private' },
        { sensitivity: now.sensitivity === 'secret' ? 'low' : 'secret' },
        { visibility: 'public' },
      ]) {
        const refused = await change(agent, other);
        expect([other, refused.status]).toEqual([other, 403]);
        expect(refused.body.detail).toContain('only its author and curators');
      }
      expect((await change(agent, { ...now, title: 'as it was' })).status).toBe(200);
      expect((await change(author, { visibility: 'private' })).status).toBe(200);
      expect((await change(curator, { visibility: 'team', sensitivity: 'pii' })).status).toBe(200);
    },
  );

  it('is for curators to give, within their tenant', async () => {
    const program = await startTestProgram();
    const { person, author, id } = await setUp(program, { visibility: 'private' });
    const stranger = await person(['curator'], newId());
    const json = { breadcrumb_id: id, grantee_agent_id: author.agent_id, action: 'update' };
    const byEmitter = await program.request('POST', '/acl/grant', { token: author.token, json });
    const byStranger = await program.request('POST', '/acl/grant', { token: stranger.token, json });
    expect([byEmitter.status, byStranger.status]).toEqual([403, 404]);
  });

  it('keeps a former secret from those who may read the record today', async () => {
    const program = await startTestProgram();
    const { person, author, id } = await setUp(program, { sensitivity: 'secret' });
    const colleague = await person(['emitter']);
    const json = { sensitivity: 'low', context: { a: 'harmless' } };
    await program.request('PATCH', `/breadcrumbs/${id}`, { token: author.token, json });
    const history = async (token: string) =>
      (await program.request('GET', `/breadcrumbs/${id}/history`, { token })).body as unknown[];
    expect(await history(author.token)).toHaveLength(2);
    expect(JSON.stringify(await history(colleague.token))).not.toContain('"a":1');
  });
});
