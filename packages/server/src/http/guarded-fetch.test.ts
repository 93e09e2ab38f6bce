import fc from 'fast-check';
import type { LookupAddress } from 'node:dns';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock, systemClock } from '../base/index.ts';
import {
  createGuardedFetch,
  OutboundError,
  readOutboundUrl,
  type OutboundRequest,
  type ResolveName,
} from './guarded-fetch.ts';

const get: OutboundRequest = { method: 'GET', timeout_ms: 5_000, response_bytes_max: 1_000 };

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

async function receiver(
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    response.end('hello'),
): Promise<{ url: string; port: number; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  onTestFinished(() => server.closeAllConnections());
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}/hook`, port, seen };
}

function resolver(...answers: LookupAddress[][]): { resolve: ResolveName; names: string[] } {
  const names: string[] = [];
  const resolve: ResolveName = (name, done) => {
    const addresses = answers[Math.min(names.length, answers.length - 1)] ?? [];
    names.push(name);
    done(addresses.length === 0 ? new Error('ENOTFOUND') : null, addresses);
  };
  return { resolve, names };
}

const here: LookupAddress = { address: '127.0.0.1', family: 4 };
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => 'sent',
    (error: unknown) => (error instanceof OutboundError ? error.fault : error),
  );

describe('a request out', () => {
  it('sends method, headers and body, and gives back status, headers and body', async () => {
    const bodies: string[] = [];
    const { url, seen } = await receiver((request, response) => {
      request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      request.on('end', () => response.writeHead(201, { 'x-answer': 'yes' }).end('made'));
    });
    const send = createGuardedFetch({ allow_private: true, clock: systemClock });
    const { status, headers, body, is_truncated } = await send(url, {
      ...get,
      method: 'POST',
      headers: { 'x-asked': 'so' },
      body: '{"é":1}',
    });
    expect([status, headers['x-answer'], body.toString(), is_truncated]).toEqual([
      201,
      'yes',
      'made',
      false,
    ]);
    expect(seen[0]?.method).toBe('POST');
    expect(seen[0]?.headers).toMatchObject({
      'x-asked': 'so',
      'content-length': '8',
      connection: 'close',
    });
    expect(bodies.join('')).toBe('{"é":1}');
  });

  it('gives a redirect back and does not follow it', async () => {
    const target = await receiver();
    const { url } = await receiver((_, response) =>
      response.writeHead(302, { location: target.url }).end(),
    );
    const send = createGuardedFetch({ allow_private: true, clock: systemClock });
    expect((await send(url, get)).status).toBe(302);
    expect(target.seen).toHaveLength(0);
  });

  it('keeps only so much of an endless answer', async () => {
    const { url } = await receiver((_, response) => {
      const more = () => {
        while (response.write('x'.repeat(10_000)));
        response.once('drain', more);
      };
      more();
    });
    const send = createGuardedFetch({ allow_private: true, clock: systemClock });
    const { body, is_truncated, status } = await send(url, get);
    expect([status, body.length, is_truncated]).toEqual([200, 1_000, true]);
  });

  it.each([
    ['nothing is answered', () => {}],
    ['the answer does not end', (response: ServerResponse) => void response.write('a')],
  ])('fails when %s in time', async (_, answer) => {
    const asked = Promise.withResolvers<void>();
    const { url } = await receiver((__, response) => {
      answer(response);
      asked.resolve();
    });
    const clock = new ManualClock();
    const send = createGuardedFetch({ allow_private: true, clock });
    const fault = faultOf(send(url, { ...get, timeout_ms: 15_000 }));
    await asked.promise;
    clock.advance(14_999);
    expect(await Promise.race([fault, Promise.resolve('waits')])).toBe('waits');
    clock.advance(1);
    expect(await fault).toBe('timeout');
  });

  it('fails when the answer breaks off, when nothing listens, and when it is no HTTP', async () => {
    const send = createGuardedFetch({ allow_private: true, clock: systemClock });
    const broken = await receiver((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    expect(await faultOf(send(broken.url, get))).toBe('failed');
    const silent = createTcpServer((socket) => void socket.resume().end('hello\r\n'));
    const port = await listen(silent);
    expect(await faultOf(send(`http://127.0.0.1:${port}`, get))).toBe('failed');
    silent.close();
    await expect(send(`http://127.0.0.1:${port}`, get)).rejects.toThrow('ECONNREFUSED');
    await expect(send(`http://127.0.0.1:${port}`, get)).rejects.not.toThrow('127.0.0.1');
    expect(await faultOf(send(`https://127.0.0.1:${broken.port}`, get))).toBe('failed');
  });

  it('is given up on a signal', async () => {
    const asked = Promise.withResolvers<void>();
    const { url } = await receiver(() => asked.resolve());
    const send = createGuardedFetch({ allow_private: true, clock: systemClock });
    const abort = new AbortController();
    const fault = faultOf(send(url, { ...get, signal: abort.signal }));
    await asked.promise;
    abort.abort();
    expect(await fault).toBe('aborted');
    expect(await faultOf(send(url, { ...get, signal: abort.signal }))).toBe('aborted');
  });
});

describe('private networks', () => {
  it('are not reached by an address, in any spelling', async () => {
    const { port, seen } = await receiver();
    const send = createGuardedFetch({ allow_private: false, clock: systemClock });
    for (const host of [
      '127.0.0.1',
      '2130706433',
      '0177.0.0.1',
      '0x7f.1',
      '0x7f000001',
      '017700000001',
      '127.1',
      '127.0.1',
      '①②⑦.⓪.⓪.①',
      '0',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[64:ff9b::7f00:1]',
      '[::127.0.0.1]',
      'localhost',
      'LOCALHOST.',
      'a.localhost',
      '169.254.169.254',
      '2852039166',
    ]) {
      expect([host, await faultOf(send(`http://${host}:${port}/`, get))]).toEqual([
        host,
        'private_address',
      ]);
    }
    expect(seen).toHaveLength(0);
  });

  it('are not reached by a name, and the message does not tell where it leads', async () => {
    const { port, seen } = await receiver();
    for (const addresses of [
      [here],
      [{ address: '8.8.8.8', family: 4 }, here],
      [{ address: '::ffff:127.0.0.1', family: 6 }],
      [{ address: '64:ff9b::7f00:1', family: 6 }],
      [{ address: '169.254.169.254', family: 4 }],
    ]) {
      const { resolve } = resolver(addresses);
      const send = createGuardedFetch({ allow_private: false, clock: systemClock, resolve });
      const error = await send(`http://hook.example:${port}/`, get).then(
        () => new Error('it was sent'),
        (thrown: Error) => thrown,
      );
      expect(error).toMatchObject({ fault: 'private_address' });
      for (const { address } of addresses) expect(error.message).not.toContain(address);
    }
    expect(seen).toHaveLength(0);
  });

  it('are not reached by a name that was public a moment ago: it is looked up once, for connecting', async () => {
    const { port, seen } = await receiver();
    const { resolve, names } = resolver([{ address: '8.8.8.8', family: 4 }], [here]);
    // The look that a check in advance would take.
    resolve('rebind.example', () => {});
    const send = createGuardedFetch({ allow_private: false, clock: systemClock, resolve });
    expect(await faultOf(send(`http://rebind.example:${port}/`, get))).toBe('private_address');
    expect(names).toHaveLength(2);
    expect(seen).toHaveLength(0);
  });

  it('are reached when that is allowed, with one look for a name', async () => {
    const { port, seen } = await receiver();
    const { resolve, names } = resolver([here]);
    const send = createGuardedFetch({ allow_private: true, clock: systemClock, resolve });
    expect((await send(`http://hook.example:${port}/`, get)).status).toBe(200);
    expect(names).toEqual(['hook.example']);
    expect(seen[0]?.headers.host).toBe(`hook.example:${port}`);
  });

  it('a name without an address is told of as such', async () => {
    const { resolve } = resolver([]);
    const send = createGuardedFetch({ allow_private: false, clock: systemClock, resolve });
    expect(await faultOf(send('http://nowhere.example/', get))).toBe('name_not_found');
  });

  it('a name that the system does not find is told of as such, and ends nothing else', async () => {
    // The system's own lookup: `.invalid` never exists. It calls back with an error and no list.
    const send = createGuardedFetch({ allow_private: false, clock: systemClock });
    expect(await faultOf(send('http://nowhere.invalid/', get))).toBe('name_not_found');
  });
});

describe('readOutboundUrl', () => {
  it('refuses a private address in every spelling, and no public one', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const is_private = ([a, b]: readonly [number, number, number, number]) =>
      a === 10 || a === 127 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32);
    const address = fc.oneof(
      fc.tuple(fc.constantFrom(10, 127), octet, octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 0, max: 99 }), octet, octet),
      fc.tuple(fc.integer({ min: 1, max: 9 }), octet, octet, octet),
    );
    fc.assert(
      fc.property(address, (parts) => {
        const [a, b, c, d] = parts;
        const number = ((a * 256 + b) * 256 + c) * 256 + d;
        const spellings = [
          parts.join('.'),
          String(number),
          `0x${number.toString(16)}`,
          `0${number.toString(8)}`,
          parts.map((part) => `0${part.toString(8)}`).join('.'),
          parts.map((part) => `0x${part.toString(16)}`).join('.'),
          `${a}.${b}.${c * 256 + d}`,
          `${a}.${(b * 256 + c) * 256 + d}`,
          `[::ffff:${parts.join('.')}]`,
        ];
        for (const host of spellings) {
          let fault = 'none';
          try {
            readOutboundUrl(`https://${host}/path`, false);
          } catch (error) {
            fault = (error as OutboundError).fault;
          }
          expect([host, fault]).toEqual([host, is_private(parts) ? 'private_address' : 'none']);
        }
      }),
    );
  });

  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com',
    'javascript:alert(1)',
    'example.com/hook',
    '//example.com',
    'http://',
    'http://user@example.com/',
    'http://user:password@example.com/',
    'http://[::1',
    'http://1.2.3.4.5/',
    '',
  ])('refuses %s', (address) => {
    expect(() => readOutboundUrl(address, true)).toThrow(OutboundError);
  });

  it('takes ordinary addresses', () => {
    for (const address of [
      'https://example.com/hook?a=1',
      'http://example.com:8080',
      'https://[2606:4700::1111]/',
    ])
      expect(readOutboundUrl(address, false).href).toContain('://');
  });
});
