import {
  compileSelector,
  requestTag,
  type BreadcrumbContext,
  type BreadcrumbEvent,
  type BreadcrumbFull,
  type ContextRule,
  type Selector,
  type StreamEvent,
} from '@cairn/protocol';
import { abortReason, asError, CairnError, CairnTimeoutError } from './errors.ts';
import type { ReceivedEvent, StreamOptions, StreamState } from './stream-events.ts';
import { systemTiming, type Timing } from './timing.ts';

/** What the bridge needs of a client; a `CairnClient` has it. */
export interface BridgeClient {
  streamEvents(options: StreamOptions): AsyncIterable<ReceivedEvent>;
  getBreadcrumbFull(id: string, options?: { signal?: AbortSignal }): Promise<BreadcrumbFull>;
  listBreadcrumbs(query: {
    schema_name?: string;
    all_tags?: readonly string[];
    limit: number;
    include_context: true;
  }): Promise<{ items: BreadcrumbContext[] }>;
}

/** What `events()` and `new EventBridge()` are told. */
export interface EventBridgeOptions {
  /** Which breadcrumbs to listen to; absent means all that the caller may read. */
  selector?: Selector;
  /** Types of events; see `StreamOptions.types`. */
  types?: readonly StreamEvent['type'][];
  /** How many breadcrumb events to remember. Default 100. */
  history_size?: number;
  /** See `StreamOptions.max_failures`. */
  max_failures?: number;
  /** Called on each change of the state of the connection. */
  on_state?: (state: StreamState) => void;
  timing?: Timing;
}

/** Which event to wait for. All fields that are given must hold. */
export interface EventCriteria {
  schema_name?: string;
  /** `context.request_id` or `context.requestId`, or the tag `request:<id>`. A request and its answer share it: name the schema too. */
  request_id?: string;
  /** All of these tags. */
  tags?: readonly string[];
  context_match?: ContextRule[];
}

const HISTORY_SIZE = 100;
/** Rows read once per waiting caller after a gap that the server could not fill. */
const CATCH_UP_ROWS = 50;

interface Waiter {
  readonly criteria: EventCriteria;
  /** Looks at a breadcrumb that may be the one; settles the wait if it is. */
  examine(candidate: Candidate): void;
  fail(error: Error): void;
}

interface Candidate {
  readonly id: string;
  readonly tags: readonly string[];
  readonly schema_name: string | null;
  readonly context?: unknown;
}

/**
 * One event stream that many parts of a program share: it remembers the last events and lets callers wait for one.
 * It never polls. An event that came before the call is found in the history, so
 * "send, then wait" has no gap as long as the bridge was started before the send.
 *
 * @example
 * const bridge = client.events();
 * await bridge.start();
 * const message = await client.sendMessage({ content: 'what is 17% of 2340?' });
 * const answer = await bridge.waitForEvent({
 *   schema_name: 'agent.response.v1',
 *   context_match: [{ path: '$.caused_by.trigger_id', op: 'eq', value: message.id }],
 * });
 * await bridge.stop();
 */
export class EventBridge {
  readonly #client: BridgeClient;
  readonly #options: EventBridgeOptions;
  readonly #timing: Timing;
  readonly #listeners = new Set<(event: ReceivedEvent) => void>();
  readonly #waiters = new Set<Waiter>();
  readonly #history: BreadcrumbEvent[] = [];
  #run: { stop: AbortController; opened: Promise<void>; ended: Promise<void> } | null = null;

  constructor(client: BridgeClient, options: EventBridgeOptions = {}) {
    this.#client = client;
    this.#options = options;
    this.#timing = options.timing ?? systemTiming;
  }

  /** The last breadcrumb events, newest first. */
  get history(): readonly BreadcrumbEvent[] {
    return this.#history;
  }

  /**
   * Connects; resolves when the stream stands. Safe to call twice: the second call waits for the same connection.
   * @throws what `streamEvents` throws.
   */
  start(): Promise<void> {
    this.#run ??= this.#connect();
    return this.#run.opened;
  }

  /** Disconnects; callers that still wait are rejected. Safe to call twice. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (run === null) return;
    run.stop.abort();
    await run.ended;
  }

  /**
   * Calls `listener` for every event of the stream, the passing ones (`agent.delta`) and `resync` included.
   * @returns a function that ends this.
   */
  on(listener: (event: ReceivedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves with the whole breadcrumb of the first event that fits: first the history, newest first, then what comes.
   * Starts the bridge if needed.
   * @throws CairnTimeoutError after `timeout_ms` milliseconds; SelectorError for a bad `context_match`.
   */
  waitForEvent(
    criteria: EventCriteria,
    timeout_ms = 60_000,
    options: { signal?: AbortSignal } = {},
  ): Promise<BreadcrumbFull> {
    return new Promise((resolve, reject) => {
      const matches = compileCriteria(criteria);
      const { signal } = options;
      signal?.throwIfAborted();
      const settle = (finish: () => void): void => {
        if (!this.#waiters.delete(waiter)) return;
        cancel();
        signal?.removeEventListener('abort', abort);
        finish();
      };
      const fail = (error: Error): void => settle(() => reject(error));
      const abort = (): void => {
        if (signal) fail(abortReason(signal));
      };
      const check = async (candidate: Candidate): Promise<void> => {
        if (!this.#waiters.has(waiter)) return;
        const is_known = candidate.context !== undefined;
        if (is_known && !matches.context(candidate)) return;
        const full = await this.#fetch(candidate.id);
        if (full === null) return;
        // The tags stay those of the event: the record may have moved on since.
        if (is_known || matches.context({ ...candidate, context: full.context })) {
          settle(() => resolve(full));
        }
      };
      // One after the other, so that of two events that fit the one that came first is the answer.
      let checks = Promise.resolve();
      const waiter: Waiter = {
        criteria,
        examine(candidate) {
          if (matches.envelope(candidate)) checks = checks.then(() => check(candidate)).catch(fail);
        },
        fail,
      };
      const cancel = this.#timing.after(timeout_ms, () =>
        fail(
          new CairnTimeoutError(
            `No event with ${describe(criteria)} came within ${timeout_ms / 1_000} s`,
            timeout_ms,
          ),
        ),
      );
      // Registered before the history is read, so that nothing falls between the two.
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      for (const event of this.#history) examineEvent(waiter, event);
      this.start().catch(fail);
    });
  }

  #connect(): { stop: AbortController; opened: Promise<void>; ended: Promise<void> } {
    const stop = new AbortController();
    const opened = Promise.withResolvers<void>();
    const ended = this.#read(stop.signal, opened.resolve).then(
      () => new CairnError({ code: 'stopped', status: 0, detail: 'The event bridge was stopped' }),
      asError,
    );
    const finished = ended.then((error) => {
      this.#run = null;
      opened.reject(error);
      for (const waiter of this.#waiters) waiter.fail(error);
    });
    // Whoever does not wait for the start must not bring the process down when it fails.
    opened.promise.catch(() => {});
    return { stop, opened: opened.promise, ended: finished };
  }

  async #read(signal: AbortSignal, on_open: () => void): Promise<void> {
    const { selector, types, on_state, max_failures } = this.#options;
    const events = this.#client.streamEvents({
      signal,
      on_open,
      ...(selector ? { selector } : {}),
      ...(types ? { types } : {}),
      ...(on_state ? { on_state } : {}),
      ...(max_failures === undefined ? {} : { max_failures }),
    });
    for await (const event of events) {
      if (isBreadcrumbEvent(event)) this.#remember(event);
      if (event.type === 'resync') for (const waiter of this.#waiters) this.#catchUp(waiter);
      for (const listener of this.#listeners) listener(event);
    }
  }

  #remember(event: BreadcrumbEvent): void {
    this.#history.unshift(event);
    this.#history.length = Math.min(
      this.#history.length,
      this.#options.history_size ?? HISTORY_SIZE,
    );
    for (const waiter of this.#waiters) examineEvent(waiter, event);
  }

  /** After a gap the event may already have gone by; one look at the newest records of the kind closes it. */
  #catchUp(waiter: Waiter): void {
    const { schema_name, tags } = waiter.criteria;
    this.#client
      .listBreadcrumbs({
        limit: CATCH_UP_ROWS,
        include_context: true,
        ...(schema_name === undefined ? {} : { schema_name }),
        ...(tags === undefined ? {} : { all_tags: tags }),
      })
      .then(({ items }) => items.forEach((item) => waiter.examine(item)))
      .catch((error: unknown) => waiter.fail(asError(error)));
  }

  /** Null when the breadcrumb is gone again, or not ours to read in full. */
  async #fetch(id: string): Promise<BreadcrumbFull | null> {
    try {
      return await this.#client.getBreadcrumbFull(id);
    } catch (error) {
      if (error instanceof CairnError && (error.status === 404 || error.status === 403))
        return null;
      throw error;
    }
  }
}

/** True for the events that last: a breadcrumb was created, updated or deleted. */
export function isBreadcrumbEvent(event: StreamEvent): event is BreadcrumbEvent {
  return event.type.startsWith('breadcrumb.');
}

function examineEvent(waiter: Waiter, event: BreadcrumbEvent): void {
  if (event.type !== 'breadcrumb.deleted') waiter.examine({ ...event, id: event.breadcrumb_id });
}

function compileCriteria(criteria: EventCriteria): {
  envelope(candidate: Candidate): boolean;
  context(candidate: Candidate): boolean;
} {
  const { schema_name, tags, context_match, request_id } = criteria;
  const envelope = compileSelector({
    ...(schema_name === undefined ? {} : { schema_name }),
    ...(tags === undefined ? {} : { all_tags: [...tags] }),
  });
  const context = compileSelector(context_match === undefined ? {} : { context_match });
  return {
    envelope: (candidate) => envelope.matches(candidate),
    context: (candidate) =>
      context.matches(candidate) && (request_id === undefined || answers(candidate, request_id)),
  };
}

function answers({ tags, context }: Candidate, request_id: string): boolean {
  if (tags.includes(requestTag(request_id))) return true;
  if (typeof context !== 'object' || context === null) return false;
  return (
    ('request_id' in context && context.request_id === request_id) ||
    ('requestId' in context && context.requestId === request_id)
  );
}

function describe({ schema_name, request_id, tags, context_match }: EventCriteria): string {
  const parts = [
    ...(schema_name === undefined ? [] : [`schema ${schema_name}`]),
    ...(request_id === undefined ? [] : [`request id ${request_id}`]),
    ...(tags === undefined || tags.length === 0 ? [] : [`tags ${tags.join(', ')}`]),
    ...(context_match ?? []).map((r) => `${r.path} ${r.op} ${JSON.stringify(r.value ?? null)}`),
  ];
  return parts.length > 0 ? parts.join(' and ') : 'any content';
}
