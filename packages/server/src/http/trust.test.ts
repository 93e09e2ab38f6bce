import { EXTENSION_ORIGIN } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { AppError, readSlice } from '../base/index.ts';
import { HTTP_SETTINGS } from './config.ts';
import { openTestServer } from './testing.ts';
import { assertTrusted, isAllowedOrigin, isLoopbackAddress } from './trust.ts';

const DEV = { is_local_only: true, origins: ['https://team.example'] };
const STRICT = { is_local_only: false, origins: ['https://team.example'] };

function isTrusted(host: string | undefined, origin?: string, trust = DEV): boolean {
  try {
    assertTrusted(host, origin, trust);
    return true;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'foreign_origin') throw error;
    return false;
  }
}

describe('the Host header in dev mode', () => {
  it.each([
    'localhost',
    'localhost:8081',
    'LOCALHOST:8081',
    'LocalHost',
    '127.0.0.1',
    '127.0.0.1:8081',
    '127.8.9.10:1',
    '[::1]',
    '[::1]:8081',
  ])('%s is ours', (host) => {
    expect(isTrusted(host)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'evil.com',
    'localhost.evil.com',
    'localhost.evil.com:8081',
    'evil.localhost',
    'evillocalhost',
    'localhost.',
    'localhost:80:80',
    'localhost:x',
    'localhost@evil.com',
    'evil.com#localhost',
    'localhost evil.com',
    '127.0.0.1.evil.com',
    '127.0.0.1.nip.io',
    '127.0.0.1evil.com',
    '127.1.evil.com',
    '1127.0.0.1',
    '0.0.0.0',
    '0.0.0.0:8081',
    '10.0.0.1',
    '192.168.1.5:8081',
    '[::]',
    '[::1',
    '::1]',
    '[fe80::1]:8081',
    '[::ffff:8.8.8.8]',
    '[2001:db8::1]',
    'http://localhost',
  ])('%s is foreign', (host) => {
    expect(isTrusted(host)).toBe(false);
  });

  it('is not looked at in strict mode, where tokens are not free', () => {
    expect(isTrusted('evil.com', 'https://evil.com', STRICT)).toBe(true);
  });
});

describe('the Origin header in dev mode', () => {
  it.each([
    ['localhost:8081', 'http://localhost:8081'],
    ['localhost:8081', 'https://localhost:8081'],
    ['LOCALHOST:8081', 'http://localhost:8081'],
    ['[::1]:8081', 'http://[::1]:8081'],
    ['127.0.0.1:8081', 'https://team.example'],
    ['localhost:8081', EXTENSION_ORIGIN],
    ['localhost:8081', undefined],
  ])('a request to %s may come from %s', (host, origin) => {
    expect(isTrusted(host, origin)).toBe(true);
  });

  it.each([
    'http://localhost:8082',
    'http://localhost',
    'http://127.0.0.1:8081',
    'http://localhost:8081.evil.com',
    'http://evil.com/localhost:8081',
    'https://team.example.evil.com',
    'https://team.example:444',
    'http://team.example',
    'null',
    '',
    '*',
    'file://',
    `${EXTENSION_ORIGIN}x`,
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
  ])('a request to localhost:8081 may not come from "%s"', (origin) => {
    expect(isTrusted('localhost:8081', origin)).toBe(false);
    expect(isAllowedOrigin(origin, 'localhost:8081', DEV)).toBe(false);
  });
});

describe('an address to listen on', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['localhost', true],
    ['Localhost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.0.1', false],
    ['localhost.evil.com', false],
    ['127.0.0.1.evil.com', false],
    ['', false],
  ])('%s is loopback: %s', (host, expected) => {
    expect(isLoopbackAddress(host)).toBe(expected);
  });
});

describe('CORS_ORIGINS', () => {
  const read = (text: string) => {
    const problems: string[] = [];
    const { origins } = readSlice(HTTP_SETTINGS, { CORS_ORIGINS: text }, problems);
    return { origins, problems };
  };

  it('is read as browsers write origins', () => {
    const text = 'https://Team.example/, http://localhost:5173,https://a.example:443';
    expect(read(text)).toEqual({
      origins: ['https://team.example', 'http://localhost:5173', 'https://a.example'],
      problems: [],
    });
    expect(read(EXTENSION_ORIGIN).origins).toEqual([EXTENSION_ORIGIN]);
  });

  it.each([
    '*',
    'https://*.example',
    'team.example',
    'https://team.example/app',
    'https://a@b',
    'null',
  ])('refuses %s with a sentence', (text) => {
    expect(read(text).problems).toEqual([expect.stringMatching(/^CORS_ORIGINS: expected origins/)]);
  });
});

describe('CORS', () => {
  const routes = [
    (server: Parameters<Parameters<typeof openTestServer>[0][number]>[0]) => {
      server.patch('/thing', { config: { access: 'any' } }, () => ({ ok: true }));
    },
  ];
  const host = 'cairn.example';
  const preflight = (origin: string) => ({
    method: 'OPTIONS' as const,
    url: '/thing',
    headers: {
      host,
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,content-type,if-match',
    },
  });

  it.each(['https://cairn.example', 'https://team.example', EXTENSION_ORIGIN])(
    'lets %s call, preflight first, and names it and not *',
    async (origin) => {
      const { server } = await openTestServer(routes, { trust: STRICT });
      const before = await server.inject(preflight(origin));
      expect(before.statusCode).toBe(204);
      expect(before.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': expect.stringContaining('PATCH'),
        'access-control-allow-headers': 'authorization,content-type,if-match',
        vary: expect.stringContaining('Origin'),
      });
      expect(before.headers['access-control-allow-credentials']).toBeUndefined();
      const headers = { host, origin, authorization: 'Bearer good' };
      const answer = await server.inject({ method: 'PATCH', url: '/thing', headers });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      expect(answer.headers['access-control-expose-headers']).toContain('etag');
    },
  );

  it('lets a page that may call also read why it was refused', async () => {
    const { server } = await openTestServer(routes, { trust: STRICT });
    const headers = { host, origin: 'https://team.example' };
    const refused = await server.inject({ method: 'PATCH', url: '/thing', headers });
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['access-control-allow-origin']).toBe('https://team.example');
    const missing = await server.inject({ method: 'GET', url: '/nowhere', headers });
    expect(missing.statusCode).toBe(404);
    expect(missing.headers['access-control-allow-origin']).toBe('https://team.example');
  });

  it.each(['https://evil.example', 'null', 'https://cairn.example.evil', 'chrome-extension://x'])(
    'gives %s no leave',
    async (origin) => {
      for (const trust of [STRICT, DEV]) {
        const { server } = await openTestServer(routes, { trust });
        const before = await server.inject(preflight(origin));
        expect(before.headers['access-control-allow-origin']).toBeUndefined();
        expect(before.headers['access-control-allow-methods']).toBeUndefined();
        const headers = { host, origin, authorization: 'Bearer good' };
        const answer = await server.inject({ method: 'PATCH', url: '/thing', headers });
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
    },
  );

  it('refuses in dev mode what a rebound name asks, preflight and all', async () => {
    const { server } = await openTestServer(routes, { trust: DEV });
    const rebound = await server.inject(preflight('http://cairn.example'));
    expect(rebound.statusCode).toBe(403);
    expect(rebound.json()).toMatchObject({ code: 'foreign_origin' });
    expect(rebound.headers['access-control-allow-origin']).toBeUndefined();
  });
});
