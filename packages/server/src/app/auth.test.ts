import { ROLES, WELL_KNOWN } from '@cairn/protocol';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newId } from '../base/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { startTestProgram, type TestProgram } from './testing.ts';

const CREATE = { title: 'A record', context: {}, tags: [] };

async function startStrict(
  given: { db?: Awaited<ReturnType<typeof openTestDatabase>>; data_dir?: string } = {},
) {
  const data_dir = given.data_dir ?? (await newFolder());
  const environment = { AUTH_MODE: 'strict', CAIRN_DATA_DIR: data_dir };
  const program = await startTestProgram({ environment, ...(given.db ? { db: given.db } : {}) });
  const admin_key_file = join(data_dir, 'admin.key');
  const admin_key = (await readFile(admin_key_file, 'utf8')).trim();
  return { program, admin_key, admin_key_file, data_dir };
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-auth-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const getToken = (program: TestProgram, json?: unknown, token?: string) =>
  program.request('POST', '/auth/token', {
    ...(json === undefined ? {} : { json }),
    ...(token === undefined ? {} : { token }),
  });

describe('POST /auth/token in dev mode', () => {
  it('gives the person at the keyboard a token for {}, and for no body at all', async () => {
    const program = await startTestProgram();
    for (const json of [{}, undefined]) {
      const { status, body } = await getToken(program, json);
      expect(status).toBe(200);
      expect(body).toEqual({
        token: expect.any(String),
        owner_id: WELL_KNOWN.owner_id,
        agent_id: WELL_KNOWN.person,
        roles: [...ROLES],
        exp: expect.any(Number),
      });
    }
  });

  it('takes what clients of the original send: ids in any case, which come back as sent, and no roles', async () => {
    const program = await startTestProgram();
    const owner_id = '00000000-0000-0000-0000-000000000001';
    const agent_id = '00000000-0000-0000-0000-000000000DDD';
    const { status, body } = await getToken(program, { owner_id, agent_id, something: 'else' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ owner_id, agent_id, roles: [...ROLES] });
    expect(decodeJwt(body.token)).toMatchObject({ owner_id, sub: agent_id.toLowerCase() });
    const made = await program.request('POST', '/breadcrumbs', { token: body.token, json: CREATE });
    expect(made.body).toMatchObject({ created_by: agent_id.toLowerCase() });
  });

  it('gives a key its own agent and roles, and a wrong one nothing', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    const agent_id = newId();
    const json = { name: 'k', agent_id, roles: ['emitter'] };
    const { body: made } = await program.request('POST', '/keys', { token, json });
    const { key } = made as { key: string };
    for (const answer of [
      await getToken(program, {}, key),
      await getToken(program, undefined, key),
      await getToken(program, { api_key: key }),
    ]) {
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ agent_id, roles: ['emitter'] });
    }
    const wrong = `${key.slice(0, -4)}AAAA`;
    for (const answer of [
      await getToken(program, {}, 'bad'),
      await getToken(program, {}, wrong),
      await getToken(program, { api_key: 'bad' }),
    ])
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
    const more = await getToken(program, { roles: ['curator'] }, key);
    expect(more.status).toBe(403);
  });

  it('does not take an old token for a key', async () => {
    const program = await startTestProgram();
    const { status, body } = await getToken(program, {}, `${await program.token()}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ agent_id: WELL_KNOWN.person });
  });

  it('gives tokens that the published key set verifies', async () => {
    const program = await startTestProgram();
    const { body } = await getToken(program, { roles: ['emitter'], ttl_sec: 60 });
    const jwks = await program.request('GET', '/.well-known/jwks.json');
    const { payload } = await jwtVerify(body.token, createLocalJWKSet(jwks.body), {
      algorithms: ['RS256'],
    });
    expect(payload).toMatchObject({
      sub: body.agent_id,
      owner_id: body.owner_id,
      roles: ['emitter'],
    });
    expect(payload.exp).toBe(body.exp);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    expect(JSON.stringify(jwks.body)).not.toMatch(/"(d|p|q|dp|dq|qi)":/);
  });

  it('refuses a body that does not fit, and names the field', async () => {
    const program = await startTestProgram();
    for (const [json, path] of [
      [{ owner_id: 'x' }, 'owner_id'],
      [{ agent_id: 7 }, 'agent_id'],
      [{ roles: ['root'] }, 'roles.0'],
      [{ roles: 'curator' }, 'roles'],
      [{ ttl_sec: 0 }, 'ttl_sec'],
      [{ ttl_sec: 1.5 }, 'ttl_sec'],
      [{ ttl_sec: 86_401 }, 'ttl_sec'],
      [{ ttl_sec: 1e300 }, 'ttl_sec'],
      [[], ''],
    ] as const) {
      const { status, body } = await getToken(program, json);
      expect({ json, status, path: body.errors[0].path }).toEqual({ json, status: 400, path });
    }
  });

  it('makes many first tokens of one new agent at once', async () => {
    const program = await startTestProgram();
    const owner_id = newId();
    const agent_id = newId();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => getToken(program, { owner_id, agent_id })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  it('lets the token stand in the address, since an EventSource cannot set headers', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    for (const name of ['access_token', 'token'])
      expect((await program.request('GET', `/breadcrumbs?${name}=${token}`)).status).toBe(200);
    const page = await program.request('GET', `/breadcrumbs?access_token=${token}&limit=1`);
    expect(page.headers.get('link')).toMatch(
      /^<\/breadcrumbs\?limit=1&cursor=[\w-]+>; rel="next"$/,
    );
    expect((await program.request('GET', '/breadcrumbs?access_token=x')).status).toBe(401);
    expect((await program.request('GET', `/breadcrumbs?token=${token}&token=x`)).status).toBe(401);
  });

  it('refuses a header that holds no credential', async () => {
    const program = await startTestProgram();
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      'Basic eDp5',
      'Bearer a b',
      'bearer x',
      'null',
    ]) {
      const { status, body, headers } = await program.request('GET', '/breadcrumbs', {
        headers: { authorization },
      });
      expect({ authorization, status, code: body.code }).toEqual({
        authorization,
        status: 401,
        code: 'unauthenticated',
      });
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });
});

describe('strict mode', () => {
  it('has a first key in a file that its owner alone can read, made once', async () => {
    const db = await openTestDatabase();
    const { program, admin_key, admin_key_file, data_dir } = await startStrict({ db });
    expect((await stat(admin_key_file)).mode & 0o777).toBe(0o600);
    const { body } = await getToken(program, {}, admin_key);
    expect(body).toMatchObject({ agent_id: WELL_KNOWN.person, roles: [...ROLES] });
    await program.stop();
    const again = await startStrict({ db, data_dir });
    expect(again.admin_key).toBe(admin_key);
    const keys = await again.program.request('GET', '/v1/keys', { token: admin_key });
    expect(keys.body).toHaveLength(1);
  });

  it('gives tokens for keys only', async () => {
    const { program, admin_key } = await startStrict();
    const { body } = await getToken(program, {}, admin_key);
    for (const [json, token] of [
      [{}, undefined],
      [undefined, undefined],
      [{ owner_id: WELL_KNOWN.owner_id, agent_id: WELL_KNOWN.person }, undefined],
      [{ api_key: 'cairn_nonsense' }, undefined],
      [{ api_key: '' }, undefined],
      [{}, 'cairn_nonsense'],
      [{}, body.token],
    ]) {
      const refused = await getToken(program, json, token);
      expect({ status: refused.status, code: refused.body.code }).toEqual({
        status: 401,
        code: 'unauthenticated',
      });
    }
    expect((await getToken(program, { api_key: admin_key })).status).toBe(200);
  });

  it('gives the roles of the key or fewer, for its own tenant and agent', async () => {
    const { program, admin_key } = await startStrict();
    const narrow = await getToken(program, { roles: ['subscriber'] }, admin_key);
    expect(narrow.body.roles).toEqual(['subscriber']);
    const { token } = narrow.body;
    expect((await program.request('POST', '/breadcrumbs', { token, json: CREATE })).status).toBe(
      403,
    );
    expect((await program.request('GET', '/breadcrumbs', { token })).status).toBe(200);
    for (const json of [{ owner_id: newId() }, { agent_id: newId() }])
      expect((await getToken(program, json, admin_key)).body.code).toBe('forbidden');
    const agent_id = WELL_KNOWN.person.toUpperCase();
    const echoed = await getToken(program, { agent_id }, admin_key);
    expect(echoed.body.agent_id).toBe(agent_id);
    const made = await program.request('POST', '/v1/keys', {
      token: admin_key,
      json: { name: 'reader', roles: ['subscriber'], agent_id: newId() },
    });
    const wide = await getToken(program, { roles: ['curator'] }, made.body.key);
    expect(wide.body).toMatchObject({ code: 'forbidden' });
  });

  it('does not take tokens from the address', async () => {
    const { program, admin_key } = await startStrict();
    expect((await program.request('GET', `/breadcrumbs?access_token=${admin_key}`)).status).toBe(
      401,
    );
  });

  it('makes keys that end, are narrower than their maker, and can be revoked', async () => {
    const { program, admin_key: token } = await startStrict();
    const ends = new Date(Date.now() + 60_000).toISOString();
    const made = await program.request('POST', '/v1/keys', {
      token,
      json: { name: 'emitter', roles: ['emitter'], agent_id: newId(), expires_at: ends },
    });
    expect(made.status).toBe(201);
    const { key, id } = made.body;
    const granted = await getToken(program, { ttl_sec: 86_400 }, key);
    expect(granted.body.exp).toBeLessThanOrEqual(Date.parse(ends) / 1000);
    expect(
      (await program.request('POST', '/breadcrumbs', { token: key, json: CREATE })).status,
    ).toBe(201);
    for (const method of ['GET', 'POST'])
      expect((await program.request(method, '/v1/keys', { token: key })).status).toBe(403);
    const listed = await program.request('GET', '/v1/keys', { token });
    expect(listed.body.map(({ name }: { name: string }) => name).toSorted()).toEqual([
      'admin',
      'emitter',
    ]);
    expect(JSON.stringify(listed.body)).not.toContain(key);
    expect((await program.request('DELETE', `/v1/keys/${id}`, { token })).body).toEqual({
      ok: true,
    });
    expect((await program.request('GET', '/breadcrumbs', { token: key })).status).toBe(401);
    expect((await getToken(program, {}, key)).status).toBe(401);
    expect((await program.request('DELETE', `/v1/keys/${id}`, { token })).status).toBe(404);
  });

  it('has keys that lose what their agent loses, and get no more than it has', async () => {
    const { program, admin_key: token } = await startStrict();
    const agent_id = newId();
    const json = { name: 'k', roles: ['emitter', 'subscriber'], agent_id };
    const { key } = (await program.request('POST', '/v1/keys', { token, json })).body;
    const create = () => program.request('POST', '/breadcrumbs', { token: key, json: CREATE });
    expect((await create()).status).toBe(201);
    const narrowed = { token, json: { roles: ['subscriber'] } };
    expect((await program.request('POST', `/agents/${agent_id}`, narrowed)).status).toBe(200);
    expect((await create()).status).toBe(403);
    expect((await getToken(program, {}, key)).body.roles).toEqual(['subscriber']);
    const again = await program.request('POST', '/v1/keys', { token, json });
    expect([again.status, again.body.code]).toEqual([409, 'conflict']);
  });

  it('refuses a key that does not fit, and names the field', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    for (const [json, path] of [
      [{}, 'name'],
      [{ name: '' }, 'name'],
      [{ name: 'x'.repeat(101) }, 'name'],
      [{ name: 'a\0b' }, ''],
      [{ name: '\ud800' }, ''],
      [{ name: 'a', agent_id: 'x' }, 'agent_id'],
      [{ name: 'a', roles: ['root'] }, 'roles.0'],
      [{ name: 'a', expires_at: 'soon' }, 'expires_at'],
      [{ name: 'a', expires_at: '2001-01-01T00:00:00Z' }, 'expires_at'],
      [{ name: 'a', expires_at: '2016-12-31T23:59:60Z' }, 'expires_at'],
      [{ name: 'a', expires_at: '0000-01-01T00:00:00Z' }, 'expires_at'],
    ] as const) {
      const { status, body } = await program.request('POST', '/v1/keys', { token, json });
      expect({ json, status, code: body.code, path: body.errors[0].path }).toEqual({
        json,
        status: 400,
        code: 'validation_failed',
        path,
      });
    }
  });
});

describe('a principal that is no longer there', () => {
  it.each(['agents', 'tenants'])('cannot write when its row is gone from %s', async (table) => {
    const program = await startTestProgram();
    const owner_id = newId();
    const token = await program.token({ owner_id, agent_id: newId() });
    const made = await program.request('POST', '/breadcrumbs', { token, json: CREATE });
    expect(made.status).toBe(201);
    const column = table === 'agents' ? 'owner_id' : 'id';
    await program.db.query({
      text: `delete from ${table} where ${column} = $1`,
      values: [owner_id],
    });
    const { status, body } = await program.request('POST', '/breadcrumbs', { token, json: CREATE });
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'unauthenticated' });
    expect(body.detail).toContain('no longer exists');
    const patched = await program.request('PATCH', `/breadcrumbs/${made.body.id}`, {
      token,
      json: {},
    });
    expect(patched.status).toBe(table === 'agents' ? 401 : 404);
  });
});
