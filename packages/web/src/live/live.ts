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
import { queryKeys } from './query-keys.ts';
import { upsertRecord, type LiveRecord } from './record.ts';
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
  /** Connects at once instead of when the wait between tries is over. */
  reconnect(): void;
  /** Opens the stream, from where it was when it was stopped. Safe to call twice. */
  start(): void;
  /** Closes the stream; what was loaded stays. Safe to call twice. */
  stop(): void;
}

const TYPES = ['breadcrumb.updated', 'breadcrumb.deleted', 'agent.delta', 'agent.status'] as const;
/** Events are applied together, at most this often: a fast model writes more than a hundred pieces a second. */
const BATCH_MS = 40;
const RECENT_EVENTS_KEPT = 500;
const TICK_MS = 1_000;

/**
 * Makes the connection; `start()` opens the stream, and what comes patches the query cache until `stop()`.
 * `network` is the window: its `online` event is a hint to try again at once.
 */
export function createLive(client: CairnClient, cache: QueryClient, network: EventTarget): Live {
  const connection = createStore<Connection>(FIRST_CONNECTION);
  const drafts = createStore<RunDrafts>({});
  const refusal = createStore<CairnError | null>(null);
  /** Ends what belongs to one start: null while stopped. */
  let started: AbortController | null = null;
  let attempt = new AbortController();
  let recent: readonly BreadcrumbEvent[] = [];
  let queue: StreamEvent[] = [];
  let batch_timer: ReturnType<typeof setTimeout> | null = null;
  let last_seq: number | null = null;

  const signal = (what: ConnectionSignal): void =>
    connection.set(nextConnection(connection.get(), what, Date.now()));

  function flush(): void {
    batch_timer = null;
    const events = queue;
    queue = [];
    const applied = applyEvents(cache, drafts.get(), events);
    drafts.set(applied.drafts);
    if (applied.needs_resync) readAllAgain();
    for (const { id, conversation_id } of applied.incomplete) void complete(id, conversation_id);
  }

  function receive(event: StreamEvent): void {
    if ('seq' in event) last_seq = event.seq;
    if ('breadcrumb_id' in event) recent = [...recent, event].slice(-RECENT_EVENTS_KEPT);
    queue.push(event);
    batch_timer ??= setTimeout(flush, BATCH_MS);
  }

  function readAllAgain(): void {
    for (const queryKey of [
      queryKeys.trail,
      queryKeys.conversations,
      queryKeys.all_conversations,
    ]) {
      void cache.invalidateQueries({ queryKey });
    }
  }

  /** What could not be read while the server was gone can be read now. */
  function readFailedAgain(): void {
    void cache.refetchQueries({ predicate: ({ state }) => state.status === 'error' });
  }

  /** Fetches the one record whose context was too large for its event. */
  async function complete(id: string, conversation_id: string): Promise<void> {
    try {
      const record = await client.getBreadcrumb(id);
      cache.setQueryData<readonly LiveRecord[]>(
        queryKeys.conversation(conversation_id),
        (known) => known && upsertRecord(known, record),
      );
    } catch {
      // It may be gone by now; the next read of the conversation settles it.
    }
  }

  async function run(abort: AbortSignal): Promise<void> {
    // A stream that starts without a position may have missed something since the last one.
    if (last_seq === null && connection.get().has_been_live) readAllAgain();
    try {
      const events = client.streamEvents({
        types: TYPES,
        signal: abort,
        ...(last_seq === null ? {} : { last_event_id: last_seq }),
        on_state: (state) => {
          if (abort.aborted || state === 'connecting') return;
          signal(state === 'open' ? 'open' : 'lost');
          if (state === 'open') readFailedAgain();
        },
      });
      for await (const event of events) {
        if (abort.aborted) return;
        receive(event);
      }
    } catch (error) {
      if (abort.aborted) return;
      signal('refused');
      if (error instanceof CairnError) refusal.set(error);
      else throw error;
    }
  }

  function connect(): void {
    if (started === null) return;
    attempt.abort();
    attempt = new AbortController();
    refusal.set(null);
    void run(attempt.signal);
  }

  return {
    connection,
    drafts,
    refusal,
    recentEvents: () => recent,
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
      if (batch_timer !== null) clearTimeout(batch_timer);
      if (queue.length > 0) flush();
    },
  };
}
