import type { BreadcrumbEvent, StreamEvent } from '@cairn/protocol';
import { CairnClient } from '@cairn/sdk';
import { QueryClient } from '@tanstack/react-query';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrailRow } from '../trail/trail-row.ts';
import { createLive, type Live } from './live.ts';
import { queryKeys } from './query-keys.ts';
import type { Store } from './store.ts';

/** A server at the other end of `fetch`: hands out tokens, and streams whose frames the test writes. */
function fakeServer() {
  const opened: { last_event_id: string | null; send(event: StreamEvent): void }[] = [];
  let refusal: Response | null = null;
  const watchers = new Set<() => void>();
  const problem = (status: number, code: string) =>
    Response.json({ status, code, detail: `${code}!` }, { status });
  const fetch: typeof globalThis.fetch = (input, init) => {
    const url = input instanceof Request ? input.url : input.toString();
    if (url.includes('/auth/token')) {
      const exp = Math.floor(Date.now() / 1_000) + 3_600;
      return Promise.resolve(
        Response.json({ token: 't', owner_id: 'o', agent_id: 'a', roles: [], exp }),
      );
    }
    if (refusal !== null) return Promise.resolve(refusal);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const send = (event: StreamEvent) => {
      const id = 'seq' in event ? `id: ${event.seq}\n` : '';
      const frame = `${id}data: ${JSON.stringify(event)}\n\n`;
      void writer.write(new TextEncoder().encode(frame)).catch(() => undefined);
    };
    init?.signal?.addEventListener('abort', () => void writer.abort().catch(() => undefined));
    opened.push({ last_event_id: new Headers(init?.headers).get('last-event-id'), send });
    send({ type: 'ping', ts: '2026-11-21T10:00:00Z' });
    for (const watcher of watchers) watcher();
    const headers = { 'content-type': 'text/event-stream' };
    return Promise.resolve(new Response(readable, { headers }));
  };
  return {
    client: new CairnClient({ base_url: 'http://server.test', fetch }),
    opened,
    refuse(status: number, code: string) {
      refusal = problem(status, code);
    },
    /** Settles when the stream with this number (from 0) is asked for. */
    stream: (at: number) =>
      new Promise<(typeof opened)[number]>((resolve) => {
        const look = () => {
          const found = opened[at];
          if (!found) return;
          watchers.delete(look);
          resolve(found);
        };
        watchers.add(look);
        look();
      }),
  };
}

/** Settles when the value of the store is as wanted. */
function until<T>(store: Store<T>, is_wanted: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const look = () => {
      if (!is_wanted(store.get())) return;
      unwatch();
      resolve(store.get());
    };
    const unwatch = store.subscribe(look);
    look();
  });
}

/** Settles when the cache is as wanted. */
function untilCache(cache: QueryClient, is_wanted: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!is_wanted()) return;
      unwatch();
      resolve();
    };
    const unwatch = cache.getQueryCache().subscribe(look);
    look();
  });
}

const note = (seq: number): BreadcrumbEvent => ({
  type: 'breadcrumb.updated',
  seq,
  breadcrumb_id: `n${seq}`,
  owner_id: 'o',
  version: 1,
  title: `Note ${seq}`,
  tags: [],
  schema_name: null,
  updated_at: '2026-11-21T10:00:00Z',
  updated_by: null,
  context: {},
});

describe('the live connection', () => {
  const running: Live[] = [];
  afterEach(() => {
    for (const live of running.splice(0)) live.stop();
  });

  function open() {
    const server = fakeServer();
    const cache = new QueryClient();
    cache.setQueryData(queryKeys.trail, []);
    const network = new EventTarget();
    const live = createLive(server.client, cache, network);
    running.push(live);
    const titles = () =>
      (cache.getQueryData<readonly TrailRow[]>(queryKeys.trail) ?? []).map((row) => row.title);
    return { server, cache, network, live, titles };
  }

  it('is live with the first frame and patches the cache with what comes', async () => {
    const { server, cache, live, titles } = open();
    live.start();
    await until(live.connection, ({ phase }) => phase === 'live');
    const stream = await server.stream(0);
    stream.send(note(1));
    stream.send(note(2));
    await untilCache(cache, () => titles().length === 2);
    expect(titles()).toEqual(['Note 2', 'Note 1']);
    expect(live.recentEvents().map((event) => event.seq)).toEqual([1, 2]);
  });

  it('opens one stream however often it is started, and goes on where it was stopped', async () => {
    const { server, cache, live, titles } = open();
    live.start();
    live.start();
    (await server.stream(0)).send(note(7));
    await untilCache(cache, () => titles().length === 1);
    live.stop();
    live.stop();
    live.start();
    expect((await server.stream(1)).last_event_id).toBe('7');
    expect(server.opened).toHaveLength(2);
  });

  it('tries again at once when the network comes back', async () => {
    const { server, network, live } = open();
    live.start();
    await until(live.connection, ({ phase }) => phase === 'live');
    network.dispatchEvent(new Event('online'));
    await server.stream(1);
    expect(server.opened).toHaveLength(2);
  });

  it('has the lists read again after a resync', async () => {
    const { server, cache, live } = open();
    live.start();
    const stream = await server.stream(0);
    stream.send({ type: 'resync', seq: 40, reason: 'too old' });
    const is_stale = () => cache.getQueryState(queryKeys.trail)?.isInvalidated === true;
    await untilCache(cache, is_stale);
    expect(is_stale()).toBe(true);
  });

  it('says that it was refused, and does not go on trying', async () => {
    const { server, live } = open();
    server.refuse(403, 'forbidden');
    live.start();
    const refusal = await until(live.refusal, (value) => value !== null);
    expect(refusal).toMatchObject({ status: 403, code: 'forbidden' });
    expect(live.connection.get().phase).toBe('offline');
  });
});
