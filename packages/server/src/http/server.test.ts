import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import type { Routes } from './server.ts';
import { HOST, openTestServer, PRINCIPAL } from './testing.ts';

const routes: Routes = (server) => {
  server.get(
    '/things/:id',
    {
      config: { access: 'thing.read' },
      schema: {
        summary: 'Read a thing',
        params: Type.Object({ id: Type.String() }),
        response: { 200: Type.Object({ agent_id: Type.String() }) },
      },
    },
    ({ principal }) => ({ agent_id: principal.agent_id }),
  );
  server.post('/things', { config: { access: 'forbidden.action' } }, () => ({}));
  server.get('/open', { config: { access: 'public' } }, () => ({ ok: true }));
};
const good = { host: HOST, authorization: 'Bearer good' };

describe('access to a route', () => {
  it('must be stated, or the route cannot be added', async () => {
    const adding = (add: Routes) => openTestServer([add]);
    await expect(adding((server) => void server.get('/x', () => ''))).rejects.toThrow(
      'the route GET /v1/x does not state its access',
    );
    await expect(
      adding((server) => void server.post('/x', { config: {} }, () => '')),
    ).rejects.toThrow('does not state its access');
    await expect(
      adding((server) => void server.get('/x', { config: { access: '' } }, () => '')),
    ).rejects.toThrow('does not state its access');
  });

  it('needs a credential, and sets the principal', async () => {
    const { server } = await openTestServer([routes]);
    for (const prefix of ['', '/v1']) {
      const url = `${prefix}/things/7`;
      expect((await server.inject({ url, headers: { host: HOST } })).statusCode).toBe(401);
      const answer = await server.inject({ url, headers: good });
      expect(answer.json()).toEqual({ agent_id: PRINCIPAL.agent_id });
      const head = await server.inject({ method: 'HEAD', url, headers: { host: HOST } });
      expect(head.statusCode).toBe(401);
    }
  });

  it('is refused to a principal who may not take the action', async () => {
    const { server } = await openTestServer([routes]);
    const answer = await server.inject({ method: 'POST', url: '/things', headers: good });
    expect(answer.json()).toMatchObject({ status: 403, code: 'forbidden' });
  });

  it('is open where the route says so', async () => {
    const { server } = await openTestServer([routes]);
    const answer = await server.inject({ url: '/open', headers: { host: HOST } });
    expect(answer.json()).toEqual({ ok: true });
  });

  it('is refused to requests without a host', async () => {
    const { server } = await openTestServer([routes]);
    await server.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    socket.end('GET /open HTTP/1.0\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 403 [^]*"foreign_origin"/);
  });
});

describe('every answer', () => {
  it('has an id of its own, which is also in the log', async () => {
    const { server, logged } = await openTestServer([routes]);
    const ids = new Set<string>();
    for (const url of ['/open', '/nowhere', '/things/1', '/docs/', '/openapi.json']) {
      const { headers } = await server.inject({ url, headers: { host: HOST } });
      ids.add(String(headers['x-request-id']));
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
    expect(ids.size).toBe(5);
    for (const id of ids) expect(id).toMatch(/^[\w-]{12}-[0-9a-z]+$/);
    expect(logged()).toContain([...ids][0]);
  });
});

describe('the description of the API', () => {
  it('is found from /swagger too', async () => {
    const { server } = await openTestServer([routes]);
    const answer = await server.inject({ url: '/swagger', headers: { host: HOST } });
    expect([answer.statusCode, answer.headers['location']]).toEqual([302, '/docs']);
  });

  it('is a page at /docs whose files are served', async () => {
    const { server } = await openTestServer([routes]);
    const first = await server.inject({ url: '/docs', headers: { host: HOST } });
    const url = first.statusCode === 302 ? String(first.headers['location']) : '/docs';
    const page = await server.inject({ url, headers: { host: HOST } });
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) {
      const { pathname } = new URL(file, `http://${HOST}/docs/`);
      const answer = await server.inject({ url: pathname, headers: { host: HOST } });
      expect([pathname, answer.statusCode]).toEqual([pathname, 200]);
    }
  });

  it('lists each route once, under /v1, as OpenAPI 3.1', async () => {
    const { server } = await openTestServer([routes]);
    const answer = await server.inject({ url: '/openapi.json', headers: { host: HOST } });
    expect(answer.json()).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Cairn', version: '1.2.3' },
    });
    const { paths } = answer.json<{ paths: Record<string, Record<string, unknown>> }>();
    expect(Object.keys(paths).toSorted()).toEqual(['/v1/open', '/v1/things', '/v1/things/{id}']);
    expect(paths['/v1/things/{id}']?.['get']).toMatchObject({
      summary: 'Read a thing',
      parameters: [{ in: 'path', name: 'id', required: true }],
    });
  });
});

describe('an address that only the web page knows', () => {
  const html = { host: HOST, accept: 'text/html,*/*' };

  it('is answered with the page to a browser, and with a problem to a program', async () => {
    const { server } = await openTestServer([routes], { answers_page: true });
    expect((await server.inject({ url: '/chat/7', headers: html })).body).toBe('<p>page</p>');
    const program = await server.inject({ url: '/chat/7', headers: { host: HOST } });
    expect(program.json()).toMatchObject({ code: 'not_found' });
    const api = await server.inject({ url: '/v1/chat', headers: html });
    expect(api.json()).toMatchObject({ code: 'not_found' });
    const posted = await server.inject({ method: 'POST', url: '/chat/7', headers: html });
    expect(posted.json()).toMatchObject({ code: 'not_found' });
  });

  it('is a 404 where there is no page', async () => {
    const { server } = await openTestServer([routes]);
    expect((await server.inject({ url: '/chat/7', headers: html })).statusCode).toBe(404);
  });
});
