import {
  SCHEMAS,
  type ApiKeyCreated,
  type ApiKeyItem,
  type BreadcrumbChanged,
  type BreadcrumbContext,
  type BreadcrumbCreate,
  type BreadcrumbFull,
  type BreadcrumbItem,
  type BreadcrumbPatch,
  type BreadcrumbVersion,
} from '@cairn/protocol';
import { ApiCaller, pathTo } from './call-api.ts';
import { AgentCalls } from './calls/agents.ts';
import { ApprovalCalls } from './calls/approvals.ts';
import { DeadLetterCalls } from './calls/dead-letters.ts';
import { DriftCalls } from './calls/drift.ts';
import { GrantCalls } from './calls/grants.ts';
import { HygieneCalls } from './calls/hygiene.ts';
import { QueueCalls } from './calls/queues.ts';
import { RegistryCalls } from './calls/registry.ts';
import { RunCalls } from './calls/runs.ts';
import { searchBreadcrumbs, type SearchAnswer, type SearchQuery } from './calls/search.ts';
import { SecretCalls } from './calls/secrets.ts';
import { SelectorCalls } from './calls/selectors.ts';
import { TenantCalls } from './calls/tenants.ts';
import { WebhookCalls } from './calls/webhooks.ts';
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
  Readiness,
  FullReadOptions,
  ReadOptions,
  StreamTicket,
  SystemInfo,
} from './client-types.ts';
import { EventBridge, type EventBridgeOptions } from './event-bridge.ts';
import { answerTo, asAnswer, messageBreadcrumb, randomId } from './message.ts';
import { sendRequest, type TokenSource, type Transport } from './send-request.ts';
import { streamEvents, type ReceivedEvent, type StreamOptions } from './stream-events.ts';
import { systemTiming } from './timing.ts';
import { fixedToken, requestedToken } from './token-source.ts';

/**
 * A client of one Cairn server. It gets its token by itself, renews it, and tries again what may be tried again:
 * reads, creates of breadcrumbs, which carry an `Idempotency-Key`, and what a second try leaves as the first one did:
 * a grant, a name, roles, a value that is put. Other changes and all deletes are sent once.
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
  readonly #api: ApiCaller;

  readonly tenants: TenantCalls;
  readonly agents: AgentCalls;
  readonly approvals: ApprovalCalls;
  readonly grants: GrantCalls;
  readonly selectors: SelectorCalls;
  readonly secrets: SecretCalls;
  readonly webhooks: WebhookCalls;
  readonly dead_letters: DeadLetterCalls;
  readonly hygiene: HygieneCalls;
  readonly queues: QueueCalls;
  readonly runs: RunCalls;
  readonly drift: DriftCalls;
  readonly registry: RegistryCalls;

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
    const api = new ApiCaller(this.#transport, this.#tokens);
    this.#api = api;
    this.tenants = new TenantCalls(api);
    this.agents = new AgentCalls(api);
    this.approvals = new ApprovalCalls(api);
    this.grants = new GrantCalls(api);
    this.selectors = new SelectorCalls(api);
    this.secrets = new SecretCalls(api);
    this.webhooks = new WebhookCalls(api);
    this.dead_letters = new DeadLetterCalls(api);
    this.hygiene = new HygieneCalls(api);
    this.queues = new QueueCalls(api);
    this.runs = new RunCalls(api);
    this.drift = new DriftCalls(api);
    this.registry = new RegistryCalls(api);
  }

  /**
   * Stores a new breadcrumb. When it returns, the record and its event are durable.
   *
   * @example
   * const created = await client.createBreadcrumb({ title: 'A note', tags: ['note'], context: { text: 'Hello' } });
   */
  createBreadcrumb(body: BreadcrumbCreate, options: CreateOptions = {}): Promise<BreadcrumbFull> {
    const headers = { 'idempotency-key': options.idempotency_key ?? randomId() };
    const path = pathTo('breadcrumbs');
    return this.#api.change({ method: 'POST', path, body, headers, retry: true }, options);
  }

  /**
   * What a reader of a breadcrumb needs: title, tags and context.
   *
   * @example
   * const { title, context } = await client.getBreadcrumb(id);
   */
  getBreadcrumb(id: string, options: ReadOptions = {}): Promise<BreadcrumbContext> {
    return this.#api.get(pathTo('breadcrumbs', id), options, { view: options.view });
  }

  /**
   * Everything that is stored of a breadcrumb, such as who made it and its checksum. With `count_read: false` a record
   * whose TTL is by use is looked at without using it up.
   *
   * @example
   * const { created_by, checksum } = await client.getBreadcrumbFull(id);
   */
  getBreadcrumbFull(id: string, options: FullReadOptions = {}): Promise<BreadcrumbFull> {
    // A flag that is false is otherwise left out.
    const query = options.count_read === false ? { count_read: 'false' } : {};
    return this.#api.get(pathTo('breadcrumbs', id, 'full'), options, query);
  }

  /**
   * All versions of a breadcrumb, newest first.
   *
   * @example
   * for (const { version, title } of await client.getBreadcrumbHistory(id)) console.log(version, title);
   */
  getBreadcrumbHistory(id: string, options: CallOptions = {}): Promise<BreadcrumbVersion[]> {
    return this.#api.get(pathTo('breadcrumbs', id, 'history'), options);
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
  listBreadcrumbs(
    query: ListQuery = {},
    options: CallOptions = {},
  ): Promise<Page<BreadcrumbItem | BreadcrumbContext>> {
    return this.#api.page(pathTo('breadcrumbs'), query, options);
  }

  /**
   * Breadcrumbs found by words, by meaning or by a vector, the best first.
   *
   * @example
   * const { hits, mode } = await client.search({ q: 'invoices of March', nn: 10 });
   *
   * @throws CairnError `validation_failed` when `qvec` is no vector, `unavailable` when it is all that is given and the
   * database has no vectors.
   */
  search(
    query: SearchQuery & { include_context: true },
    options?: CallOptions,
  ): Promise<SearchAnswer<BreadcrumbContext>>;
  search(query: SearchQuery, options?: CallOptions): Promise<SearchAnswer>;
  search(query: SearchQuery, options: CallOptions = {}): Promise<SearchAnswer> {
    return searchBreadcrumbs(this.#api, query, options);
  }

  /**
   * Changes the fields that are given; `context` is replaced whole. With `version` it succeeds only if nobody was faster.
   * Answers with as much of the record as one may read: whoever was granted only `update` gets no title and no context.
   *
   * @example
   * const { version } = await client.getBreadcrumb(id);
   * await client.updateBreadcrumb(id, { title: 'A better title' }, { version });
   */
  updateBreadcrumb(
    id: string,
    patch: BreadcrumbPatch,
    options: ChangeOptions = {},
  ): Promise<BreadcrumbChanged> {
    const [path, headers] = [pathTo('breadcrumbs', id), ifMatch(options)];
    return this.#api.change({ method: 'PATCH', path, headers, body: patch }, options);
  }

  /**
   * Deletes a breadcrumb, and its history with it.
   *
   * @example
   * await client.deleteBreadcrumb(id, { version: 3 });
   */
  async deleteBreadcrumb(id: string, options: ChangeOptions = {}): Promise<void> {
    const [path, headers] = [pathTo('breadcrumbs', id), ifMatch(options)];
    await this.#api.change({ method: 'DELETE', path, headers }, options);
  }

  /**
   * Whether the server is up and its database answers. Needs no token.
   *
   * @example
   * const { status, version } = await client.health();
   */
  health(options: CallOptions = {}): Promise<Health> {
    return this.#askOpenly('/v1/health', options);
  }

  /**
   * Whether the server can do all its work: its database answers and has the tables of this release. Needs no token.
   *
   * @example
   * const { database, bus } = await client.ready();
   */
  ready(options: CallOptions = {}): Promise<Readiness> {
    return this.#askOpenly('/v1/ready', options);
  }

  /**
   * What runs on the server, and as whom this client acts.
   *
   * @example
   * const { auth_mode, storage, model } = await client.system();
   */
  system(options: CallOptions = {}): Promise<SystemInfo> {
    return this.#api.get(pathTo('system'), options);
  }

  /**
   * Numbers about the server, as the text that Prometheus reads.
   *
   * @example
   * console.log(await client.metrics());
   */
  metrics(options: CallOptions = {}): Promise<string> {
    return this.#api.text(pathTo('metrics'), options);
  }

  /**
   * Makes an API key. Its answer is the only one that holds the key itself. Curators only.
   *
   * @example
   * const { key } = await client.createKey({ name: 'build server', roles: ['emitter'] });
   */
  createKey(input: KeyInput, options: CallOptions = {}): Promise<ApiKeyCreated> {
    // Not repeated: a lost answer would leave a key behind that nobody has seen.
    return this.#api.change({ method: 'POST', path: pathTo('keys'), body: input }, options);
  }

  /**
   * The API keys of the tenant, without the keys themselves. Curators only.
   *
   * @example
   * for (const { id, name, last_used_at } of await client.listKeys()) console.log(id, name, last_used_at);
   */
  listKeys(options: CallOptions = {}): Promise<ApiKeyItem[]> {
    return this.#api.get(pathTo('keys'), options);
  }

  /**
   * Ends an API key at once. Curators only.
   *
   * @example
   * await client.revokeKey(key.id);
   */
  async revokeKey(id: string, options: CallOptions = {}): Promise<void> {
    await this.#api.change({ method: 'DELETE', path: pathTo('keys', id) }, options);
  }

  /**
   * A ticket that opens one event stream without a header. `streamEvents` needs none.
   *
   * @example
   * const { ticket } = await client.createStreamTicket();
   * const source = new EventSource(`/v1/events/stream?ticket=${ticket}`);
   */
  createStreamTicket(options: CallOptions = {}): Promise<StreamTicket> {
    // A ticket that nobody uses ends by itself, so a second one does no harm.
    const path = pathTo('events', 'tickets');
    return this.#api.change({ method: 'POST', path, retry: true }, options);
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

  /** Asks without a token. */
  async #askOpenly<T>(path: string, { signal }: CallOptions): Promise<T> {
    const request = { method: 'GET', path, retry: true, signal } as const;
    return (await sendRequest<T>(this.#transport, request, null)).body;
  }
}

function ifMatch({ version }: ChangeOptions): Record<string, string> {
  return version === undefined ? {} : { 'if-match': `"${version}"` };
}

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
