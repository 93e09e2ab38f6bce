import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../base/index.ts';
import { describeBus } from './bus.conformance.ts';
import { readNatsAddress } from './nats-address.ts';
import { createNatsBus } from './nats.ts';

const url = process.env['CAIRN_TEST_NATS_URL'];

describeBus({
  name: 'NATS',
  skip: url === undefined ? 'set CAIRN_TEST_NATS_URL' : undefined,
  server: { url: url ?? '', default_port: 4222 },
  open: (space, address, log) => createNatsBus(address, space, log),
});

describe('the address of NATS', () => {
  it.each([
    ['nats://127.0.0.1:4222', { servers: ['127.0.0.1:4222'] }],
    ['host', { servers: ['host'] }],
    ['nats://[::1]:4222', { servers: ['[::1]:4222'] }],
    ['nats://me:12345@host:4222', { servers: ['host:4222'], user: 'me', pass: '12345' }],
    ['nats://me:p%40ss%3A@host', { servers: ['host'], user: 'me', pass: 'p@ss:' }],
    ['nats://s3cret@host:4222', { servers: ['host:4222'], token: 's3cret' }],
    ['tls://host:4222', { servers: ['host:4222'], tls: {} }],
    ['nats://a:b@one:1, nats://two:2', { servers: ['one:1', 'two:2'], user: 'a', pass: 'b' }],
  ])('reads %s', (address, expected) => {
    expect(readNatsAddress(address)).toEqual(expected);
  });

  it.each([
    '',
    'http://host',
    'nats://',
    'nats://me:distinctive@',
    'nats://me:distinctive@host:port',
  ])('refuses %j without repeating it', (address) => {
    expect(() => readNatsAddress(address)).toThrow(
      new Error('NATS_URL: expected nats://host:port or tls://host:port'),
    );
  });

  it('gives user and password to the server', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write('INFO {"server_id":"x","version":"2.10.0","proto":1,"max_payload":1048576}\r\n');
      socket.on('data', (data) => {
        const text = data.toString();
        const [, options] = /^CONNECT (.*)\r\n/.exec(text) ?? [];
        if (options) server.emit('options', JSON.parse(options));
        if (text.includes('PING')) socket.write('PONG\r\n');
      });
    });
    server.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const given = once(server, 'options');
    const bus = await createNatsBus(`nats://me:12345@127.0.0.1:${port}`, 'cairn', silentLog);
    onTestFinished(() => bus.close());
    expect(await given).toMatchObject([{ user: 'me', pass: '12345', name: 'cairn' }]);
  });
});
