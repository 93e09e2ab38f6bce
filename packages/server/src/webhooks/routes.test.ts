import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { openTestApi, openTestLog } from '../secrets/testing.ts';
import { webhookRoutes } from './routes.ts';
import { openReceiver, openTestWebhooks } from './testing.ts';

async function scene(options: Parameters<typeof openTestWebhooks>[0] = {}) {
  const hooks = await openTestWebhooks(options);
  const { log, text } = openTestLog();
  const ask = await openTestApi([webhookRoutes(hooks.webhooks, hooks.dead_letters)], log);
  const agent = await hooks.principal({ roles: ['emitter'] });
  const { owner_id } = agent;
  const curator = await hooks.principal({ owner_id, roles: ['curator'] });
  const colleague = await hooks.principal({ owner_id, roles: ['emitter', 'subscriber'] });
  const stranger = await hooks.principal();
  const path = `/agents/${agent.agent_id}`;
  return { hooks, ask, text, agent, curator, colleague, stranger, path };
}

const url = 'https://hooks.example/in?a=1';

describe('webhooks of an agent', () => {
  it('are made, listed, activated again and deleted, and the secret is shown once', async () => {
    const { ask, agent, path, text } = await scene();
    const made = await ask(agent, 'POST', `${path}/webhooks`, { url });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ url, active: true, agent_id: agent.agent_id });
    expect(made.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const again = await ask(agent, 'POST', `/v1${path}/webhooks`, { url });
    expect([again.status, again.body.id, again.body.secret]).toEqual([200, made.body.id, null]);
    const { body } = await ask(agent, 'GET', `${path}/webhooks`);
    expect(body).toHaveLength(1);
    expect(Object.keys(body[0])).not.toContain('secret');
    const gone = await ask(agent, 'DELETE', `${path}/webhooks/${made.body.id}`);
    expect([gone.status, gone.body]).toEqual([200, { ok: true, rows: 1 }]);
    expect((await ask(agent, 'DELETE', `${path}/webhooks/${made.body.id}`)).status).toBe(404);
    expect((await ask(agent, 'GET', `${path}/webhooks`)).body).toEqual([]);
    expect((await ask(agent, 'GET', `${path}/webhooks?include_inactive=true`)).body).toMatchObject([
      { active: false, disabled_reason: 'deleted' },
    ]);
    const back = await ask(agent, 'POST', `${path}/webhooks`, { url });
    expect([back.status, back.body.id]).toEqual([200, made.body.id]);
    expect(back.body.secret).toMatch(/^whsec_/);
    expect(back.body.secret).not.toBe(made.body.secret);
    expect(text()).not.toContain(made.body.secret);
  });

  it('are for the agent itself and for curators of its tenant', async () => {
    const { ask, agent, curator, colleague, stranger, path } = await scene();
    const { body } = await ask(curator, 'POST', `${path}/webhooks`, { url });
    const routes = [
      ['GET', `${path}/webhooks`, undefined],
      ['POST', `${path}/webhooks`, { url }],
      ['POST', `${path}/secret`, { secret: 'long enough' }],
      ['POST', `${path}/webhooks/${body.id}/rotate-secret`, {}],
      ['GET', `${path}/webhooks/${body.id}/attempts`, undefined],
      ['DELETE', `${path}/webhooks/${body.id}`, undefined],
    ] as const;
    for (const [method, route, json] of routes)
      expect([route, (await ask(colleague, method, route, json)).status]).toEqual([route, 403]);
    for (const [method, route, json] of routes.slice(1)) {
      const { status } = await ask(stranger, method, route, json);
      expect([route, status]).toEqual([route, 404]);
    }
    expect((await ask(stranger, 'GET', `${path}/webhooks`)).body).toEqual([]);
    for (const [method, route, json] of routes)
      expect([route, (await ask(agent, method, route, json)).status]).toEqual([route, 200]);
  });

  it('of one agent are not found under another', async () => {
    const { ask, agent, curator, colleague, path } = await scene();
    const { body } = await ask(agent, 'POST', `${path}/webhooks`, { url });
    const other = `/agents/${colleague.agent_id}/webhooks/${body.id}`;
    expect((await ask(curator, 'DELETE', other)).status).toBe(404);
    expect((await ask(curator, 'GET', `${other}/attempts`)).status).toBe(404);
    expect((await ask(curator, 'POST', `/agents/${newId()}/webhooks`, { url })).status).toBe(404);
    expect(
      (await ask(curator, 'POST', `/agents/${newId()}/secret`, { secret: 'long enough' })).status,
    ).toBe(404);
  });

  it('answer 400 for an address that is never sent to', async () => {
    const { ask, agent, path } = await scene({ allow_private: false });
    for (const address of [
      'http://127.0.0.1/',
      'http://2130706433/',
      'http://localhost:8081/breadcrumbs',
      'http://[::1]/',
      'http://169.254.169.254/latest/meta-data',
      'ftp://hooks.example/',
      'https://user:password@hooks.example/',
      'not an address',
      '',
    ]) {
      const { status } = await ask(agent, 'POST', `${path}/webhooks`, { url: address });
      expect([address, status]).toEqual([address, 400]);
    }
    expect((await ask(agent, 'GET', `${path}/webhooks?include_inactive=true`)).body).toEqual([]);
  });

  it('are 20 at most', async () => {
    const { ask, agent, path } = await scene();
    for (let n = 0; n < 20; n++)
      expect((await ask(agent, 'POST', `${path}/webhooks`, { url: `${url}&n=${n}` })).status).toBe(
        201,
      );
    expect((await ask(agent, 'POST', `${path}/webhooks`, { url })).status).toBe(409);
    expect((await ask(agent, 'GET', `${path}/webhooks`)).body).toHaveLength(20);
  });
});

describe('secrets of webhooks', () => {
  it('answer 400 when they cannot sign, and do not repeat them', async () => {
    const { ask, agent, path, text: logged } = await scene();
    const { body } = await ask(agent, 'POST', `${path}/webhooks`, { url });
    const secrets = ['2short', 'whsec_not base64!', 'whsec_AAAA', 'long enough\0', 'x'.repeat(256)];
    for (const secret of secrets) {
      for (const [route, json] of [
        [`${path}/secret`, { secret }],
        [`${path}/webhooks`, { url, secret }],
        [`${path}/webhooks/${body.id}/rotate-secret`, { secret }],
      ] as const) {
        const { status, text } = await ask(agent, 'POST', route, json);
        expect([route, status, text.includes(secret)]).toEqual([route, 400, false]);
      }
      expect(logged()).not.toContain(secret);
    }
  });

  it('rotate, with the time at which the one before ends', async () => {
    const { ask, agent, path } = await scene();
    const { body } = await ask(agent, 'POST', `${path}/webhooks`, { url });
    const route = `${path}/webhooks/${body.id}/rotate-secret`;
    const rotated = await ask(agent, 'POST', route, { expire_previous_in_s: 60 });
    expect(rotated.status).toBe(200);
    expect(rotated.headers['cache-control']).toBe('no-store');
    expect(rotated.body.secret).toMatch(/^whsec_/);
    expect(rotated.body.previous_expires_at).toMatch(/Z$/);
    expect((await ask(agent, 'POST', route, { expire_previous_in_s: 604_801 })).status).toBe(400);
    expect((await ask(agent, 'POST', `${path}/secret`, { secret: 'long enough' })).body).toEqual({
      ok: true,
    });
  });
});

describe('dead letters', () => {
  async function dead() {
    const all = await scene();
    const { hooks, agent } = all;
    const receiver = await openReceiver();
    receiver.answer({ status: 500 });
    await hooks.subscribe(agent, {});
    const { webhook } = await hooks.webhooks.create(agent, agent.agent_id, { url: receiver.url });
    for (let n = 0; n < 3; n++) await hooks.emit(agent, { context: { n } });
    await hooks.work();
    await hooks.passUntilIdle();
    return { ...all, receiver, webhook };
  }

  it('are listed in pages, sent again one by one or by endpoint, and thrown away', async () => {
    const { hooks, ask, curator, receiver, webhook, agent } = await dead();
    const page = await ask(curator, 'GET', '/v1/dlq?limit=2');
    expect(page.body).toHaveLength(2);
    expect(page.body[0]).toMatchObject({
      agent_id: agent.agent_id,
      url: receiver.url,
      payload: { type: 'breadcrumb.updated', context: { n: 2 } },
      last_error: 'answered 500',
    });
    expect((await ask(curator, 'GET', page.next ?? '')).body).toMatchObject([
      { payload: { context: { n: 0 } } },
    ]);
    receiver.answer({ status: 200 });
    const [last, middle] = page.body as { id: string; webhook_id: string }[];
    expect((await ask(curator, 'POST', `/dlq/${last?.id}/retry`)).body).toEqual({ requeued: true });
    expect((await ask(curator, 'POST', `/dlq/${last?.id}/retry`)).status).toBe(404);
    await hooks.passUntilIdle();
    expect(receiver.received.at(-1)?.headers['webhook-id']).toBe(last?.webhook_id);
    expect((await ask(curator, 'DELETE', `/dlq/${middle?.id}`)).body).toEqual({ ok: true });
    expect((await ask(curator, 'DELETE', `/dlq/${middle?.id}`)).status).toBe(404);
    expect((await ask(curator, 'POST', '/dlq/retry', { endpoint_id: newId() })).body).toEqual({
      requeued: 0,
    });
    expect((await ask(curator, 'POST', '/dlq/retry', { endpoint_id: webhook.id })).body).toEqual({
      requeued: 1,
    });
    await hooks.passUntilIdle();
    expect((await ask(curator, 'GET', '/dlq')).body).toEqual([]);
    expect(receiver.received).toHaveLength(3 * 8 + 2);
  });

  it('that die again are listed again, and may be sent once more', async () => {
    const { hooks, ask, curator, receiver } = await dead();
    expect((await ask(curator, 'POST', '/dlq/retry')).body).toEqual({ requeued: 3 });
    await hooks.passUntilIdle();
    expect((await ask(curator, 'GET', '/dlq')).body).toHaveLength(3);
    receiver.answer({ status: 200 });
    expect((await ask(curator, 'POST', '/dlq/retry', {})).body).toEqual({ requeued: 3 });
    await hooks.passUntilIdle();
    expect((await ask(curator, 'GET', '/dlq')).body).toEqual([]);
  });

  it('are for curators of the tenant', async () => {
    const { ask, agent, curator, stranger } = await dead();
    const { body } = await ask(curator, 'GET', '/dlq');
    const { id } = body[0];
    for (const [method, route] of [
      ['GET', '/dlq'],
      ['DELETE', `/dlq/${id}`],
      ['POST', `/dlq/${id}/retry`],
      ['POST', '/dlq/retry'],
    ] as const)
      expect([route, (await ask(agent, method, route)).status]).toEqual([route, 403]);
    expect((await ask(stranger, 'GET', '/dlq')).body).toEqual([]);
    expect((await ask(stranger, 'DELETE', `/dlq/${id}`)).status).toBe(404);
    expect((await ask(stranger, 'POST', `/dlq/${id}/retry`)).status).toBe(404);
    expect((await ask(stranger, 'POST', '/dlq/retry')).body).toEqual({ requeued: 0 });
    expect((await ask(curator, 'GET', '/dlq')).body).toHaveLength(3);
  });

  it('are taken by one of two retries at once', async () => {
    const { ask, curator, hooks, receiver } = await dead();
    receiver.answer({ status: 200 });
    const answers = await Promise.all([
      ask(curator, 'POST', '/dlq/retry'),
      ask(curator, 'POST', '/dlq/retry'),
    ]);
    expect(answers.reduce((sum, { body }) => sum + (body.requeued as number), 0)).toBe(3);
    await hooks.passUntilIdle();
    expect(receiver.received).toHaveLength(3 * 8 + 3);
  });
});
