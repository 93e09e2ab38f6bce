import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  frame,
  openStream,
  sendJson,
  sendProblem,
  startStubServer,
  testTiming,
  updated,
} from '../test/stub-server.ts';
import { CairnClient } from './client.ts';
import { CairnConnectionError } from './errors.ts';
import type { ReceivedEvent, StreamState } from './stream-events.ts';

const STREAM = '/v1/events/stream';

/** A server that plays one script per connection; connections beyond the last script stay silent after their ping. */
async function serverOf(...scripts: ((response: ServerResponse) => void)[]) {
  const server = await startStubServer((_request, response) => {
    const script = scripts[server.to(STREAM).length - 1] ?? openStream;
    script(response);
  });
  return server;
}

/** Reads `count` events and then leaves the stream. */
async function take(stream: AsyncIterable<ReceivedEvent>, count: number): Promise<ReceivedEvent[]> {
  const events: ReceivedEvent[] = [];
  for await (const event of stream) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

const lastIds = (server: Awaited<ReturnType<typeof serverOf>>) =>
  server.to(STREAM).map((each) => each.headers['last-event-id']);

describe('streamEvents', () => {
  it('hands on events but not pings, with the token in a header', async () => {
    await using server = await serverOf((response) => {
      openStream(response);
      response.write(
        frame(updated(1), 1) + frame({ type: 'ping', ts: 'x' }) + frame(updated(2), 2),
      );
    });
    const client = new CairnClient({ base_url: server.url });
    const selector = { any_tags: ['a,b'], schema_name: 'note.v1' };
    const stream = client.streamEvents({ selector, types: ['breadcrumb.updated', 'agent.delta'] });
    expect(await take(stream, 2)).toEqual([updated(1), updated(2)]);
    const [request] = server.to(STREAM);
    expect(request?.headers.authorization).toBe('Bearer token-1');
    expect(request?.query.get('types')).toBe('breadcrumb.updated,agent.delta');
    expect(JSON.parse(request?.query.get('filters') ?? '')).toEqual(selector);
  });

  it('comes back with Last-Event-ID after a drop in the middle of a frame', async () => {
    await using server = await serverOf(
      (response) => {
        openStream(response);
        response.write(frame(updated(41), 41) + frame(updated(42), 42).slice(0, 30), () =>
          response.destroy(),
        );
      },
      (response) => {
        openStream(response);
        response.write(frame(updated(42), 42));
      },
    );
    const client = new CairnClient({ base_url: server.url, timing: testTiming() });
    expect(await take(client.streamEvents(), 2)).toEqual([updated(41), updated(42)]);
    expect(lastIds(server)).toEqual([undefined, '41']);
  });

  it('puts frames together that come byte by byte, in the middle of characters too', async () => {
    const event = updated(1, { title: 'Žluťoučký 😀' });
    await using server = await serverOf(async (response) => {
      openStream(response);
      for (const byte of Buffer.from(frame(event, 1))) {
        await new Promise((done) => response.write(Buffer.of(byte), done));
      }
    });
    const client = new CairnClient({ base_url: server.url });
    expect(await take(client.streamEvents(), 1)).toEqual([event]);
  });

  it('continues after a sequence that the caller names', async () => {
    await using server = await serverOf((response) => {
      openStream(response);
      response.write(frame(updated(8), 8));
    });
    const client = new CairnClient({ base_url: server.url });
    await take(client.streamEvents({ last_event_id: 7 }), 1);
    expect(lastIds(server)).toEqual(['7']);
  });

  it('hands on a resync and goes on from its sequence', async () => {
    const resync = { type: 'resync', seq: 900, reason: 'no longer kept' } as const;
    await using server = await serverOf(
      (response) => {
        openStream(response);
        response.end(frame(resync));
      },
      (response) => {
        openStream(response);
        response.write(frame(updated(901), 901));
      },
    );
    const client = new CairnClient({ base_url: server.url, timing: testTiming() });
    const events = await take(client.streamEvents({ last_event_id: 1 }), 2);
    expect(events).toEqual([resync, updated(901)]);
    expect(lastIds(server)).toEqual(['1', '900']);
  });

  it('says resync itself when the connection broke before any position was known', async () => {
    await using server = await serverOf((response) => {
      openStream(response);
      response.end();
    });
    const client = new CairnClient({ base_url: server.url, timing: testTiming() });
    expect(await take(client.streamEvents(), 1)).toMatchObject([{ type: 'resync' }]);
  });

  it('takes its position from a ping that carries one', async () => {
    await using server = await serverOf(
      (response) => {
        openStream(response);
        response.end(frame({ type: 'ping', ts: 'x' }, 17));
      },
      (response) => {
        openStream(response);
        response.write(frame(updated(18), 18));
      },
    );
    const client = new CairnClient({ base_url: server.url, timing: testTiming() });
    expect(await take(client.streamEvents(), 1)).toEqual([updated(18)]);
    expect(lastIds(server)).toEqual([undefined, '17']);
  });

  it('hands on the reason when the server closes, and comes back', async () => {
    const closed = { type: 'closed', reason: 'too slow' } as const;
    await using server = await serverOf(
      (response) => {
        openStream(response);
        response.end(frame(updated(1), 1) + frame(closed));
      },
      (response) => {
        openStream(response);
        response.write(frame(updated(2), 2));
      },
    );
    const client = new CairnClient({ base_url: server.url, timing: testTiming() });
    expect(await take(client.streamEvents(), 3)).toEqual([updated(1), closed, updated(2)]);
  });

  it('leaves a connection that is silent for 15 s', async () => {
    await using server = await serverOf(openStream, (response) => {
      openStream(response);
      response.write(frame(updated(1), 1));
    });
    const timing = testTiming();
    const client = new CairnClient({ base_url: server.url, timing });
    const stream = client.streamEvents({
      last_event_id: 0,
      // By the next turn the stream waits for bytes again, and its timer is set.
      on_open: () => void setImmediate(() => server.to(STREAM).length === 1 && timing.fire()),
    });
    expect(await take(stream, 1)).toEqual([updated(1)]);
    expect(lastIds(server)).toEqual(['0', '0']);
  });

  it('waits longer after each failure, as long as the server asks, and reports its state', async () => {
    const fail = (response: ServerResponse) => sendProblem(response, 'unavailable', 'Starting');
    await using server = await serverOf(
      fail,
      fail,
      (response) => sendProblem(response, 'too_many_streams', 'Too many', { 'retry-after': '9' }),
      (response) => {
        openStream(response);
        response.write(frame(updated(1), 1));
      },
    );
    const timing = testTiming();
    const states: StreamState[] = [];
    const client = new CairnClient({ base_url: server.url, timing });
    await take(client.streamEvents({ on_state: (state) => states.push(state) }), 1);
    expect(timing.waits).toEqual([500, 1_000, 9_000]);
    const again: StreamState[] = ['connecting', 'waiting'];
    expect(states).toEqual([...again, ...again, ...again, 'connecting', 'open']);
  });

  it('throws the last failure after max_failures', async () => {
    await using server = await serverOf();
    await server[Symbol.asyncDispose]();
    const timing = testTiming();
    const client = new CairnClient({ base_url: server.url, timing, token: 't' });
    const reading = take(client.streamEvents({ max_failures: 2 }), 1);
    await expect(reading).rejects.toBeInstanceOf(CairnConnectionError);
    expect(timing.waits).toEqual([500, 1_000]);
  });

  it('throws at once on what trying again cannot mend', async () => {
    await using server = await serverOf((response) =>
      sendProblem(response, 'invalid_selector', 'context_match[0].op is "like"'),
    );
    const client = new CairnClient({ base_url: server.url, timing: testTiming() });
    const reading = take(client.streamEvents(), 1);
    await expect(reading).rejects.toMatchObject({ code: 'invalid_selector', status: 400 });
    expect(server.to(STREAM)).toHaveLength(1);
  });

  it.each([
    ['JSON instead of a stream', (response: ServerResponse) => sendJson(response, 200, [])],
    [
      'a frame that is not JSON',
      (response: ServerResponse) => {
        openStream(response);
        response.write('data: {"type":\n\n');
      },
    ],
  ])('names %s as an answer that was not expected', async (_what, script) => {
    await using server = await serverOf(script);
    const client = new CairnClient({ base_url: server.url, timing: testTiming() });
    const reading = take(client.streamEvents(), 1);
    await expect(reading).rejects.toMatchObject({ code: 'unexpected_answer' });
  });

  it('gets a new token when the server refuses the one it has', async () => {
    await using server = await startStubServer((request, response) => {
      if (request.headers.authorization === 'Bearer token-1') {
        return sendProblem(response, 'unauthenticated', 'Ended');
      }
      openStream(response);
      response.write(frame(updated(1), 1));
    });
    const client = new CairnClient({ base_url: server.url });
    expect(await take(client.streamEvents(), 1)).toEqual([updated(1)]);
  });

  it('ends without an error when the signal aborts, whatever it waits for', async () => {
    const stop = new AbortController();
    await using server = await serverOf(openStream);
    const client = new CairnClient({ base_url: server.url });
    const on_open = () => stop.abort();
    await expect(take(client.streamEvents({ signal: stop.signal, on_open }), 1)).resolves.toEqual(
      [],
    );
    await expect(take(client.streamEvents({ signal: stop.signal }), 1)).resolves.toEqual([]);
    expect(server.to(STREAM)).toHaveLength(1);
  });

  it('closes its connection when the consumer leaves', async () => {
    const left = Promise.withResolvers<void>();
    await using server = await serverOf((response) => {
      response.on('close', () => left.resolve());
      openStream(response);
      response.write(frame(updated(1), 1));
    });
    await take(new CairnClient({ base_url: server.url }).streamEvents(), 1);
    await left.promise;
  });

  it('reads no further than its consumer', async () => {
    let chunks = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          chunks += 1;
          controller.enqueue(new TextEncoder().encode(frame(updated(chunks), chunks)));
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { 'content-type': 'text/event-stream' };
    const fetch = () => Promise.resolve(new Response(body, { headers }));
    const client = new CairnClient({ base_url: 'http://stub.invalid', token: 't', fetch });
    const stream = client.streamEvents();
    await stream.next();
    for (let turn = 0; turn < 20; turn += 1) await new Promise((next) => setImmediate(next));
    expect(chunks).toBe(1);
    await stream.next();
    expect(chunks).toBe(2);
    await stream.return();
  });
});
