import {
  SCHEMAS,
  type ApiKeyCreated,
  type ApiKeyItem,
  type BreadcrumbContext,
  type BreadcrumbCreate,
  type BreadcrumbFull,
  type BreadcrumbItem,
  type BreadcrumbPatch,
  type BreadcrumbVersion,
} from '@cairn/protocol';
import type {
  AnswerBreadcrumb,
  CairnClientOptions,
  CallOptions,
  ChangeOptions,
  CreateOptions,
  Health,
  KeyInput,
  ListQuery,
  MessageInput,
  Page,
  SystemInfo,
} from './client-types.ts';
import { EventBridge, type EventBridgeOptions } from './event-bridge.ts';
import { asAnswer, messageBreadcrumb, randomId } from './message.ts';
import {
  sendRequest,
  type ApiAnswer,
  type ApiRequest,
  type TokenSource,
  type Transport,
} from './send-request.ts';
import { streamEvents, type ReceivedEvent, type StreamOptions } from './stream-events.ts';
import { systemTiming } from './timing.ts';
import { fixedToken, requestedToken } from './token-source.ts';

/**
 * A client of one Cairn server. It gets its token by itself, renews it, and tries again what may be tried again:
 * reads, and creates, which carry an `Idempotency-Key`. Changes and deletes are sent once.
 *
 * Every method throws `CairnError` when the server says no, `CairnConnectionError` when it cannot be reached and
 * `CairnTimeoutError` when it does not answer in time.
 *
 * @example
 * const client = new CairnClient({ base_url: 'http://127.0.0.1:8081' });
 * const note = await client.createBreadcrumb({ title: 'A note', tags: ['note'], context: { text: 'Hello' } });
 * const answer = await client.ask({ content: 'what is 17% of 2340?' });
 * console.log(note.id, answer.context.content);
 */
export class CairnClient {
  readonly #transport: Transport;
  readonly #tokens: TokenSource;

  /** Connects to nothing yet. @throws TypeError when `base_url` is not an http address. */
  constructor(options: CairnClientOptions) {
    const { fetch } = options;
    this.#transport = {
      base_url: checkedUrl(options.base_url),
      // Browsers refuse a `fetch` that was taken off its window.
      fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
      timing: options.timing ?? systemTiming,
      max_retries: options.max_retries ?? 3,
      timeout_ms: options.timeout_ms ?? 30_000,
    };
    this.#tokens =
      options.token === undefined
        ? requestedToken(this.#transport, options)
        : fixedToken(options.token);
  }

  /**
   * Stores a new breadcrumb. When it returns, the record and its event are durable.
   *
   * @example
   * const created = await client.createBreadcrumb({ title: 'A note', tags: ['note'], context: { text: 'Hello' } });
   */
  async createBreadcrumb(
    body: BreadcrumbCreate,
    options: CreateOptions = {},
  ): Promise<BreadcrumbFull> {
    const headers = { 'idempotency-key': options.idempotency_key ?? randomId() };
    const request = {
      method: 'POST',
      path: '/v1/breadcrumbs',
      body,
      headers,
      retry: true,
    } as const;
    return (await this.#send<BreadcrumbFull>({ ...request, signal: options.signal })).body;
  }

  /**
   * What a reader of a breadcrumb needs: title, tags and context.
   *
   * @example
   * const { title, context } = await client.getBreadcrumb(id);
   */
  getBreadcrumb(id: string, options: CallOptions = {}): Promise<BreadcrumbContext> {
    return this.#get(breadcrumbPath(id), options);
  }

  /**
   * Everything that is stored of a breadcrumb, such as who made it and its checksum.
   *
   * @example
   * const { created_by, checksum } = await client.getBreadcrumbFull(id);
   */
  getBreadcrumbFull(id: string, options: CallOptions = {}): Promise<BreadcrumbFull> {
    return this.#get(`${breadcrumbPath(id)}/full`, options);
  }

  /**
   * All versions of a breadcrumb, newest first.
   *
   * @example
   * for (const { version, title } of await client.getBreadcrumbHistory(id)) console.log(version, title);
   */
  getBreadcrumbHistory(id: string, options: CallOptions = {}): Promise<BreadcrumbVersion[]> {
    return this.#get(`${breadcrumbPath(id)}/history`, options);
  }

  /**
   * One page of breadcrumbs, the newest `updated_at` first.
   *
   * @example
   * let cursor: string | null = null;
   * do {
   *   const page = await client.listBreadcrumbs({ tag: 'note', ...(cursor ? { cursor } : {}) });
   *   for (const { title } of page.items) console.log(title);
   *   cursor = page.next_cursor;
   * } while (cursor);
   */
  listBreadcrumbs(
    query: ListQuery & { include_context: true },
    options?: CallOptions,
  ): Promise<Page<BreadcrumbContext>>;
  listBreadcrumbs(
    query?: ListQuery & { include_context?: false },
    options?: CallOptions,
  ): Promise<Page<BreadcrumbItem>>;
  listBreadcrumbs(
    query?: ListQuery,
    options?: CallOptions,
  ): Promise<Page<BreadcrumbItem | BreadcrumbContext>>;
  async listBreadcrumbs(
    query: ListQuery = {},
    options: CallOptions = {},
  ): Promise<Page<BreadcrumbItem | BreadcrumbContext>> {
    const { body, headers } = await this.#send<BreadcrumbItem[]>({
      method: 'GET',
      path: '/v1/breadcrumbs',
      query: listParameters(query),
      retry: true,
      signal: options.signal,
    });
    return { items: body, next_cursor: nextCursor(headers.get('link')) };
  }

  /**
   * Changes the fields that are given; `context` is replaced whole. With `version` it succeeds only if nobody was faster.
   *
   * @example
   * const { version } = await client.getBreadcrumb(id);
   * await client.updateBreadcrumb(id, { title: 'A better title' }, { version });
   */
  async updateBreadcrumb(
    id: string,
    patch: BreadcrumbPatch,
    options: ChangeOptions = {},
  ): Promise<BreadcrumbFull> {
    const path = breadcrumbPath(id);
    return (await this.#change<BreadcrumbFull>('PATCH', path, options, patch)).body;
  }

  /**
   * Deletes a breadcrumb, and its history with it.
   *
   * @example
   * await client.deleteBreadcrumb(id, { version: 3 });
   */
  async deleteBreadcrumb(id: string, options: ChangeOptions = {}): Promise<void> {
    await this.#change('DELETE', breadcrumbPath(id), options);
  }

  /**
   * Whether the server is up and its database answers. Needs no token.
   *
   * @example
   * const { status, version } = await client.health();
   */
  async health(options: CallOptions = {}): Promise<Health> {
    const request = {
      method: 'GET',
      path: '/health',
      retry: true,
      signal: options.signal,
    } as const;
    return (await sendRequest<Health>(this.#transport, request, null)).body;
  }

  /**
   * What runs on the server, and as whom this client acts.
   *
   * @example
   * const { auth_mode, storage, model } = await client.system();
   */
  system(options: CallOptions = {}): Promise<SystemInfo> {
    return this.#get('/v1/system', options);
  }

  /**
   * Makes an API key. Its answer is the only one that holds the key itself. Curators only.
   *
   * @example
   * const { key } = await client.createKey({ name: 'build server', roles: ['emitter'] });
   */
  async createKey(input: KeyInput, options: CallOptions = {}): Promise<ApiKeyCreated> {
    // Not repeated: a lost answer would leave a key behind that nobody has seen.
    const request = { method: 'POST', path: '/v1/keys', body: input, retry: false } as const;
    return (await this.#send<ApiKeyCreated>({ ...request, signal: options.signal })).body;
  }

  /**
   * The API keys of the tenant, without the keys themselves. Curators only.
   *
   * @example
   * for (const { id, name, last_used_at } of await client.listKeys()) console.log(id, name, last_used_at);
   */
  listKeys(options: CallOptions = {}): Promise<ApiKeyItem[]> {
    return this.#get('/v1/keys', options);
  }

  /**
   * Ends an API key at once. Curators only.
   *
   * @example
   * await client.revokeKey(key.id);
   */
  async revokeKey(id: string, options: CallOptions = {}): Promise<void> {
    const path = `/v1/keys/${encodeURIComponent(id)}`;
    await this.#send({ method: 'DELETE', path, retry: false, signal: options.signal });
  }

  /**
   * Live events, one connection for each call. It connects when the first event is asked for and comes back by itself after a
   * loss. See `StreamOptions`; `events()` shares one stream among many listeners.
   *
   * @example
   * const stop = new AbortController();
   * for await (const event of client.streamEvents({ types: ['breadcrumb.updated', 'agent.delta'], signal: stop.signal })) {
   *   if (event.type === 'agent.delta') process.stdout.write(event.text);
   * }
   */
  streamEvents(options: StreamOptions = {}): AsyncGenerator<ReceivedEvent, void, undefined> {
    return streamEvents(this.#transport, this.#tokens, options);
  }

  /**
   * An `EventBridge` on this client; call `start()` on it, and `stop()` at the end.
   *
   * @example
   * const bridge = client.events({ selector: { all_tags: ['session:42'] } });
   * await bridge.start();
   */
  events(options: EventBridgeOptions = {}): EventBridge {
    return new EventBridge(this, { timing: this.#transport.timing, ...options });
  }

  /**
   * Says something to the agents. Returns the stored message; its context holds the `conversation_id`.
   *
   * @example
   * const message = await client.sendMessage({ content: 'Hello', conversation_id: 'my-conversation' });
   */
  sendMessage(input: MessageInput, options: CreateOptions = {}): Promise<BreadcrumbFull> {
    return this.createBreadcrumb(messageBreadcrumb(input), options);
  }

  /**
   * Says something to the agents and waits for the answer. A run that failed is an answer too: look at `context.status`.
   * To show the text as it is written, use `streamEvents` with `agent.delta`.
   *
   * @example
   * const { context } = await client.ask({ content: 'what is 17% of 2340?' });
   * console.log(context.status === 'completed' ? context.content : context.error?.message);
   *
   * @throws CairnTimeoutError when there is none after `timeout_ms` (default 120,000 milliseconds).
   */
  async ask(
    input: MessageInput,
    options: CreateOptions & { timeout_ms?: number } = {},
  ): Promise<AnswerBreadcrumb> {
    const { signal, timeout_ms = 120_000 } = options;
    signal?.throwIfAborted();
    const bridge = this.events({
      selector: { schema_name: SCHEMAS.agent_response },
      // Somebody waits here, so a server that is not there must be said, not waited for.
      max_failures: this.#transport.max_retries,
    });
    const stop = (): void => void bridge.stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      // Listening comes before speaking: an answer can be faster than the next request.
      await bridge.start();
      const message = await this.sendMessage(input, options);
      return asAnswer(
        await bridge.waitForEvent(answerTo(message.id), timeout_ms, signal ? { signal } : {}),
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      await bridge.stop();
    }
  }

  async #get<T>(path: string, { signal }: CallOptions): Promise<T> {
    return (await this.#send<T>({ method: 'GET', path, retry: true, signal })).body;
  }

  #change<T>(
    method: 'PATCH' | 'DELETE',
    path: string,
    { version, signal }: ChangeOptions,
    body?: unknown,
  ): Promise<ApiAnswer<T>> {
    const headers: Record<string, string> =
      version === undefined ? {} : { 'if-match': `"${version}"` };
    return this.#send<T>({ method, path, headers, body, retry: false, signal });
  }

  #send<T>(request: ApiRequest): Promise<ApiAnswer<T>> {
    return sendRequest<T>(this.#transport, request, this.#tokens);
  }
}

/**
 * Criteria for `waitForEvent` that only the answer to this message meets.
 *
 * @example
 * const answer = await bridge.waitForEvent(answerTo(message.id));
 */
export function answerTo(message_id: string): {
  schema_name: string;
  context_match: { path: string; op: string; value: string }[];
} {
  return {
    schema_name: SCHEMAS.agent_response,
    context_match: [{ path: '$.caused_by.trigger_id', op: 'eq', value: message_id }],
  };
}

const breadcrumbPath = (id: string): string => `/v1/breadcrumbs/${encodeURIComponent(id)}`;

function checkedUrl(base_url: string): string {
  const trimmed = base_url.replace(/\/+$/, '');
  // Empty means the page's own origin, which only a browser has.
  if (trimmed === '') return '';
  const url = URL.canParse(trimmed) ? new URL(trimmed) : null;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new TypeError(
      `base_url is "${base_url}"; expected an address such as http://127.0.0.1:8081`,
    );
  }
  return trimmed;
}

function listParameters(query: ListQuery): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const tag of query.any_tags ?? []) parameters.append('any_tags', tag);
  for (const tag of query.all_tags ?? []) parameters.append('all_tags', tag);
  if (query.tag !== undefined) parameters.set('tag', query.tag);
  if (query.schema_name !== undefined) parameters.set('schema_name', query.schema_name);
  if (query.limit !== undefined) parameters.set('limit', String(query.limit));
  if (query.cursor !== undefined) parameters.set('cursor', query.cursor);
  if (query.include_context) parameters.set('include_context', 'true');
  return parameters;
}

/** The `cursor` of the `rel="next"` address in a `Link` header. */
function nextCursor(link: string | null): string | null {
  for (const [, address, parameters] of (link ?? '').matchAll(/<([^>]*)>([^<]*)/g)) {
    if (!/;\s*rel="?next"?/i.test(parameters ?? '')) continue;
    // The address may be relative, and only its query matters.
    return new URL(address ?? '', 'http://server.invalid').searchParams.get('cursor');
  }
  return null;
}
