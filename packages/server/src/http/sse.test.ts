import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../base/index.ts';
import { SseConnection } from './sse.ts';

/** A response of a real server, and the socket of the client that asked. */
async function openResponse() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const asked = once(server, 'request');
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const [, response] = (await asked) as [IncomingMessage, ServerResponse];
  return { socket, response };
}

describe('an event stream', () => {
  it('begins with a ping, sends one every 5 s, and frames with their sequence', async () => {
    const { socket, response } = await openResponse();
    const clock = new ManualClock();
    const stream = new SseConnection(response, { 'x-request-id': 'r' }, clock, () => {});
    stream.send('{"a":1}', 7);
    stream.send('{"b":2}');
    clock.advance(5_000);
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.split('"ping"').length === 3) break;
    }
    expect(text).toContain('content-type: text/event-stream');
    expect(text).toContain('x-request-id: r');
    const ts = (ms: number) => new Date(clock.now() + ms).toISOString();
    expect(text.match(/^(id|data): .*$/gm)).toEqual([
      `data: {"type":"ping","ts":"${ts(-5_000)}"}`,
      'id: 7',
      'data: {"a":1}',
      'data: {"b":2}',
      `data: {"type":"ping","ts":"${ts(0)}"}`,
    ]);
  });

  it('ends and says why at the first ping after what opened it counts no more', async () => {
    const { socket, response } = await openResponse();
    const clock = new ManualClock();
    const ends_at = clock.now() + 7_000;
    const holds = async () => clock.now() < ends_at;
    const stream = new SseConnection(response, {}, clock, () => {}, undefined, holds);
    clock.advance(5_000);
    await Promise.resolve();
    expect(stream.isOpen).toBe(true);
    clock.advance(5_000);
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.includes('"closed"')) break;
    }
    expect(text).toContain('data: {"type":"closed","reason":"token_expired"}');
  });

  it('is told once that the client has left, and sends nothing any more', async () => {
    const { socket, response } = await openResponse();
    const clock = new ManualClock();
    let closes = 0;
    const closed = new Promise<void>((resolve) => {
      const stream = new SseConnection(response, {}, clock, () => {
        closes++;
        expect(stream.isOpen).toBe(false);
        resolve();
      });
    });
    socket.destroy();
    await closed;
    clock.advance(60_000);
    expect(closes).toBe(1);
  });

  it('is closed from the start when the client left before it began', async () => {
    const { socket, response } = await openResponse();
    socket.destroy();
    await once(response, 'close');
    const clock = new ManualClock();
    let closes = 0;
    const stream = new SseConnection(response, {}, clock, () => closes++);
    expect(stream.isOpen).toBe(false);
    await Promise.resolve();
    clock.advance(60_000);
    expect(closes).toBe(1);
  });
});
