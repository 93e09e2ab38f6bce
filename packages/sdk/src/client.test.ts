import { describe, expect, it } from 'vitest';
import {
  breadcrumbId,
  sendJson,
  sendProblem,
  startStubServer,
  testTiming,
} from '../test/stub-server.ts';
import { CairnClient } from './client.ts';
import { CairnConnectionError, CairnError, CairnTimeoutError } from './errors.ts';

const note = { title: 'A note', tags: ['note'], context: { text: 'Hello' } };

describe('tokens', () => {
  it('asks for one token however many calls start at once, and sends it with each', async () => {
    await using server = await startStubServer((_request, response) => sendJson(response, 200, []));
    const client = new CairnClient({ base_url: server.url, agent_id: breadcrumbId(7) });
    await Promise.all([client.listBreadcrumbs(), client.listKeys(), client.listBreadcrumbs()]);
    expect(server.to('/v1/auth/token')).toMatchObject([{ body: { agent_id: breadcrumbId(7) } }]);
    const others = server.requests.filter((each) => each.path !== '/v1/auth/token');
    expect(others.map((each) => each.headers.authorization)).toEqual(
      Array.from({ length: 3 }, () => 'Bearer token-1'),
    );
  });

  it('vouches for itself with the key when it has one', async () => {
    await using server = await startStubServer((_request, response) => sendJson(response, 200, []));
    await new CairnClient({ base_url: server.url, api_key: 'cairn_abc' }).listKeys();
    const [asked] = server.to('/v1/auth/token');
    expect(asked?.headers.authorization).toBe('Bearer cairn_abc');
    expect(asked?.body).toEqual({});
  });

  it('renews the token before it ends', async () => {
    await using server = await startStubServer((_request, response) => sendJson(response, 200, []));
    let now = Date.now();
    const timing = { ...testTiming(), now: () => now };
    const client = new CairnClient({ base_url: server.url, timing });
    await client.listKeys();
    now += 3_560_000;
    await client.listKeys();
    now += 15_000;
    await client.listKeys();
    expect(server.to('/v1/keys').map((each) => each.headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  it('keeps a token that its own fast clock takes for ended, until the server refuses it', async () => {
    await using server = await startStubServer((_request, response) => sendJson(response, 200, []));
    const timing = { ...testTiming(), now: () => Date.now() + 86_400_000 };
    const client = new CairnClient({ base_url: server.url, timing });
    await client.listKeys();
    await client.listKeys();
    expect(server.to('/v1/auth/token')).toHaveLength(1);
  });

  it('gets a new token once when a call is answered 401, and repeats the call', async () => {
    await using server = await startStubServer((request, response) => {
      if (request.headers.authorization === 'Bearer token-2') return sendJson(response, 200, []);
      sendProblem(response, 'unauthenticated', 'The token has ended');
    });
    const client = new CairnClient({ base_url: server.url });
    await expect(client.listKeys()).resolves.toEqual([]);
    expect(server.requests.map((each) => each.path)).toEqual([
      '/v1/auth/token',
      '/v1/keys',
      '/v1/auth/token',
      '/v1/keys',
    ]);
  });

  it('gives up on the second 401', async () => {
    await using server = await startStubServer((_request, response) =>
      sendProblem(response, 'unauthenticated', 'No'),
    );
    const client = new CairnClient({ base_url: server.url });
    await expect(client.listKeys()).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(server.to('/v1/keys')).toHaveLength(2);
  });

  it('uses a given token as it is and never asks for another', async () => {
    await using server = await startStubServer((_request, response) =>
      sendProblem(response, 'unauthenticated', 'No'),
    );
    const client = new CairnClient({ base_url: server.url, token: 'mine' });
    await expect(client.listKeys()).rejects.toBeInstanceOf(CairnError);
    expect(server.requests.map((each) => [each.path, each.headers.authorization])).toEqual([
      ['/v1/keys', 'Bearer mine'],
    ]);
  });
});

describe('retries', () => {
  it('waits as long as Retry-After says and then repeats a read', async () => {
    await using server = await startStubServer((_request, response) => {
      if (server.to('/v1/keys').length > 1) return sendJson(response, 200, []);
      sendProblem(response, 'unavailable', 'Starting', { 'retry-after': '7' });
    });
    const timing = testTiming();
    await new CairnClient({ base_url: server.url, timing }).listKeys();
    expect(timing.waits).toEqual([7_000]);
  });

  it('does not wait for a server that asks for an hour', async () => {
    await using server = await startStubServer((_request, response) =>
      sendProblem(response, 'unavailable', 'Later', { 'retry-after': '3600' }),
    );
    const timing = testTiming();
    const call = new CairnClient({ base_url: server.url, timing }).listKeys();
    await expect(call).rejects.toMatchObject({ code: 'unavailable', retry_after_ms: 3_600_000 });
    expect(timing.waits).toEqual([]);
  });

  it('repeats a create with the same key and body after the connection broke', async () => {
    await using server = await startStubServer((request, response) => {
      const tries = server.to('/v1/breadcrumbs').length;
      if (tries === 1) return request.body && response.destroy();
      if (tries === 2) return sendProblem(response, 'unavailable', 'Starting');
      sendJson(response, 201, { id: breadcrumbId(1) });
    });
    const timing = testTiming();
    const client = new CairnClient({ base_url: server.url, timing });
    await expect(client.createBreadcrumb(note)).resolves.toMatchObject({ id: breadcrumbId(1) });
    const tries = server.to('/v1/breadcrumbs');
    expect(new Set(tries.map((each) => each.headers['idempotency-key'])).size).toBe(1);
    expect(tries[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(tries.map((each) => each.body)).toEqual([note, note, note]);
    expect(timing.waits).toEqual([250, 500]);
  });

  it('takes the key of the caller', async () => {
    await using server = await startStubServer((_request, response) => sendJson(response, 201, {}));
    const client = new CairnClient({ base_url: server.url });
    await client.createBreadcrumb(note, { idempotency_key: 'order-17' });
    expect(server.to('/v1/breadcrumbs')[0]?.headers['idempotency-key']).toBe('order-17');
  });

  it('stops after max_retries', async () => {
    await using server = await startStubServer((_request, response) =>
      sendProblem(response, 'unavailable', 'Down'),
    );
    const client = new CairnClient({ base_url: server.url, timing: testTiming(), max_retries: 2 });
    await expect(client.listKeys()).rejects.toMatchObject({ status: 503 });
    expect(server.to('/v1/keys')).toHaveLength(3);
  });

  it('sends a change, a delete and a new key once only', async () => {
    await using server = await startStubServer((_request, response) =>
      sendProblem(response, 'unavailable', 'Down'),
    );
    const client = new CairnClient({ base_url: server.url, timing: testTiming() });
    await expect(client.updateBreadcrumb('a', { title: 'b' })).rejects.toBeInstanceOf(CairnError);
    await expect(client.deleteBreadcrumb('a')).rejects.toBeInstanceOf(CairnError);
    await expect(client.createKey({ name: 'k' })).rejects.toBeInstanceOf(CairnError);
    expect(server.requests.filter((each) => each.path !== '/v1/auth/token')).toHaveLength(3);
  });

  it('says what to do when nothing listens, after few tries', async () => {
    const server = await startStubServer(() => {});
    await server[Symbol.asyncDispose]();
    const timing = testTiming();
    const client = new CairnClient({ base_url: server.url, timing });
    const error: unknown = await client.system().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CairnConnectionError);
    expect(error).toHaveProperty(
      'message',
      `Cannot reach ${server.url} (ECONNREFUSED). Is the server running? Start it with \`npm start\`.`,
    );
    expect(timing.waits).toEqual([250, 500, 1_000]);
  });

  it('times out on a server that accepts and never answers', async () => {
    await using server = await startStubServer(() => timing.fire());
    const timing = testTiming();
    const client = new CairnClient({ base_url: server.url, timing, token: 't', max_retries: 0 });
    await expect(client.listKeys()).rejects.toBeInstanceOf(CairnTimeoutError);
  });

  it('ends at once with the reason of the signal', async () => {
    const stop = new AbortController();
    await using server = await startStubServer(() => stop.abort(new Error('enough')));
    const client = new CairnClient({ base_url: server.url, token: 't' });
    await expect(client.listKeys({ signal: stop.signal })).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(1);
  });
});

describe('answers', () => {
  it('takes the sentence of a problem whose detail is a list for clients of the original', async () => {
    const problem = {
      type: 'urn:cairn:error:invalid_run',
      title: 't',
      status: 422,
      code: 'invalid_run',
      error: 'agent_id: is missing',
      detail: [{ type: 'missing', loc: ['body', 'agent_id'], msg: 'is missing' }],
    };
    await using server = await startStubServer((_request, response) =>
      sendJson(response, 422, problem),
    );
    const client = new CairnClient({ base_url: server.url, agent_id: breadcrumbId(7) });
    await expect(client.listKeys()).rejects.toMatchObject({
      code: 'invalid_run',
      detail: 'agent_id: is missing',
      problem: { detail: 'agent_id: is missing' },
    });
  });

  it('makes an error of a problem answer, with all that it says', async () => {
    await using server = await startStubServer((_request, response) =>
      sendProblem(response, 'not_found', 'There is no breadcrumb "x"'),
    );
    const client = new CairnClient({ base_url: server.url });
    const error: unknown = await client.getBreadcrumb('x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CairnError);
    expect(error).toMatchObject({
      message: 'There is no breadcrumb "x"',
      code: 'not_found',
      status: 404,
      request_id: 'req-1',
      problem: { title: 'There is no such thing, or you may not see it' },
    });
  });

  it.each([200, 502])('names an answer %i that no Cairn server gives', async (status) => {
    await using server = await startStubServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>nginx</h1>');
    });
    const client = new CairnClient({ base_url: server.url, timing: testTiming() });
    await expect(client.health()).rejects.toMatchObject({ code: 'unexpected_answer', status });
  });

  it('pages by the Link header', async () => {
    await using server = await startStubServer((request, response) => {
      const cursor = request.query.get('cursor');
      const next = `</v1/breadcrumbs?tag=note&cursor=a%2Bb>; rel="next", </x?cursor=no>; rel="last"`;
      sendJson(response, 200, [{ id: cursor ?? 'first' }], cursor === null ? { link: next } : {});
    });
    const client = new CairnClient({ base_url: server.url });
    const first = await client.listBreadcrumbs({ tag: 'note', limit: 1 });
    expect(first).toEqual({ items: [{ id: 'first' }], next_cursor: 'a+b' });
    const second = await client.listBreadcrumbs({ tag: 'note', cursor: first.next_cursor ?? '' });
    expect(second).toEqual({ items: [{ id: 'a+b' }], next_cursor: null });
  });

  it('sends every field of a list query', async () => {
    await using server = await startStubServer((_request, response) => sendJson(response, 200, []));
    await new CairnClient({ base_url: server.url }).listBreadcrumbs({
      any_tags: ['a', 'b'],
      all_tags: ['c', 'd'],
      tag: 'e',
      schema_name: 'note.v1',
      limit: 5,
      cursor: 'x',
      include_context: true,
    });
    expect([...(server.to('/v1/breadcrumbs')[0]?.query ?? [])]).toEqual([
      ['any_tags', 'a'],
      ['any_tags', 'b'],
      ['all_tags', 'c'],
      ['all_tags', 'd'],
      ['tag', 'e'],
      ['schema_name', 'note.v1'],
      ['limit', '5'],
      ['cursor', 'x'],
      ['include_context', 'true'],
    ]);
  });

  it('changes and deletes under a version, and escapes the id in the address', async () => {
    await using server = await startStubServer((_request, response) => sendJson(response, 200, {}));
    const client = new CairnClient({ base_url: `${server.url}/` });
    await client.updateBreadcrumb('a/b', { title: 'c' }, { version: 3 });
    await client.deleteBreadcrumb('a', { version: 4 });
    await client.revokeKey('k?');
    expect(
      server.requests.slice(1).map((each) => [each.method, each.path, each.headers['if-match']]),
    ).toEqual([
      ['PATCH', '/v1/breadcrumbs/a%2Fb', '"3"'],
      ['DELETE', '/v1/breadcrumbs/a', '"4"'],
      ['DELETE', '/v1/keys/k%3F', undefined],
    ]);
  });

  it('refuses a base_url that is not an http address', () => {
    expect(() => new CairnClient({ base_url: 'localhost:8081' })).toThrow(/http:\/\/127/);
  });
});

describe('messages', () => {
  it('stores a message of a new conversation', async () => {
    await using server = await startStubServer((_request, response) => sendJson(response, 201, {}));
    const client = new CairnClient({ base_url: server.url });
    await client.sendMessage({ content: 'Hello\nthere', tags: ['x'] });
    await client.sendMessage({ content: 'Again', conversation_id: 'c1' });
    const [first, second] = server.to('/v1/breadcrumbs').map((each) => each.body);
    const id: unknown = expect.stringMatching(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(first).toMatchObject({
      title: 'Hello',
      schema_name: 'user.message.v1',
      context: { content: 'Hello\nthere', conversation_id: id },
      tags: ['user:message', expect.stringMatching(/^session:[0-9a-f-]{36}$/), 'x'],
    });
    expect(second).toMatchObject({ tags: ['user:message', 'session:c1'] });
  });

  it('titles a long message with text that is still valid', async () => {
    await using server = await startStubServer((_request, response) => sendJson(response, 201, {}));
    const client = new CairnClient({ base_url: server.url });
    await client.sendMessage({ content: `${'x'.repeat(78)}😀😀` });
    await client.sendMessage({ content: '  ' });
    expect(server.to('/v1/breadcrumbs').map((each) => each.body)).toMatchObject([
      { title: `${'x'.repeat(78)}…` },
      { title: 'Message' },
    ]);
  });
});
