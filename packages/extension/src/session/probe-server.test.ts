import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeProbe, probeServer } from './probe-server.ts';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const HEALTH = { status: 'ok', service: 'cairn', version: '0.1.0' };
const SYSTEM = { auth_mode: 'dev', model: 'demo', roles: [], version: '0.1.0' };
const TOKEN = { token: 't', owner_id: 'o', agent_id: 'a', roles: [], exp: 4_000_000_000 };

/** A server that answers as Cairn does; `key` is what it wants, null in dev mode. */
function cairn(key: string | null): RequestListener {
  return (request, response) => {
    const send = (status: number, body: object): void => {
      const type = status < 400 ? 'application/json' : 'application/problem+json';
      response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
    };
    const path = request.url ?? '';
    if (path.endsWith('/health')) return send(200, HEALTH);
    if (path.endsWith('/system')) return send(200, SYSTEM);
    if (key === null || request.headers.authorization === `Bearer ${key}`) return send(200, TOKEN);
    return send(401, {
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      code: 'unauthorized',
      detail: 'the key is not known',
      request_id: 'r',
    });
  };
}

describe('the test of a connection', () => {
  it('says what it found', async () => {
    const url = await serve(cairn(null));
    const probe = await probeServer(url, null);
    expect(probe).toEqual({ outcome: 'ready', mode: 'dev', version: '0.1.0', model: 'demo' });
    expect(describeProbe(probe, false)).toBe('Connected: Cairn 0.1.0 in dev mode, model demo.');
  });

  it('tells a server that wants a key from one that wants another', async () => {
    const url = await serve(cairn('cairn_right'));
    const without = await probeServer(url, null);
    expect(without.outcome).toBe('key_needed');
    expect(describeProbe(without, false)).toContain('strict mode');
    const wrong = await probeServer(url, 'cairn_wrong');
    expect(describeProbe(wrong, true)).toBe('That key was not accepted: the key is not known');
    expect(await probeServer(url, 'cairn_right')).toMatchObject({ outcome: 'ready' });
  });

  it.each([
    ['HTML', 200, '<h1>It works</h1>'],
    ['an error page', 500, 'oops'],
    ['other JSON', 404, '{"error":"no"}'],
  ])('knows that %s is no Cairn server', async (_name, status, body) => {
    const url = await serve((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end(body);
    });
    expect(await probeServer(url, null)).toMatchObject({ outcome: 'not_cairn' });
  });

  it('says where nothing answers, and never what the key is', async () => {
    const url = await serve((request) => request.socket.destroy());
    const probe = await probeServer(url, 'cairn_secret');
    expect(probe.outcome).toBe('unreachable');
    expect(describeProbe(probe, true)).toContain(url);
    expect(JSON.stringify(probe)).not.toContain('cairn_secret');
  });
});
