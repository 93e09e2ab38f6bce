import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGuardedStream } from './guarded-stream.ts';

async function listen(): Promise<{ url: string; finish: () => void }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    if (request.url === '/moved') return response.writeHead(302, { location: '/' }).end();
    if (request.url === '/none') return response.writeHead(204).end();
    let text = '';
    for await (const chunk of request) text += String(chunk);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-method': request.method });
    response.write(`data: ${text}\n\n`);
    await promise;
    response.end('data: end\n\n');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    resolve();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, finish: resolve };
}

describe('a guarded stream', () => {
  it('gives an answer while it comes', async () => {
    const { url, finish } = await listen();
    const stream = createGuardedStream({ allow_private: true });
    const answer = await stream(url, { method: 'POST', body: 'hä', headers: { 'x-a': '1' } });
    expect([answer.status, answer.headers.get('x-method')]).toEqual([200, 'POST']);
    const reader = answer.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: hä\n\n');
    finish();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: end\n\n');
  });

  it('follows no redirect, and knows answers without a body', async () => {
    const { url } = await listen();
    const stream = createGuardedStream({ allow_private: true });
    expect((await stream(`${url}/moved`)).status).toBe(302);
    expect((await stream(`${url}/none`)).body).toBeNull();
  });

  it('ends when its signal aborts, before and while it is read', async () => {
    const { url } = await listen();
    const stream = createGuardedStream({ allow_private: true });
    const stop = new AbortController();
    const answer = await stream(url, { signal: stop.signal });
    const reading = answer.text();
    stop.abort(new Error('enough'));
    await expect(reading).rejects.toThrow(/abort/i);
    await expect(stream(url, { signal: stop.signal })).rejects.toThrow('enough');
  });

  it('reaches no private address, by number or by name', async () => {
    const { url } = await listen();
    await expect(createGuardedStream({ allow_private: false })(url)).rejects.toMatchObject({
      fault: 'private_address',
    });
    const resolve = (
      _: string,
      done: (error: null, found: { address: string; family: number }[]) => void,
    ) => done(null, [{ address: '127.0.0.1', family: 4 }]);
    const named = createGuardedStream({ allow_private: false, resolve });
    await expect(named(url.replace('127.0.0.1', 'evil.example'))).rejects.toMatchObject({
      fault: 'private_address',
    });
  });
});
