import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newId } from '../base/index.ts';
import { startTestProgram } from './testing.ts';

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver on this machine, and all that it was sent. */
async function receive() {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ headers: request.headers, body });
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, calls };
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
  const told = () =>
    calls.map(({ body }) => (JSON.parse(body) as { breadcrumb_id: string }).breadcrumb_id);
  return { url, calls, program, agent_id, ask, create, told };
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
    // Deliveries keep the order of the log, so what would have been sent before this was.
    const last = await create({ tags: ['hook'] });
    await expect.poll(told, { timeout: 10_000 }).toEqual([both.id, last.id]);
    const [call] = calls;
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
    const first = await create({ tags: ['one'] });
    await ask('PUT', `/subscriptions/selectors/${id}`, { any_tags: ['two'] });
    await create({ tags: ['one'] });
    const second = await create({ tags: ['two'] });
    await ask('DELETE', `/subscriptions/selectors/${id}`);
    await create({ tags: ['two'] });
    const last = await create({ tags: ['always'] });
    await expect.poll(told, { timeout: 10_000 }).toEqual([first.id, second.id, last.id]);
  });
});
