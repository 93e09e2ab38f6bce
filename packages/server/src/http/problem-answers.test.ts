import { ERROR_CODES, type ErrorCode } from '@cairn/protocol';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.ts';
import type { HttpServer, Routes } from './server.ts';
import { HOST, openTestServer } from './testing.ts';

const config = { access: 'public' };
const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

const routes: Routes = (server) => {
  server.get('/code/:code', { config }, (request) => {
    const { code } = request.params as { code: ErrorCode };
    throw new AppError(
      code,
      `about ${code}`,
      code === 'version_mismatch' ? { current_version: 7 } : {},
    );
  });
  server.get('/fault', { config }, () => {
    throw new Error('password=hunter2 in select * from secrets');
  });
  server.get('/thrown-text', { config }, () => {
    // oxlint-disable-next-line only-throw-error -- what a library might do
    throw 'hunter2';
  });
  server.get('/rejected', { config }, () => Promise.reject(new TypeError('hunter2 is undefined')));
  server.post(
    '/json',
    { config, schema: { body: Type.Object({ n: Type.Integer() }) } },
    ({ body }) => body,
  );
  server.delete('/thing', { config }, () => ({ ok: true }));
};

async function ask(
  server: HttpServer,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS',
  url: string,
  given: { payload?: string | Buffer; headers?: Record<string, string> } = {},
) {
  const answer = await server.inject({
    method,
    url,
    ...given,
    headers: { host: HOST, ...given.headers },
  });
  return answer;
}

function expectProblem(answer: Awaited<ReturnType<typeof ask>>, code: ErrorCode) {
  const body = answer.json<Record<string, unknown>>();
  const { status, title } = ERROR_CODES[code];
  expect(answer.statusCode).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(body).toMatchObject({ type: `urn:cairn:error:${code}`, title, status, code });
  expect(body['detail']).toBeTypeOf('string');
  expect(body['error']).toBe(body['detail']);
  expect(body['request_id']).toBe(answer.headers['x-request-id']);
  return body;
}

describe('a problem answer', () => {
  it.each(CODES)('has all its fields for %s', async (code) => {
    const { server } = await openTestServer([routes]);
    const answer = await ask(server, 'GET', `/code/${code}`);
    const body = expectProblem(answer, code);
    expect(body['detail']).toBe(`about ${code}`);
    expect(body['current_version']).toBe(code === 'version_mismatch' ? 7 : undefined);
    const { 'www-authenticate': scheme, 'retry-after': wait } = answer.headers;
    expect(scheme).toBe(code === 'unauthenticated' ? 'Bearer' : undefined);
    expect(wait).toBe(code === 'unavailable' ? '1' : undefined);
  });

  it.each(['/fault', '/thrown-text', '/rejected'])(
    'tells nothing of what was not foreseen at %s, and logs it',
    async (url) => {
      const { server, logged } = await openTestServer([routes]);
      const answer = await ask(server, 'GET', url);
      const body = expectProblem(answer, 'internal_error');
      expect(answer.body).not.toMatch(/hunter2|select|at .*\.ts/);
      expect(logged()).toContain(String(body['request_id']));
      expect(logged()).toContain('hunter2');
    },
  );

  it('says 404 for an address that nobody has, without its query', async () => {
    const { server } = await openTestServer([routes]);
    const answer = await ask(server, 'GET', '/nowhere?access_token=hunter2');
    expect(expectProblem(answer, 'not_found')['detail']).toContain('GET /nowhere');
    expect(answer.body).not.toContain('hunter2');
  });

  it.each([
    ['/json', 'GET', 'POST'],
    ['/json/', 'GET', 'POST'],
    ['/v1/json?x=1', 'PUT', 'POST'],
    ['/code/conflict', 'DELETE', 'GET, HEAD'],
  ] as const)('says 405 with allow for %s and %s', async (url, method, allow) => {
    const { server } = await openTestServer([routes]);
    const answer = await ask(server, method, url);
    expectProblem(answer, 'method_not_allowed');
    expect(answer.headers['allow']).toBe(allow);
  });

  it('lists the methods for OPTIONS', async () => {
    const { server } = await openTestServer([routes]);
    const headers = { 'content-type': 'application/json' };
    const answer = await ask(server, 'OPTIONS', '/json', { headers });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['allow']).toBe('POST');
  });

  it.each(['/%zz', '/code/%ff', '/v1/%', `/code/${'x'.repeat(400)}`])(
    'says 400 for the path %s',
    async (url) => {
      const { server } = await openTestServer([routes]);
      expectProblem(await ask(server, 'GET', url), 'bad_request');
    },
  );
});

describe('a body', () => {
  const type = { 'content-type': 'application/json' };

  it.each([
    ['{"n": 1', 'invalid_json'],
    ['', 'invalid_json'],
    ['nonsense', 'invalid_json'],
    ['{"n": 1, "__proto__": {"a": 1}}', 'invalid_json'],
    ['[]', 'validation_failed'],
    ['null', 'validation_failed'],
    ['{"n": 1e999}', 'validation_failed'],
    ['{"n": 1, "deep": {"hidden": 1e999}}', 'validation_failed'],
    [`{"n": 1, "deep": ${'['.repeat(65)}${']'.repeat(65)}}`, 'validation_failed'],
    [String.raw`{"n": 1, "text": "\u0000"}`, 'validation_failed'],
    [String.raw`{"n": 1, "text": "\ud800"}`, 'validation_failed'],
  ] as const)('%j is answered with %s', async (payload, code) => {
    const { server } = await openTestServer([routes]);
    const answer = await ask(server, 'POST', '/json', { payload, headers: type });
    expectProblem(answer, code);
  });

  it('is not quoted when it is no JSON', async () => {
    const { server } = await openTestServer([routes]);
    const answer = await ask(server, 'POST', '/json', { payload: '{"a": hunter2}', headers: type });
    expect(answer.body).not.toContain('hunter2');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'nonsense'])(
    'of the type %s is answered with 415',
    async (content_type) => {
      const { server } = await openTestServer([routes]);
      const headers = { 'content-type': content_type };
      const answer = await ask(server, 'POST', '/json', { payload: '{"n": 1}', headers });
      expectProblem(answer, 'unsupported_media_type');
    },
  );

  it('of 1 MiB is taken and of one byte more is answered with 413', async () => {
    const { server } = await openTestServer([routes]);
    const payload = (bytes: number) => `{"n": 1, "x": "${'x'.repeat(bytes - 17)}"}`;
    const fits = await ask(server, 'POST', '/json', { payload: payload(1_048_576), headers: type });
    expect(fits.statusCode).toBe(200);
    const large = await ask(server, 'POST', '/json', {
      payload: payload(1_048_577),
      headers: type,
    });
    expectProblem(large, 'payload_too_large');
  });

  it('may be missing from a DELETE that names a type', async () => {
    const { server } = await openTestServer([routes]);
    for (const payload of [undefined, '']) {
      const answer = await ask(server, 'DELETE', '/thing', {
        headers: type,
        ...(payload === undefined ? {} : { payload }),
      });
      expect(answer.json()).toEqual({ ok: true });
    }
  });
});

describe('what is not HTTP', () => {
  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 'not a well-formed'],
    [
      'headers beyond 16 KiB',
      `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      '16 KiB',
    ],
  ])('is answered with a problem: %s', async (_, text, detail) => {
    const { server } = await openTestServer([routes]);
    await server.listen({ port: 0, host: '127.0.0.1' });
    const { port } = server.server.address() as { port: number };
    const socket = connect(port, '127.0.0.1');
    socket.write(text);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    await once(socket, 'close');
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 400 [^]*application\/problem\+json/);
    expect(JSON.parse(body)).toMatchObject({ code: 'bad_request', status: 400 });
    expect(body).toContain(detail);
  });
});
