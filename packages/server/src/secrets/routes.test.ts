import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { Keyring } from './keyring.ts';
import { secretRoutes } from './routes.ts';
import { SecretAccess } from './secret-access.ts';
import { openTestApi, openTestLog, openTestSecrets } from './testing.ts';

const VALUE = 'sk-very-secret-value-1234567890';

async function scene() {
  const secrets = await openTestSecrets();
  const { log, text } = openTestLog();
  const ask = await openTestApi([secretRoutes(secrets.access)], log);
  const curator = await secrets.principal({ roles: ['curator'] });
  const { owner_id } = curator;
  const emitter = await secrets.principal({ owner_id, roles: ['emitter'] });
  const subscriber = await secrets.principal({ owner_id, roles: ['subscriber'] });
  const stranger = await secrets.principal();
  const keep = async (given: object = {}) =>
    (
      await ask(curator, 'POST', '/secrets', {
        name: 'key',
        scope_type: 'global',
        value: VALUE,
        ...given,
      })
    ).body.id as string;
  return { ...secrets, ask, text, curator, emitter, subscriber, stranger, keep };
}

const reason = { reason: 'to look' };

describe('POST /secrets', () => {
  it('answers 201 with everything but the value', async () => {
    const { ask, curator } = await scene();
    const { status, body, text } = await ask(curator, 'POST', '/v1/secrets', {
      name: 'key',
      scope_type: 'global',
      value: VALUE,
    });
    expect(status).toBe(201);
    expect(Object.keys(body).toSorted()).toEqual([
      'created_at',
      'id',
      'kek_id',
      'name',
      'owner_id',
      'scope_id',
      'scope_type',
      'updated_at',
    ]);
    expect(text).not.toContain(VALUE);
  });

  it('answers 409 when the scope has that name, and takes it in another scope', async () => {
    const { ask, curator, keep, emitter } = await scene();
    await keep();
    const again = { name: 'key', scope_type: 'global', value: 'x' };
    expect((await ask(curator, 'POST', '/secrets', again)).status).toBe(409);
    expect(
      (
        await ask(curator, 'POST', '/secrets', {
          ...again,
          scope_type: 'workspace',
          scope_id: newId(),
        })
      ).status,
    ).toBe(201);
    expect(
      (
        await ask(curator, 'POST', '/secrets', {
          ...again,
          scope_type: 'agent',
          scope_id: emitter.agent_id,
        })
      ).status,
    ).toBe(201);
  });

  it('takes the scope names of the original for global', async () => {
    const { ask, curator } = await scene();
    for (const scope_type of ['tenant', 'owner', 'tool']) {
      const { body } = await ask(curator, 'POST', '/secrets', {
        name: scope_type,
        scope_type,
        scope_id: curator.owner_id,
        value: 'x',
      });
      expect(body).toMatchObject({ scope_type: 'global', scope_id: null });
    }
    for (const scope_type of ['tenant', 'tool']) {
      const { body } = await ask(curator, 'GET', `/secrets?scope_type=${scope_type}`);
      expect(body).toHaveLength(3);
    }
  });

  it('answers 400 for what does not fit, and repeats no value', async () => {
    const { ask, curator, text: logged } = await scene();
    const cases: [string, object][] = [
      ['no value', { value: undefined }],
      ['an empty value', { value: '' }],
      ['a NUL', { value: `${VALUE}\0` }],
      ['half of a surrogate pair', { value: `${VALUE}\ud800` }],
      ['more than 64 KiB', { value: VALUE + 'x'.repeat(65_536) }],
      ['more than 64 KiB in few characters', { value: VALUE + '😀'.repeat(16_400) }],
      ['a value that is no text', { value: { [VALUE]: 1 } }],
      ['a name of 256 characters', { name: 'n'.repeat(256) }],
      ['an unknown scope', { scope_type: 'planet' }],
      ['an agent scope without the agent', { scope_type: 'agent' }],
      ['a workspace scope without the workspace', { scope_type: 'workspace' }],
      ['a scope id that is none', { scope_type: 'workspace', scope_id: 'main' }],
    ];
    for (const [what, given] of cases) {
      const body = { name: 'key', scope_type: 'global', value: VALUE, ...given };
      const { status, text } = await ask(curator, 'POST', '/secrets', body);
      expect([what, status, text.includes(VALUE)]).toEqual([what, 400, false]);
    }
    expect(logged()).not.toContain(VALUE);
    expect((await ask(curator, 'GET', '/secrets')).body).toEqual([]);
  });
});

describe('who may what', () => {
  it('curators manage, everybody of the tenant lists what is for all, strangers see nothing', async () => {
    const { ask, curator, emitter, subscriber, stranger, keep } = await scene();
    const id = await keep();
    const own = await keep({ scope_type: 'agent', scope_id: emitter.agent_id });
    for (const principal of [emitter, subscriber]) {
      expect(
        (await ask(principal, 'POST', '/secrets', { name: 'a', scope_type: 'global', value: 'b' }))
          .status,
      ).toBe(403);
      expect((await ask(principal, 'PUT', `/secrets/${id}`, { value: 'b' })).status).toBe(403);
      expect((await ask(principal, 'DELETE', `/secrets/${id}`)).status).toBe(403);
      expect((await ask(principal, 'GET', `/secrets/${id}/audit`)).status).toBe(403);
      expect((await ask(principal, 'GET', '/secrets/audit')).status).toBe(403);
      expect(
        (await ask(principal, 'POST', `/secrets/${id}/grants`, { agent_id: principal.agent_id }))
          .status,
      ).toBe(403);
    }
    const ids = async (who: typeof curator) =>
      (await ask(who, 'GET', '/secrets')).body.map((each: { id: string }) => each.id);
    expect(await ids(curator)).toEqual([own, id]);
    expect(await ids(emitter)).toEqual([own, id]);
    expect(await ids(subscriber)).toEqual([id]);
    expect(await ids(stranger)).toEqual([]);
    expect((await ask(subscriber, 'GET', `/secrets/${own}`)).status).toBe(404);
    for (const path of ['', '/grants'])
      expect((await ask(stranger, 'GET', `/secrets/${id}${path}`)).status).toBe(404);
    expect((await ask(stranger, 'GET', `/secrets/${id}/audit`)).body).toEqual([]);
    expect((await ask(stranger, 'PUT', `/secrets/${id}`, { value: 'b' })).status).toBe(404);
    expect((await ask(stranger, 'DELETE', `/secrets/${id}`)).status).toBe(404);
    expect((await ask(stranger, 'POST', `/secrets/${id}/decrypt`, reason)).status).toBe(404);
  });

  it('decrypt is for curators, for the own agent, and by grant; the log tells of all three and of refusals', async () => {
    const { ask, curator, emitter, subscriber, keep } = await scene();
    const shared = await keep();
    const own = await keep({ scope_type: 'agent', scope_id: emitter.agent_id });
    const foreign = await keep({ scope_type: 'agent', scope_id: subscriber.agent_id });
    const decrypt = (who: typeof curator, id: string) =>
      ask(who, 'POST', `/secrets/${id}/decrypt`, reason);
    expect((await decrypt(curator, shared)).body).toEqual({
      id: shared,
      name: 'key',
      value: VALUE,
    });
    expect((await decrypt(emitter, own)).body.value).toBe(VALUE);
    expect((await decrypt(emitter, foreign)).status).toBe(404);
    expect((await decrypt(subscriber, foreign)).status).toBe(403);
    const refused = await decrypt(emitter, shared);
    expect(refused.status).toBe(403);
    expect(refused.text).not.toContain(VALUE);
    const agent = { agent_id: emitter.agent_id };
    expect((await ask(curator, 'POST', `/secrets/${shared}/grants`, agent)).status).toBe(201);
    expect((await ask(curator, 'POST', `/secrets/${shared}/grants`, agent)).status).toBe(201);
    expect((await ask(curator, 'GET', `/secrets/${shared}/grants`)).body).toMatchObject([agent]);
    expect((await decrypt(emitter, shared)).body.value).toBe(VALUE);
    expect(
      (await ask(curator, 'DELETE', `/secrets/${shared}/grants/${emitter.agent_id}`)).status,
    ).toBe(200);
    expect(
      (await ask(curator, 'DELETE', `/secrets/${shared}/grants/${emitter.agent_id}`)).status,
    ).toBe(404);
    expect((await decrypt(emitter, shared)).status).toBe(403);
    const { body } = await ask(curator, 'GET', `/secrets/${shared}/audit`);
    expect(body.map((line: { action: string }) => line.action).toReversed()).toEqual([
      'create',
      'decrypt',
      'decrypt_refused',
      'grant',
      'grant',
      'decrypt',
      'revoke',
      'decrypt_refused',
    ]);
    expect(body.at(-2)).toMatchObject({ agent_id: curator.agent_id, reason: 'to look' });
  });

  it('a grant to an agent of another tenant is refused', async () => {
    const { ask, curator, stranger, keep } = await scene();
    const id = await keep();
    const { status } = await ask(curator, 'POST', `/secrets/${id}/grants`, {
      agent_id: stranger.agent_id,
    });
    expect(status).toBe(404);
  });

  it('what modules keep is not in the API, but in the audit log', async () => {
    const { ask, curator, secrets } = await scene();
    const { owner_id } = curator;
    const { id } = await secrets.seal({
      owner_id,
      name: 'signing',
      scope_type: 'global',
      scope_id: null,
      value: VALUE,
      managed_by: 'webhooks',
      agent_id: null,
    });
    expect((await ask(curator, 'GET', '/secrets')).body).toEqual([]);
    expect((await ask(curator, 'GET', `/secrets/${id}`)).status).toBe(404);
    expect((await ask(curator, 'POST', `/secrets/${id}/decrypt`, reason)).status).toBe(404);
    expect((await ask(curator, 'DELETE', `/secrets/${id}`)).status).toBe(404);
    expect((await ask(curator, 'GET', '/secrets/audit')).body).toMatchObject([
      { secret_id: id, agent_id: null, action: 'create' },
    ]);
  });
});

describe('the life of a secret', () => {
  it('is changed, read and deleted, and its log stays', async () => {
    const { ask, curator, keep } = await scene();
    const id = await keep();
    expect(
      (await ask(curator, 'PUT', `/secrets/${id.toUpperCase()}`, { value: 'new' })).body,
    ).toEqual({ ok: true });
    const { body, headers } = await ask(curator, 'POST', `/secrets/${id}/decrypt`, reason);
    expect(body.value).toBe('new');
    expect(headers['cache-control']).toBe('no-store');
    expect((await ask(curator, 'DELETE', `/secrets/${id}`)).body).toEqual({ ok: true });
    expect((await ask(curator, 'GET', `/secrets/${id}`)).status).toBe(404);
    expect((await ask(curator, 'DELETE', `/secrets/${id}`)).status).toBe(404);
    const log = await ask(curator, 'GET', `/secrets/${id}/audit`);
    expect(log.body.map((line: { action: string }) => line.action)).toEqual([
      'delete',
      'decrypt',
      'update',
      'create',
    ]);
    expect(log.text).not.toContain(VALUE);
  });

  it('decrypt answers 400 without a reason, and nothing is on record', async () => {
    const { ask, curator, keep } = await scene();
    const id = await keep();
    for (const body of [
      {},
      { reason: '' },
      { reason: '  ' },
      { reason: 'x'.repeat(501) },
      { reason: 1 },
    ])
      expect((await ask(curator, 'POST', `/secrets/${id}/decrypt`, body)).status).toBe(400);
    expect((await ask(curator, 'GET', `/secrets/${id}/audit`)).body).toHaveLength(1);
  });

  it('answers 503 without its key, 500 when its row was changed, and leaks nothing', async () => {
    const { ask: _, ...first } = await scene();
    const { curator, keep, db, store, with: withKeys } = first;
    const id = await keep();
    const { log, text: logged } = openTestLog();
    const other = new SecretAccess(store, withKeys(new Keyring(randomBytes(32))));
    const elsewhere = await openTestApi([secretRoutes(other)], log);
    const missing = await elsewhere(curator, 'POST', `/secrets/${id}/decrypt`, reason);
    expect(missing.status).toBe(503);
    expect(missing.body.detail).toContain('SECRETS_KEKS_OLD');
    const here = await openTestApi([secretRoutes(first.access)], log);
    await db.query({
      text: `update secrets set encrypted_value = '\\x0102' where id = $1`,
      values: [id],
    });
    const changed = await here(curator, 'POST', `/secrets/${id}/decrypt`, reason);
    expect(changed.status).toBe(500);
    expect(changed.body.detail).toContain('changed or damaged');
    const { body } = await here(curator, 'GET', `/secrets/${id}/audit`);
    expect(body.slice(0, 2)).toMatchObject([
      { action: 'decrypt_failed' },
      { action: 'decrypt_failed' },
    ]);
    for (const text of [missing.text, changed.text, logged()]) expect(text).not.toContain(VALUE);
  });

  it('no value stands in the log of all that', async () => {
    const { ask, curator, keep, text } = await scene();
    const id = await keep();
    await ask(curator, 'PUT', `/secrets/${id}`, { value: `${VALUE}2` });
    await ask(curator, 'POST', `/secrets/${id}/decrypt`, reason);
    expect(text()).toContain('/secrets/:id/decrypt');
    expect(text()).not.toContain(VALUE);
  });
});

describe('lists', () => {
  it('come in pages, newest first, and filter by name and scope', async () => {
    const { ask, curator, keep } = await scene();
    const workspace = newId();
    for (let n = 0; n < 5; n++) await keep({ name: `n${n}` });
    await keep({ name: 'w', scope_type: 'workspace', scope_id: workspace });
    const names: string[] = [];
    let path: string | null = '/v1/secrets?limit=4';
    while (path !== null) {
      const page: Awaited<ReturnType<typeof ask>> = await ask(curator, 'GET', path);
      names.push(...page.body.map((each: { name: string }) => each.name));
      path = page.next;
    }
    expect(names).toEqual(['w', 'n4', 'n3', 'n2', 'n1', 'n0']);
    expect((await ask(curator, 'GET', '/secrets?name=n3')).body).toHaveLength(1);
    expect(
      (await ask(curator, 'GET', `/secrets?scope_type=workspace&scope_id=${workspace}`)).body,
    ).toHaveLength(1);
    expect((await ask(curator, 'GET', `/secrets?scope_id=${newId()}`)).body).toEqual([]);
    expect((await ask(curator, 'GET', '/secrets?cursor=nonsense')).status).toBe(400);
    expect((await ask(curator, 'GET', '/secrets/audit?limit=2')).headers['link']).toContain(
      'rel="next"',
    );
  });
});
