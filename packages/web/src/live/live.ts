import { CairnError, type CairnClient } from '@cairn/sdk';
import type { BreadcrumbEvent, StreamEvent } from '@cairn/protocol';
import type { QueryClient } from '@tanstack/react-query';
import { applyEvents } from './apply-events.ts';
import {
  FIRST_CONNECTION,
  nextConnection,
  type Connection,
  type ConnectionSignal,
} from './connection-state.ts';
import { createEventBatches } from './event-batches.ts';
import { followStream, type StreamListener } from './follow-stream.ts';
import { queryKeys } from './query-keys.ts';
import { readFailedAgain, readListsAgain, readWholeRecord } from './read-again.ts';
import type { RunDrafts } from './run-drafts.ts';
import { createStore, type Store } from './store.ts';

/** The one live connection of the page. */
export interface Live {
  readonly connection: Store<Connection>;
  readonly drafts: Store<RunDrafts>;
  /** Why the stream was refused for good, or null. A refusal is not mended by trying again. */
  readonly refusal: Store<CairnError | null>;
  /** Breadcrumb events of late, oldest first: what a list read meanwhile may have missed. */
  recentEvents(): readonly BreadcrumbEvent[];
  /** Tells of each batch of breadcrumb events once the lists are patched; the answer ends the watching. */
  watch(watcher: (events: readonly BreadcrumbEvent[]) => void): () => void;
  /** Connects at once instead of when the wait between tries is over. */
  reconnect(): void;
  /** Opens the stream, from where it was when it was stopped. Safe to call twice. */
  start(): void;
  /** Closes the stream; what was loaded stays. Safe to call twice. */
  stop(): void;
}

const RECENT_EVENTS_KEPT = 500;
const TICK_MS = 1_000;

/**
 * Makes the connection; `start()` opens the stream, and what comes patches the query cache until `stop()`.
 * `network` is the window: its `online` event is a hint to try again at once.
 */
export function createLive(client: CairnClient, cache: QueryClient, network: EventTarget): Live {
  // Where lists go on is kept as long as they are.
  cache.setQueryDefaults(queryKeys.older([]), { gcTime: Number.POSITIVE_INFINITY });
  const connection = createStore<Connection>(FIRST_CONNECTION);
  const drafts = createStore<RunDrafts>({});
  const refusal = createStore<CairnError | null>(null);
  const batches = createEventBatches(applyBatch);
  /** Ends what belongs to one start: null while stopped. */
  let started: AbortController | null = null;
  let attempt = new AbortController();
  let recent: readonly BreadcrumbEvent[] = [];
  let last_seq: number | null = null;
  const watchers = new Set<(events: readonly BreadcrumbEvent[]) => void>();

  const signal = (what: ConnectionSignal): void =>
    connection.set(nextConnection(connection.get(), what, Date.now()));

  function applyBatch(events: readonly StreamEvent[]): void {
    const applied = applyEvents(cache, drafts.get(), events);
    drafts.set(applied.drafts);
    if (applied.needs_resync) readListsAgain(cache);
    const logged = events.filter((event) => 'breadcrumb_id' in event);
    if (logged.length > 0) for (const watcher of watchers) watcher(logged);
    for (const record of applied.incomplete) void readWholeRecord(client, cache, record);
  }

  const listener: StreamListener = {
    onEvent(event) {
      if ('seq' in event) last_seq = event.seq;
      if ('breadcrumb_id' in event) recent = [...recent, event].slice(-RECENT_EVENTS_KEPT);
      batches.push(event);
    },
    onOpen() {
      signal('open');
      readFailedAgain(cache);
    },
    onLost: () => signal('lost'),
    onRefused(error) {
      signal('refused');
      if (error instanceof CairnError) refusal.set(error);
      else throw error;
    },
  };

  function connect(): void {
    if (started === null) return;
    attempt.abort();
    attempt = new AbortController();
    refusal.set(null);
    // A stream that starts without a position may have missed something since the last one.
    if (last_seq === null && connection.get().has_been_live) readListsAgain(cache);
    void followStream(client, last_seq, attempt.signal, listener);
  }

  return {
    connection,
    drafts,
    refusal,
    recentEvents: () => recent,
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    reconnect: connect,
    start() {
      if (started !== null) return;
      started = new AbortController();
      // The browser's own "offline" says nothing about a server on this machine; only its "online" is a good hint.
      network.addEventListener('online', connect, { signal: started.signal });
      const ticker = setInterval(() => signal('tick'), TICK_MS);
      started.signal.addEventListener('abort', () => clearInterval(ticker), { once: true });
      connect();
    },
    stop() {
      started?.abort();
      started = null;
      attempt.abort();
      batches.flush();
    },
  };
}
