import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newId } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { startTestProgram } from './testing.ts';

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver on this machine, and all that it was sent. */
async function receive() {
  const calls: Call[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const answer = (given: number) => {
    status = given;
  };
  return { url: `http://127.0.0.1:${port}/hook`, calls, answer };
}

async function setUp() {
  const { url, calls } = await receive();
  const program = await startTestProgram({ environment: { OUTBOUND_ALLOW_PRIVATE: 'true' } });
  const [owner_id, agent_id] = [newId(), newId()];
  const token = await program.token({ owner_id, agent_id });
  const ask = async (method: string, path: string, json?: unknown) => {
    const answer = await program.request(method, path, { token, json });
    expect([path, answer.status]).toEqual([path, expect.toBeOneOf([200, 201])]);
    return answer.body;
  };
  const create = (given: object) =>
    ask('POST', '/breadcrumbs', { title: 'a', tags: [], context: {}, ...given });
  /** Which records it heard of, once all that was to be sent is sent. Records come in any order, and may come twice. */
  const told = async () => {
    await expect.poll(() => isDrained(program.db)).toBe(true);
    const bodies = calls.map(({ body }) => JSON.parse(body) as { breadcrumb_id: string });
    return new Set(bodies.map(({ breadcrumb_id }) => breadcrumb_id));
  };
  return { url, calls, program, owner_id, agent_id, ask, create, told };
}

/** Whether every event was dispatched, and nothing is left of what that made to deliver. */
async function isDrained(db: Database): Promise<boolean> {
  const { rows } = await db.query<{ is_drained: boolean }>({
    text: `select (select max(seq) from events) <= (select seq from event_cursors where name = 'dispatcher')
      and not exists (
        select from deliveries where queue = 'webhooks' and state in ('pending', 'running')) as is_drained`,
  });
  return rows[0]?.is_drained === true;
}

describe('a webhook', () => {
  it('gets one signed POST for a record that two selectors match, and none for others', async () => {
    const { url, calls, agent_id, ask, create, told } = await setUp();
    await ask('POST', `/agents/${agent_id}/webhooks`, { url });
    await ask('POST', `/agents/${agent_id}/secret`, { secret: 'a secret of ours' });
    await ask('POST', '/subscriptions/selectors', { any_tags: ['hook'] });
    await ask('POST', '/subscriptions/selectors', {
      schema_name: 'note.v1',
      context_match: [{ path: '$.n', op: 'gt', value: 1 }],
    });
    await create({ tags: ['other'], schema_name: 'note.v1', context: { n: 1 } });
    const both = await create({ tags: ['hook'], schema_name: 'note.v1', context: { n: 2 } });
    await create({ tags: ['other'] });
    const last = await create({ tags: ['hook'] });
    expect(await told()).toEqual(new Set([both.id, last.id]));
    const of_both = calls.filter(({ body }) => JSON.parse(body).breadcrumb_id === both.id);
    // One id, however often it is sent.
    expect(new Set(of_both.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const [call] = of_both;
    const body = call?.body ?? '';
    expect(JSON.parse(body)).toMatchObject({
      type: 'breadcrumb.updated',
      breadcrumb_id: both.id,
      version: 1,
      context: { n: 2 },
    });
    const hmac = createHmac('sha256', 'a secret of ours').update(body).digest('hex');
    expect(call?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-rcrt-signature': `sha256=${hmac}`,
    });
  });

  it('gets nothing more for a selector that was changed or removed', async () => {
    const { url, agent_id, ask, create, told } = await setUp();
    await ask('POST', `/agents/${agent_id}/webhooks`, { url });
    const { id } = await ask('POST', '/subscriptions/selectors', { any_tags: ['one'] });
    await ask('POST', '/subscriptions/selectors', { any_tags: ['always'] });
    // A change counts for every event after it; one that still waits to be dispatched may be matched by either.
    const first = await create({ tags: ['one'] });
    expect(await told()).toEqual(new Set([first.id]));
    await ask('PUT', `/subscriptions/selectors/${id}`, { any_tags: ['two'] });
    await create({ tags: ['one'] });
    const second = await create({ tags: ['two'] });
    expect(await told()).toEqual(new Set([first.id, second.id]));
    await ask('DELETE', `/subscriptions/selectors/${id}`);
    await create({ tags: ['two'] });
    const last = await create({ tags: ['always'] });
    expect(await told()).toEqual(new Set([first.id, second.id, last.id]));
  });

  it('gets the versions of one record in order', async () => {
    const { url, calls, agent_id, ask, create, told } = await setUp();
    await ask('POST', `/agents/${agent_id}/webhooks`, { url });
    await ask('POST', '/subscriptions/selectors', { any_tags: ['hook'] });
    const { id } = await create({ tags: ['hook'] });
    for (let n = 2; n <= 8; n++) await ask('PATCH', `/breadcrumbs/${id}`, { context: { n } });
    expect(await told()).toEqual(new Set([id]));
    const by_id = new Map(
      calls.map(({ headers, body }) => [headers['webhook-id'], JSON.parse(body).version as number]),
    );
    expect([...by_id.values()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('is a run once nothing more is done for it', async () => {
    const { url, agent_id, ask, create, told } = await setUp();
    await ask('POST', `/agents/${agent_id}/webhooks`, { url });
    await ask('POST', '/subscriptions/selectors', { any_tags: ['hook'] });
    const made = await create({ tags: ['hook'] });
    expect(await told()).toEqual(new Set([made.id]));
    const runs = () => ask('GET', `/v1/runs?agent_id=cairn.webhooks&breadcrumb_id=${made.id}`);
    await expect.poll(async () => (await runs()).length).toBe(1);
    const [run] = await runs();
    expect([run.status, run.steps[0].name]).toEqual(['success', 'send webhook']);
  });
});

describe('a webhook that is disabled', () => {
  it('says why, and its owner hears of it by a breadcrumb that only it and curators can read', async () => {
    const { url, answer } = await receive();
    const { program, agent_id, owner_id, ask } = await setUp();
    const { id: endpoint_id } = await ask('POST', `/agents/${agent_id}/webhooks`, { url });
    await ask('POST', '/subscriptions/selectors', { any_tags: ['hook'] });
    answer(410);
    await ask('POST', '/breadcrumbs', { title: 'a', tags: ['hook'], context: {} });
    const notices = () => ask('GET', '/breadcrumbs?schema_name=system.webhook.v1');
    await expect.poll(notices).toHaveLength(1);
    const [{ id }] = await notices();
    expect(await ask('GET', `/breadcrumbs/${id}`)).toMatchObject({
      tags: ['system:webhook', `webhook:${endpoint_id}`],
      context: {
        endpoint_id,
        agent_id,
        status: 'disabled',
        reason: 'gone',
        origin: new URL(url).origin,
      },
    });
    expect(await ask('GET', `/agents/${agent_id}/webhooks?include_inactive=true`)).toMatchObject([
      { id: endpoint_id, active: false, disabled_reason: 'gone' },
    ]);
    const colleague = await program.token({ owner_id, agent_id: newId(), roles: ['emitter'] });
    const read = await program.request('GET', `/breadcrumbs/${id}`, { token: colleague });
    expect(read.status).toBe(404);
  });
});
