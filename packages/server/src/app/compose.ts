import { join } from 'node:path';
import {
  AgentRunner,
  AGENTS_QUEUE,
  createModelGateway,
  registerAgents,
  RunStore,
  type ModelGateway,
} from '../agents/index.ts';
import {
  Metrics,
  newId,
  secureRandom,
  systemClock,
  type Log,
  type Service,
} from '../base/index.ts';
import {
  BreadcrumbStore,
  Breadcrumbs,
  createEmbedder,
  indexRecords,
  Search,
  SearchStore,
  SchemaDefinitions,
  Sweeper,
  SweepStore,
} from '../breadcrumbs/index.ts';
import { createMemoryBus, createNatsBus, createPostgresBus, type Bus } from '../bus/index.ts';
import { migrate, openPglite, openPostgres, type Database } from '../db/index.ts';
import {
  Announcer,
  ConsumerStore,
  Dispatcher,
  EventStore,
  JetStreamPublisher,
  LogConsumer,
  LogTail,
  StreamHub,
  SubscriptionStore,
  TOPICS,
  type LoggedEvent,
} from '../events/index.ts';
import { createGuardedFetch, type Principal } from '../http/index.ts';
import {
  can,
  DirectoryStore,
  GrantStore,
  IdentityStore,
  loadSigningKeys,
  Tickets,
  Tokens,
} from '../identity/index.ts';
import { DeliveryStore, QueueWorker, type DeliveryHandler } from '../queue/index.ts';
import {
  loadKeyring,
  RewrapService,
  SecretAccess,
  Secrets,
  SecretStore,
} from '../secrets/index.ts';
import {
  type BuiltinTool,
  TOOL_REQUESTS,
  ToolDefinitions,
  ToolRunner,
  TOOLS_QUEUE,
  toToolDelivery,
} from '../tools/index.ts';
import { createWebhooks, registerWebhooks, WEBHOOKS_QUEUE } from '../webhooks/index.ts';
import { embeddedFolder, type Config } from './config.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { createApi } from './http-api.ts';
import type { ProcessRole } from './roles.ts';
import { seed } from './seed.ts';

const POLL_MS = 1_000;
/** Events that the search index takes in at once. */
const INDEX_PAGE = 100;
/** About as fast as a model writes. */
const DEMO_WORD_MS = 25;

/** The whole program, put together and not yet running. */
export interface Program {
  /** In the order in which they start. */
  readonly services: readonly Service[];
  readonly db: Database;
  readonly bus: Bus;
  readonly models: ModelGateway;
  /** Where the API answers once it has started; null in a process without it. */
  address(): string | null;
  /** Gives back what was opened to put the program together. Call it after the services have stopped. */
  close(): Promise<void>;
}

/** A database with all its tables, and the bus beside it. */
export interface Storage {
  readonly db: Database;
  readonly bus: Bus;
  close(): Promise<void>;
}

/** Parts that are there already, as tests have them. */
export interface GivenParts {
  readonly storage?: Storage;
  readonly models?: ModelGateway;
  readonly tools?: readonly BuiltinTool[];
}

/**
 * The composition root: opens storage, makes every part, and connects them. Which parts run depends on the roles of the
 * process; the parts themselves do not know.
 */
export async function compose(config: Config, log: Log, given: GivenParts = {}): Promise<Program> {
  const storage = given.storage ?? (await openStorage(config, log));
  const parts = await makeParts(config, log, storage, given);
  const { bus, tail, dispatcher, deliveries, publisher, indexer, sweeper } = parts;
  const workers = createWorkers(worksOf(parts, config), deliveries, config, log);
  const services: Service[] = [tail, dispatcher, ...workers, new QueueBell(bus, workers)];
  let address = (): string | null => null;
  if (config.roles.has('api')) {
    const { hub, api, rewrap } = await makeApi(parts, config, log);
    services.push(...publisher, indexer, sweeper, rewrap, hub, api);
    address = () => api.address();
  }
  const close = async () => {
    await parts.embedder.close();
    await storage.close();
  };
  return { services, db: storage.db, bus, models: parts.models, address, close };
}

type Parts = Awaited<ReturnType<typeof makeParts>>;

/** Everything that every process has, whatever its roles: made, connected, and not yet running. */
async function makeParts(config: Config, log: Log, { db, bus }: Storage, given: GivenParts) {
  const clock = systemClock;
  const random = secureRandom;
  const events = new EventStore(db);
  const deliveries = new DeliveryStore(db);
  const tail = new LogTail(events, bus, clock, log);
  const identity = new IdentityStore(db);
  const announcer = new Announcer(tail, bus);
  const parallel = Math.max(1, Math.min(4, db.capabilities.connections - 1));
  const store = new BreadcrumbStore(db);
  const schemas = new SchemaDefinitions(
    {
      load: (owner_id, schema_name) => store.schemaDefinition(owner_id, schema_name),
      // Definitions change seldom, and a patch may have renamed what one defines: all are read again.
      onChange: (listener) =>
        tail.onEvents((page) => {
          if (page.some(mayDefine)) listener(null);
        }),
    },
    log,
  );
  const breadcrumbs = new Breadcrumbs({ store, announcer, parallel, schemas });
  const secret_store = new SecretStore(db);
  const keyring = await loadKeyring(config.data_dir, config.secrets, log);
  const secrets = new Secrets(secret_store, keyring);
  const may_see = (principal: Principal, event: LoggedEvent) => {
    const is_granted = event.subscribers?.includes(principal.agent_id) === true;
    return can(principal, 'event.read', { ...event, granted: is_granted ? ['subscribe'] : [] });
  };
  const allow_private = config.webhooks.allow_private === 'true';
  const webhooks = createWebhooks({
    db,
    bus,
    deliveries,
    secrets,
    allow_private,
    clock,
    log,
    random,
    may_see,
    fetch: createGuardedFetch({ allow_private, clock }),
    rolesOf: (owner_id, agent_id) => identity.agentRoles(owner_id, agent_id),
  });
  const dispatcher = new Dispatcher({
    deliveries,
    tail,
    bus,
    clock,
    log,
    store: webhooks.subscriptions,
  });
  const definitions = new ToolDefinitions(breadcrumbs, given.tools);
  const runs = new RunStore(db);
  const models = given.models ?? createModelGateway(modelConfig(config), { clock, random });
  registerWebhooks(dispatcher);
  dispatcher.defineQueue(TOOLS_QUEUE, toToolDelivery);
  dispatcher.route(TOOL_REQUESTS, TOOLS_QUEUE);
  registerAgents(dispatcher, { events, breadcrumbs, identity, deliveries, runs, log });
  const search = await makeSearch(config, log, { db, tail });
  const subscriptions = new SubscriptionStore(db);
  const url = config.bus.nats_url;
  const consumers = { store: new ConsumerStore(db), subscriptions, tail, clock, log };
  return {
    db,
    bus,
    log,
    clock,
    random,
    events,
    deliveries,
    tail,
    identity,
    announcer,
    breadcrumbs,
    secrets,
    secret_store,
    may_see,
    webhooks,
    dispatcher,
    definitions,
    runs,
    models,
    subscriptions,
    ...search,
    publisher: url === null ? [] : [new JetStreamPublisher({ ...consumers, url })],
    ...makeHygiene(config, log, { db, announcer }),
  };
}

/** A record that was patched into something else often has the tag still. */
function mayDefine({ schema_name, tags }: LoggedEvent): boolean {
  return schema_name === 'schema.def.v1' || tags.some((tag) => tag.startsWith('defines:'));
}

async function makeSearch(config: Config, log: Log, { db, tail }: { db: Database; tail: LogTail }) {
  const { timeout_s, ...settings } = config.search;
  const embedder = await createEmbedder(
    {
      ...settings,
      timeout_ms: timeout_s * 1_000,
      onnx_cache_folder: join(config.data_dir, 'models'),
    },
    {},
  );
  const store = new SearchStore(db);
  const indexer = new LogConsumer({
    tail,
    clock: systemClock,
    log,
    page: INDEX_PAGE,
    holder: newId(),
    name: 'search',
    from: 'beginning',
    store: new ConsumerStore(db),
    consume: (page, signal) => indexRecords(page, { store, embedder, log }, signal),
  });
  return { embedder, indexer, search: new Search({ store, embedder, log }) };
}

function makeHygiene(
  config: Config,
  log: Log,
  { db, announcer }: { db: Database; announcer: Announcer },
) {
  const { enabled, interval_s, ...retention } = config.hygiene;
  const sweep_store = new SweepStore(db);
  const sweeper = new Sweeper({
    announcer,
    clock: systemClock,
    log,
    retention,
    store: sweep_store,
    interval_ms: interval_s * 1_000,
    is_enabled: enabled === 'true',
  });
  return { sweep_store, sweeper };
}

function worksOf(parts: Parts, config: Config): Work[] {
  const tool_timeout_ms = config.tools.timeout_s * 1_000;
  const tools = new ToolRunner({ ...parts, timeout_ms: tool_timeout_ms });
  const agents = new AgentRunner({ ...parts, tools: parts.definitions, tool_timeout_ms });
  const { sender } = parts.webhooks;
  return [
    { role: 'tools', queue: TOOLS_QUEUE, handler: tools, ...config.tools },
    { role: 'agents', queue: AGENTS_QUEUE, handler: agents, ...config.agents },
    { role: 'webhooks', queue: WEBHOOKS_QUEUE, handler: sender, ...config.webhooks },
  ];
}

async function makeApi(parts: Parts, config: Config, log: Log) {
  const { db, clock, identity, breadcrumbs, secrets, secret_store } = parts;
  const keys = await loadSigningKeys(config.data_dir, config.identity.jwt_private_key_pem);
  const tokens = new Tokens({ keys, store: identity, clock, log });
  await seed({ breadcrumbs, identity, tokens, config, log });
  const hub = new StreamHub({ ...parts, store: parts.events });
  const metrics = new Metrics();
  measure(metrics, { hub, ...parts });
  const api = createApi({
    ...parts,
    config,
    tokens,
    hub,
    metrics,
    tickets: new Tickets(db),
    directory: new DirectoryStore(db),
    grants: new GrantStore(db),
    secrets: new SecretAccess(secret_store, secrets),
    hooks: parts.webhooks,
  });
  return { hub, api, rewrap: new RewrapService({ secrets, clock, log }) };
}

/** What is worth a look before anybody complains: the process, its streams, the queues, and how far the log is behind. */
function measure(
  metrics: Metrics,
  { hub, deliveries, events }: { hub: StreamHub; deliveries: DeliveryStore; events: EventStore },
): void {
  metrics.collectProcess();
  metrics.gauge('event_streams', 'Open event streams of this process.', [], async () => [
    { labels: {}, value: hub.size },
  ]);
  metrics.gauge(
    'queue_deliveries',
    'Deliveries that are not finished.',
    ['queue', 'state'],
    async () => {
      const counts = await deliveries.unfinished();
      return counts.map(({ queue, state, n }) => ({ labels: { queue, state }, value: n }));
    },
  );
  metrics.gauge(
    'log_lag',
    'Events that a reader of the log has not taken in.',
    ['reader'],
    async () => {
      const lags = await events.lags();
      return lags.map(({ name, lag }) => ({ labels: { reader: name }, value: lag }));
    },
  );
}

/** The work of one queue, and the role whose processes do it. */
interface Work {
  readonly role: ProcessRole;
  readonly queue: string;
  readonly handler: DeliveryHandler;
  readonly concurrency: number;
}

function createWorkers(
  works: readonly Work[],
  store: DeliveryStore,
  config: Config,
  log: Log,
): QueueWorker[] {
  const name = `${process.pid}-${newId().slice(-12)}`;
  const lease_ms = config.queue.lease_s * 1_000;
  return works
    .filter(({ role }) => config.roles.has(role))
    .map(({ queue, handler, concurrency }) => {
      const ports = { store, clock: systemClock, random: secureRandom, log };
      return new QueueWorker({
        ...ports,
        queue,
        handler,
        name,
        concurrency,
        lease_ms,
        poll_ms: POLL_MS,
      });
    });
}

/** Rings the workers of this process when the dispatcher of any process has put something into their queue. */
class QueueBell implements Service {
  readonly name = 'queue bell';
  readonly #bus: Bus;
  readonly #workers: readonly QueueWorker[];
  #end: (() => Promise<void>) | null = null;

  constructor(bus: Bus, workers: readonly QueueWorker[]) {
    this.#bus = bus;
    this.#workers = workers;
  }

  async start(): Promise<void> {
    this.#end ??= await this.#bus.subscribe(TOPICS.queues, (queue) => {
      for (const worker of this.#workers)
        if (queue === null || worker.name === `worker:${queue}`) worker.ring();
    });
  }

  async stop(): Promise<void> {
    await this.#end?.();
    this.#end = null;
  }
}

async function openStorage(config: Config, log: Log): Promise<Storage> {
  const unlock = config.db.url === null ? await lockDataFolder(config.data_dir) : async () => {};
  const opened: (() => Promise<void>)[] = [unlock];
  const close = async () => {
    for (const each of opened.toReversed()) await each();
  };
  try {
    const db =
      config.db.url === null
        ? await openPglite({ folder: embeddedFolder(config.data_dir) })
        : await openPostgres({ url: config.db.url, pool_size: config.db.pool_size, log });
    opened.push(() => db.close());
    await migrate(db, log);
    const bus = await openBus(config, db, log);
    opened.push(() => bus.close());
    return { db, bus, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function openBus(config: Config, db: Database, log: Log): Bus | Promise<Bus> {
  if (config.bus.nats_url !== null) return createNatsBus(config.bus.nats_url, 'cairn', log);
  return db.capabilities.is_shared ? createPostgresBus(db, log) : createMemoryBus(log);
}

function modelConfig({ agents }: Config) {
  const { model_timeout_s, model_retries, concurrency: _, ...keys } = agents;
  return {
    ...keys,
    request_timeout_ms: model_timeout_s * 1_000,
    max_retries: model_retries,
    demo_word_ms: DEMO_WORD_MS,
  };
}
