import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { createGuardedFetch } from '../../http/index.ts';
import { limitFetch } from '../limit-fetch.ts';
import type { ToolContext } from './contract.ts';
import { httpFetch } from './http-fetch.ts';
import { runBuiltinTool } from './run-builtin.ts';
import { testingContext } from './testing-context.ts';
import { toolConformance } from './tool.conformance.ts';

const answered = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{"a":1}'),
  is_truncated: false,
};

toolConformance(httpFetch, {
  valid: [
    { url: 'https://example.com/a' },
    { url: 'https://example.com/a', method: 'POST', body: { x: 1 }, headers: { 'x-a': 'b' } },
  ],
  invalid: [
    { input: {}, message: /lacks url/ },
    { input: { url: 'https://a.b', method: 'PUT' }, message: /one of "GET", "POST"/ },
    { input: { url: 'https://a.b', body: 'x' }, message: /GET has no body/ },
    { input: { url: 'https://a.b', headers: { host: 'x' } }, message: /host is set by the server/ },
    { input: { url: 'https://a.b', headers: { 'a\r\nb': 'x' } }, message: /cannot be sent/ },
    { input: { url: 'https://a.b', headers: { a: 'x\r\ny: z' } }, message: /cannot be sent/ },
  ],
  context: () => testingContext({ fetch: async () => answered }),
});

describe('an address that is fetched', () => {
  async function start(hosts: readonly string[], allow_private = true, bytes_max = 1_000_000) {
    const server = createServer((request, response) => {
      if (request.url === '/long') return void response.end('x'.repeat(400_000));
      if (request.url === '/away') return void response.writeHead(302, { location: '/json' }).end();
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () =>
        response
          .writeHead(201, { 'content-type': 'application/json', 'set-cookie': 'a=b' })
          .end(
            JSON.stringify({ method: request.method, type: request.headers['content-type'], body }),
          ),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const fetch = createGuardedFetch({ allow_private, clock: systemClock });
    const context: ToolContext = testingContext();
    const limits = { hosts, requests_max: 2, bytes_max, listed_in: 'TOOL_FETCH_HOSTS' };
    const limited = limitFetch(fetch, limits, context.signal);
    return (input: { path: string; [key: string]: unknown }) => {
      const { path, ...rest } = input;
      return runBuiltinTool(
        httpFetch,
        { url: `http://127.0.0.1:${port}${path}`, ...rest },
        { ...context, fetch: limited },
      );
    };
  }

  it('answers with its status, what is worth knowing of its headers, and its JSON', async () => {
    const run = await start(['127.0.0.1']);
    expect(await run({ path: '/json', method: 'POST', body: { a: 1 } })).toEqual({
      status: 'success',
      output: {
        status: 201,
        headers: { 'content-type': 'application/json' },
        body: '',
        json: { method: 'POST', type: 'application/json', body: '{"a":1}' },
        is_truncated: false,
      },
    });
  });

  it('is not followed elsewhere, and is cut when it is long', async () => {
    const run = await start(['*']);
    expect(await run({ path: '/away' })).toMatchObject({
      output: { status: 302, headers: { location: '/json' }, body: '' },
    });
    const long = await run({ path: '/long' });
    expect(long).toMatchObject({ output: { is_truncated: true } });
    expect(await run({ path: '/json' })).toMatchObject({
      status: 'error',
      error: expect.stringMatching(/At most 2 requests/),
    });
  });

  it.each([
    ['another host is allowed', ['example.com'], true, /is not among those that TOOL_FETCH_HOSTS/],
    ['another port is allowed', ['127.0.0.1:1'], true, /is not among/],
    ['what is below another is allowed', ['*.0.0.1.example'], true, /is not among/],
    ['all public ones are allowed, and it is private', ['*'], false, /private network/],
  ])('is refused when %s', async (_, hosts, allow_private, error) => {
    const run = await start(hosts, allow_private);
    expect(await run({ path: '/json' })).toMatchObject({
      status: 'error',
      error: expect.stringMatching(error),
    });
  });
});
