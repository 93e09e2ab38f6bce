import type { ServerResponse } from 'node:http';
import type { BreadcrumbEvent } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import {
  breadcrumbId,
  frame,
  openStream,
  sendJson,
  sendProblem,
  startStubServer,
  testTiming,
  updated,
  type SeenRequest,
} from '../test/stub-server.ts';
import { CairnClient } from './client.ts';
import { CairnTimeoutError } from './errors.ts';

/**
 * A server with one open stream, which `emit` writes to, and breadcrumbs that carry the context of the last event
 * of their id (or that of `stored`).
 */
async function liveServer(stored: Record<string, unknown> = {}) {
  const known: Record<string, unknown> = { ...stored };
  let stream: ServerResponse | null = null;
  let other = (_request: SeenRequest, response: ServerResponse): void =>
    sendJson(response, 200, []);
  const server = await startStubServer((request, response) => {
    if (request.path === '/v1/events/stream') {
      stream = response;
      return openStream(response);
    }
    const id = /^\/v1\/breadcrumbs\/([^/]+)\/full$/.exec(request.path)?.[1];
    if (id === undefined) return other(request, response);
    if (!(id in known)) return sendProblem(response, 'not_found', 'Gone');
    sendJson(response, 200, { id, tags: [], schema_name: null, context: known[id] });
  });
  return {
    ...server,
    to: server.to,
    known,
    answerWith: (answer: typeof other) => (other = answer),
    emit: (...events: BreadcrumbEvent[]) =>
      stream?.write(events.map((each) => frame(each, each.seq)).join('')),
    send: (text: string) => stream?.write(text),
    drop: () => stream?.destroy(),
  };
}

const full = (server: Awaited<ReturnType<typeof liveServer>>) =>
  server.requests.filter((each) => each.path.endsWith('/full'));

describe('EventBridge', () => {
  it('keeps the last 100 breadcrumb events, newest first', async () => {
    await using server = await liveServer();
    const bridge = new CairnClient({ base_url: server.url }).events();
    await bridge.start();
    const seen = Promise.withResolvers<void>();
    bridge.on(
      (event) => event.type === 'breadcrumb.updated' && event.seq === 120 && seen.resolve(),
    );
    server.emit(...Array.from({ length: 120 }, (_, at) => updated(at + 1)));
    await seen.promise;
    expect(bridge.history.map((event) => event.seq)).toEqual(
      Array.from({ length: 100 }, (_, at) => 120 - at),
    );
    await bridge.stop();
  });

  it('finds in its history what came before the call', async () => {
    await using server = await liveServer({ [breadcrumbId(2)]: 'new', [breadcrumbId(1)]: 'old' });
    const bridge = new CairnClient({ base_url: server.url }).events();
    await bridge.start();
    const seen = Promise.withResolvers<void>();
    bridge.on((event) => event.type === 'breadcrumb.updated' && event.seq === 3 && seen.resolve());
    server.emit(
      updated(1, { tags: ['a', 'b'] }),
      updated(2, { tags: ['a', 'b'] }),
      updated(3, { tags: ['a'] }),
    );
    await seen.promise;
    await expect(bridge.waitForEvent({ tags: ['a', 'b'] })).resolves.toMatchObject({
      id: breadcrumbId(2),
      context: 'new',
    });
    await bridge.stop();
  });

  it('waits for what comes after, by schema and context, and fetches only what fits', async () => {
    await using server = await liveServer({
      [breadcrumbId(3)]: { n: 5 },
      [breadcrumbId(4)]: { n: 6 },
    });
    const bridge = new CairnClient({ base_url: server.url }).events();
    await bridge.start();
    const found = bridge.waitForEvent({
      schema_name: 'a.v1',
      context_match: [{ path: '$.n', op: 'gt', value: 4 }],
    });
    server.emit(
      updated(1, { schema_name: 'b.v1', context: { n: 9 } }),
      updated(2, { schema_name: 'a.v1', context: { n: 4 } }),
      updated(3, { schema_name: 'a.v1', context: { n: 5 } }),
      updated(4, { schema_name: 'a.v1', context: { n: 6 } }),
    );
    await expect(found).resolves.toMatchObject({ id: breadcrumbId(3), context: { n: 5 } });
    expect(full(server).map((each) => each.path)).toEqual([
      `/v1/breadcrumbs/${breadcrumbId(3)}/full`,
    ]);
    await bridge.stop();
  });

  it('reads the breadcrumb when an event leaves its context out', async () => {
    await using server = await liveServer({
      [breadcrumbId(1)]: { n: 4 },
      [breadcrumbId(2)]: { n: 5 },
    });
    const bridge = new CairnClient({ base_url: server.url }).events();
    await bridge.start();
    const found = bridge.waitForEvent({ context_match: [{ path: '$.n', op: 'eq', value: 5 }] });
    server.emit(updated(1), updated(2));
    await expect(found).resolves.toMatchObject({ id: breadcrumbId(2) });
    await bridge.stop();
  });

  it.each([
    ['context.request_id', { context: { request_id: 'r1' } }],
    ['context.requestId', { context: { requestId: 'r1' } }],
    ['the tag request:<id>', { tags: ['request:r1'] }],
  ])('knows a request by %s', async (_where, fields) => {
    await using server = await liveServer({ [breadcrumbId(1)]: {}, [breadcrumbId(2)]: {} });
    const bridge = new CairnClient({ base_url: server.url }).events();
    await bridge.start();
    const found = bridge.waitForEvent({ request_id: 'r1' });
    server.emit(
      updated(1, { tags: ['request:r2'], context: { request_id: 'r2', requestId: 3 } }),
      updated(2, fields),
    );
    await expect(found).resolves.toMatchObject({ id: breadcrumbId(2) });
    await bridge.stop();
  });

  it('does not take a deletion, or a breadcrumb that is gone, for the event', async () => {
    await using server = await liveServer({ [breadcrumbId(1)]: {}, [breadcrumbId(3)]: {} });
    const bridge = new CairnClient({ base_url: server.url }).events();
    await bridge.start();
    const found = bridge.waitForEvent({});
    server.emit(updated(1, { type: 'breadcrumb.deleted' }), updated(2), updated(3));
    await expect(found).resolves.toMatchObject({ id: breadcrumbId(3) });
    await bridge.stop();
  });

  it('rejects in time and says what it waited for', async () => {
    await using server = await liveServer();
    const timing = testTiming();
    const bridge = new CairnClient({ base_url: server.url, timing }).events();
    await bridge.start();
    const found = bridge.waitForEvent(
      { schema_name: 'a.v1', request_id: 'r1', tags: ['x'] },
      60_000,
    );
    timing.fire();
    await expect(found).rejects.toBeInstanceOf(CairnTimeoutError);
    await expect(found).rejects.toThrow(
      'No event with schema a.v1 and request id r1 and tags x came within 60 s',
    );
    await bridge.stop();
  });

  it('connects by itself on the first wait, once for all waits, and does not poll', async () => {
    await using server = await liveServer({ [breadcrumbId(1)]: {} });
    const bridge = new CairnClient({ base_url: server.url }).events();
    const first = bridge.waitForEvent({ tags: ['a'] });
    const second = bridge.waitForEvent({ tags: ['a'] });
    await bridge.start();
    server.emit(updated(1, { tags: ['a'] }));
    await Promise.all([first, second]);
    expect(server.requests.map((each) => each.path)).toEqual([
      '/v1/auth/token',
      '/v1/events/stream',
      ...full(server).map((each) => each.path),
    ]);
    expect(full(server)).toHaveLength(2);
    await bridge.stop();
  });

  it('looks once at the lists after a resync, because the event may have gone by', async () => {
    await using server = await liveServer({ [breadcrumbId(5)]: { late: true } });
    server.answerWith((_request, response) =>
      sendJson(response, 200, [
        { id: breadcrumbId(5), tags: ['a'], schema_name: 'a.v1', context: { late: true } },
      ]),
    );
    const bridge = new CairnClient({ base_url: server.url }).events();
    await bridge.start();
    const found = bridge.waitForEvent({ schema_name: 'a.v1', tags: ['a'] });
    server.send(frame({ type: 'resync', seq: 9, reason: 'no longer kept' }));
    await expect(found).resolves.toMatchObject({ id: breadcrumbId(5), context: { late: true } });
    expect(Object.fromEntries(server.to('/v1/breadcrumbs')[0]?.query ?? [])).toEqual({
      all_tags: 'a',
      schema_name: 'a.v1',
      limit: '50',
      include_context: 'true',
    });
    await bridge.stop();
  });

  it('rejects all that wait when it is stopped, and can start again', async () => {
    await using server = await liveServer({ [breadcrumbId(1)]: {} });
    const bridge = new CairnClient({ base_url: server.url }).events();
    await bridge.start();
    const found = bridge.waitForEvent({});
    await Promise.all([
      expect(found).rejects.toThrow('The event bridge was stopped'),
      bridge.stop(),
      bridge.stop(),
    ]);
    await bridge.start();
    const again = bridge.waitForEvent({});
    server.emit(updated(1));
    await expect(again).resolves.toMatchObject({ id: breadcrumbId(1) });
    await bridge.stop();
  });

  it('fails its start and its waits with what the stream threw', async () => {
    await using server = await startStubServer((_request, response) =>
      sendProblem(response, 'forbidden', 'Subscribers only'),
    );
    const bridge = new CairnClient({ base_url: server.url }).events();
    await expect(bridge.start()).rejects.toThrow('Subscribers only');
    await expect(bridge.waitForEvent({})).rejects.toThrow('Subscribers only');
  });

  it('ends one wait when its signal aborts, and leaves the others', async () => {
    await using server = await liveServer({ [breadcrumbId(1)]: {} });
    const bridge = new CairnClient({ base_url: server.url }).events();
    const stop = new AbortController();
    const first = bridge.waitForEvent({}, 60_000, { signal: stop.signal });
    const second = bridge.waitForEvent({});
    await bridge.start();
    stop.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    server.emit(updated(1));
    await expect(second).resolves.toMatchObject({ id: breadcrumbId(1) });
    await bridge.stop();
  });

  it('refuses criteria that do not follow the selector grammar', async () => {
    await using server = await liveServer();
    const bridge = new CairnClient({ base_url: server.url }).events();
    const wait = bridge.waitForEvent({ context_match: [{ path: '$.a', op: 'like', value: 1 }] });
    await expect(wait).rejects.toThrow('op is "like"');
  });
});

describe('ask', () => {
  it('listens before it speaks, and answers with the response to its own message', async () => {
    const answer = (trigger_id: string, content: string) => ({
      content,
      status: 'completed',
      caused_by: { trigger_id },
    });
    const mine = answer(breadcrumbId(1), '397.8');
    await using server = await liveServer({ [breadcrumbId(3)]: mine });
    server.answerWith((_request, response) => {
      // Both answers are on the stream before the create is answered.
      const schema_name = 'agent.response.v1';
      server.emit(
        updated(2, { schema_name, context: answer(breadcrumbId(9), 'other') }),
        updated(3, { schema_name, context: mine }),
      );
      sendJson(response, 201, { id: breadcrumbId(1) });
    });
    const client = new CairnClient({ base_url: server.url });
    const { context } = await client.ask({ content: 'what is 17% of 2340?' });
    expect(context.content).toBe('397.8');
    expect(server.requests.map((each) => each.path).slice(0, 3)).toEqual([
      '/v1/auth/token',
      '/v1/events/stream',
      '/v1/breadcrumbs',
    ]);
  });

  it('says that nobody is there instead of waiting for the answer', async () => {
    const server = await liveServer();
    await server[Symbol.asyncDispose]();
    const client = new CairnClient({ base_url: server.url, timing: testTiming() });
    await expect(client.ask({ content: 'Hello?' })).rejects.toThrow('Is the server running?');
  });

  it('ends with the reason of the signal, while it connects and while it waits', async () => {
    const stop = new AbortController();
    await using server = await startStubServer(() => stop.abort(new Error('enough')));
    const client = new CairnClient({ base_url: server.url });
    const asked = client.ask({ content: 'Hello?' }, { signal: stop.signal });
    await expect(asked).rejects.toThrow('enough');

    const later = new AbortController();
    await using live = await liveServer();
    live.answerWith((_request, response) => {
      sendJson(response, 201, { id: breadcrumbId(1) });
      response.on('finish', () => later.abort(new Error('no longer')));
    });
    const other = new CairnClient({ base_url: live.url });
    const waiting = other.ask({ content: 'Hello?' }, { signal: later.signal });
    await expect(waiting).rejects.toThrow('no longer');
  });
});
