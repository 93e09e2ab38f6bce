import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { EventStore } from './store.ts';
import { openStreamBench } from './testing/stream-bench.ts';
import { appendMany, TEST_OWNER } from './testing.ts';

function requestText(more = ''): string {
  return `GET /events/stream HTTP/1.1\r\nhost: localhost\r\nauthorization: ${TEST_OWNER} ${newId()}\r\n${more}\r\n`;
}

describe('streams and their clients', () => {
  it('forgets a client that goes away', async () => {
    const { hub, open, publish, untilSize } = await openStreamBench();
    const staying = await open();
    const leaving = [await open(), await open('?any_tags=a'), await open('?last_event_id=0')];
    expect(hub.size).toBe(4);
    for (const client of leaving) client.close();
    await untilSize(1);
    const seq = await publish({ tags: ['a'] });
    await staying.until(({ seqs }) => seqs.includes(seq));
    staying.close();
    await untilSize(0);
  });

  it('does not keep a stream for a client that left while its token was checked', async () => {
    const asked = Promise.withResolvers<void>();
    const may_answer = Promise.withResolvers<void>();
    const { clock, hub, port, server } = await openStreamBench({
      authenticated: () => {
        asked.resolve();
        return may_answer.promise;
      },
    });
    const gone = new Promise((resolve) =>
      server.server.once('connection', (connection: net.Socket) =>
        connection.once('close', resolve),
      ),
    );
    const socket = net.connect(port, '127.0.0.1');
    socket.write(requestText());
    await asked.promise;
    socket.destroy();
    await gone;
    may_answer.resolve();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(60_000);
    expect(hub.size).toBe(0);
  });

  it('drops a client that does not read, and others notice nothing', async () => {
    const { clock, hub, open, port, publish, untilSize } = await openStreamBench();
    const fast = await open();
    const slow = net.connect(port, '127.0.0.1');
    slow.pause();
    slow.write(requestText());
    await untilSize(2);
    const context = { text: 'x'.repeat(200_000) };
    let sent = 0;
    let slowest_ms = 0;
    let is_dropped = false;
    // What the system buffers on a local connection comes on top of what the server lets wait.
    while (!is_dropped) {
      const from = performance.now();
      const seq = await publish({ context });
      await fast.until(({ seqs }) => seqs.at(-1) === seq);
      slowest_ms = Math.max(slowest_ms, performance.now() - from);
      expect(++sent).toBeLessThan(200);
      clock.advance(1_000);
      is_dropped = hub.size === 1;
    }
    const seq = await publish();
    await fast.until(({ seqs }) => seqs.at(-1) === seq);
    expect(fast.seqs).toHaveLength(sent + 1);
    expect(fast.events.some(({ type }) => type === 'closed')).toBe(false);
    expect(slowest_ms).toBeLessThan(2_000);
    slow.destroy();
  });

  it('tells a slow client why, if it reads in time', async () => {
    const { clock, db, hub, open, port, tail, untilSize } = await openStreamBench();
    const fast = await open();
    const slow = net.connect(port, '127.0.0.1');
    slow.pause();
    slow.write(requestText());
    await untilSize(2);
    // Enough for every buffer on the way.
    const seqs = await appendMany(db, 120, 200_000);
    tail.ring();
    await fast.until((client) => client.seqs.length === seqs.length);
    expect(fast.seqs).toEqual(seqs);
    // The slow one is fed from the log by now, and its patience has begun.
    await expect.poll(() => clock.isAwaited(30_000)).toBe(true);
    clock.advance(30_000);
    await new Promise((resolve) => setImmediate(resolve));
    // The time that is left for a farewell stands still now.
    let end = '';
    const told = new Promise<void>((resolve) => {
      slow.on('data', (chunk) => {
        end = (end + chunk.toString('latin1')).slice(-500);
        if (end.includes('"closed"')) resolve();
      });
    });
    slow.resume();
    await told;
    expect(end).toMatch(/data: {"type":"closed","reason":"slow_consumer: /);
    await untilSize(1);
    expect(hub.size).toBe(1);
    slow.destroy();
  });

  it('does not drop a client that reads, however much comes at once', async () => {
    const { db, open, publish, tail } = await openStreamBench();
    const clients = [await open(), await open('?types=breadcrumb.updated')];
    const seqs: number[] = [];
    for (let burst = 0; burst < 3; burst++) {
      seqs.push(...(await appendMany(db, 90, 100_000)));
      tail.ring();
      seqs.push(await publish());
    }
    for (const client of clients) {
      await client.until((each) => each.seqs.length >= seqs.length);
      expect(client.seqs).toEqual(seqs);
    }
  });

  it('answers 429 when an agent has too many streams, until it closes one', async () => {
    const { hub, open, untilSize } = await openStreamBench();
    const agent_id = newId();
    const clients = await Promise.all(Array.from({ length: 100 }, () => open('', { agent_id })));
    expect(hub.size).toBe(100);
    const refused = await open('', { agent_id });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    // Another agent is not meant.
    expect((await open()).status).toBe(200);
    clients[0]?.close();
    await untilSize(100);
    expect((await open('', { agent_id })).status).toBe(200);
  });

  it('ends a stream when the token that opened it does', async () => {
    const bench = await openStreamBench({
      authenticated: async (request) => {
        const ends_at = bench.clock.now() + 7_000;
        request.credential_holds = async () => bench.clock.now() < ends_at;
      },
    });
    const client = await bench.open();
    bench.clock.advance(5_000);
    expect(bench.hub.size).toBe(1);
    bench.clock.advance(5_000);
    await client.ended;
    expect(client.events.at(-1)).toEqual({ type: 'closed', reason: 'token_expired' });
    await bench.untilSize(0);
  });

  it('says why it ends the streams when it stops, and takes no new ones', async () => {
    const { hub, open, untilSize } = await openStreamBench();
    const clients = [await open(), await open('?last_event_id=0')];
    await Promise.all([hub.stop(), hub.stop()]);
    for (const client of clients) {
      await client.ended;
      expect(client.events.at(-1)).toEqual({ type: 'closed', reason: 'server_stopping' });
    }
    const late = await open();
    await late.ended;
    expect(late.events.at(-1)).toEqual({ type: 'closed', reason: 'server_stopping' });
    await untilSize(0);
  });

  it('says why also when the server closes before the hub stops', async () => {
    const { open, server, untilSize } = await openStreamBench();
    const client = await open();
    await server.close();
    await client.ended;
    expect(client.events.at(-1)).toEqual({ type: 'closed', reason: 'server_stopping' });
    await untilSize(0);
  });

  it('can be started twice without sending twice, and again after a stop', async () => {
    const { hub, open, publish } = await openStreamBench();
    await Promise.all([hub.start(), hub.start()]);
    const client = await open();
    const seqs = [await publish(), await publish()];
    await client.until((each) => each.seqs.includes(seqs[1] ?? 0));
    expect(client.seqs).toEqual(seqs);
    await hub.stop();
    await hub.start();
    const again = await open();
    const seq = await publish();
    await again.until((each) => each.seqs.includes(seq));
    expect(again.seqs).toEqual([seq]);
  });

  it('closes a stream whose replay fails', async () => {
    let is_away = false;
    class AwayStore extends EventStore {
      override async readTenant(...args: Parameters<EventStore['readTenant']>) {
        if (is_away) throw new Error('no database');
        return super.readTenant(...args);
      }
    }
    const { open, publish, untilSize } = await openStreamBench({
      store: (db) => new AwayStore(db),
    });
    const watching = await open();
    const first = await publish();
    await publish();
    await watching.until(({ seqs }) => seqs.length === 2);
    is_away = true;
    const client = await open(`?last_event_id=${first}`);
    await client.ended;
    expect(client.events.at(-1)).toEqual({ type: 'closed', reason: 'replay_failed' });
    await untilSize(1);
  });
});
