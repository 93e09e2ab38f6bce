import { join } from 'node:path';
import {
  AGENT_CHORES_QUEUE,
  AGENTS_QUEUE,
  CONTEXTS_QUEUE,
  createAgents,
  createModelGateway,
  fingerprinter,
  type ModelGateway,
} from '../agents/index.ts';
import {
  Metrics,
  newId,
  secureRandom,
  systemClock,
  type Log,
  type Service,
  type Tracing,
} from '../base/index.ts';
import {
  BreadcrumbStore,
  Breadcrumbs,
  createEmbedder,
  EmbeddingWorker,
  HygieneReports,
  indexRecords,
  ReportStore,
  Search,
  SearchStore,
  SchemaDefinitions,
  Sweeper,
  SweepStore,
} from '../breadcrumbs/index.ts';
import { createMemoryBus, createPostgresBus, type Bus } from '../bus/index.ts';
import { migrate, openPglite, type Database } from '../db/index.ts';
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
import { DeliveryStore, QueueWorker, traceHandler, type DeliveryHandler } from '../queue/index.ts';
import { createIngest } from '../runs/index.ts';
import {
  loadKeyring,
  RewrapService,
  SecretAccess,
  Secrets,
  SecretStore,
} from '../secrets/index.ts';
import { type BuiltinTool, registerTools, TOOLS_QUEUE } from '../tools/index.ts';
import {
  createWebhooks,
  registerWebhooks,
  WEBHOOKS_QUEUE,
  type WebhookParts,
  type WebhooksPorts,
} from '../webhooks/index.ts';
import { embeddedFolder, type Config } from './config.ts';
import { composeRuns } from './compose-runs.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { createApi } from './http-api.ts';
import {
  measureAgents,
  measureProcess,
  measureStreams,
  measureTools,
  measureWebhooks,
} from './measure-program.ts';
import { makeMcp } from './make-mcp.ts';
import { makeRuns, openRunDatabases } from './make-runs.ts';
import { makeTools } from './make-tools.ts';
import { createMetricsListener } from './metrics-listener.ts';
import { modelConfig } from './model-config.ts';
import { createWebhookNotifier } from './notify-webhook-owner.ts';
import { openNamedNats, openNamedPostgres } from './open-services.ts';
import { openTracing } from './open-tracing.ts';
import { isForRunsOnly, type ProcessRole } from './roles.ts';
import { createRunsApi } from './runs-api.ts';
import { toWebhookRun } from './report-webhooks.ts';
import { seed } from './seed.ts';
import { createDriftTeller } from './tell-drift.ts';
import { traceModels } from './trace-models.ts';
import { traceDatabase } from './trace-storage.ts';

const POLL_MS = 1_000;
/** Events that the search index takes in at once. */
const INDEX_PAGE = 100;

/** The whole program, put together and not yet running. */
export interface Program {
  /** In the order in which they start. */
  readonly services: readonly Service[];
  readonly db: Database;
  readonly bus: Bus;
  readonly models: ModelGateway;
  /** Where the API answers once it has started; null in a process without it. */
  address(): string | null;
  /** Where metrics are answered apart from the API; null when they are not. */
  metricsAddress(): string | null;
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
  if (isForRunsOnly(config.roles) && !given.storage) return composeRuns(config, log);
  const storage = given.storage ?? (await openStorage(config, log));
  const tracing = await openTracing(config);
  const metrics = new Metrics();
  const { bus: shared_bus } = storage;
  const db = tracing ? traceDatabase(storage.db, tracing) : storage.db;
  const means = { given, metrics, tracing };
  const parts = await makeParts(config, log, { db, bus: shared_bus }, means).catch(
    async (error: unknown) => {
      // An open database would keep the process from ending.
      await storage.close();
      throw error;
    },
  );
  measureProcess(metrics, parts);
  const { bus, tail, dispatcher, deliveries, publisher, indexer, embeddings, sweeper } = parts;
  const workers = createWorkers(worksOf(parts, config), deliveries, config, log);
  const bell = new QueueBell(bus, workers);
  const services: Service[] = [
    tail,
    dispatcher,
    parts.agents.run_stops,
    ...(config.roles.has('agents') ? [parts.agents.live] : []),
    ...parts.mcp.services,
    ...workers,
    bell,
  ];
  const runs = await openRuns(parts, config, log);
  let address = (): string | null => null;
  if (config.roles.has('api')) {
    const { hub, api, rewrap } = await makeApi(parts, runs, config, log);
    services.push(...publisher, indexer, embeddings, sweeper, rewrap, ...runs.services, hub, api);
    address = () => api.address();
  } else if (runs.routes.length > 0) {
    const api = await makeRunsApi(parts, runs, config, log);
    services.push(api);
    address = () => api.address();
  }
  const listener = makeMetricsListener(parts, config);
  if (listener) services.push(listener);
  const metricsAddress = () => listener?.address() ?? null;
  const close = async () => {
    await parts.embedder.close();
    await runs.close();
    await storage.close();
    await tracing?.close();
  };
  return { services, db: storage.db, bus, models: parts.models, address, metricsAddress, close };
}

type Parts = Awaited<ReturnType<typeof makeParts>>;

/** Everything that every process has, whatever its roles: made, connected, and not yet running. */
async function makeParts(
  config: Config,
  log: Log,
  { db, bus }: Omit<Storage, 'close'>,
  { given, metrics, tracing }: { given: GivenParts; metrics: Metrics; tracing: Tracing | null },
) {
  const clock = systemClock;
  const random = secureRandom;
  const events = new EventStore(db);
  const deliveries = new DeliveryStore(db);
  const tail = new LogTail(events, bus, clock, log);
  const identity = new IdentityStore(db);
  const announcer = new Announcer(tail, bus);
  const breadcrumbs = makeBreadcrumbs(config, log, { db, tail, announcer });
  const secret_store = new SecretStore(db);
  const keyring = await loadKeyring(config.data_dir, config.secrets, log);
  const secrets = new Secrets(secret_store, keyring);
  const { ingest } = createIngest({ db, clock, settings: config.runs });
  const webhooks = makeWebhooks(config, metrics, tracing, {
    db,
    bus,
    deliveries,
    secrets,
    clock,
    log,
    random,
    may_see: maySee,
    notifier: createWebhookNotifier(breadcrumbs),
    report: async (webhook, attempts) => {
      const run = toWebhookRun(webhook, attempts);
      if (run) await ingest.record(webhook.owner_id, run);
    },
    rolesOf: (owner_id, agent_id) => identity.agentRoles(owner_id, agent_id),
  });
  const dispatching = { deliveries, tail, bus, clock, log, store: events };
  const dispatcher = new Dispatcher({ ...dispatching, sources: [webhooks.subscriptions] });
  const untraced = given.models ?? createModelGateway(modelConfig(config), { clock, random });
  const search = await makeSearch(config, log, { db, tail, metrics });
  const mcp = await makeMcp(config, { db, breadcrumbs, identity, secrets, tail, clock, log });
  const shared = { db, bus, clock, random, log, identity, breadcrumbs, deliveries };
  const tools = makeTools(config, {
    ...shared,
    search: search.search,
    secret_access: new SecretAccess(secret_store, secrets),
    sources: [mcp.source],
    observe: measureTools(metrics),
    ...(given.tools ? { builtins: given.tools } : {}),
  });
  const agents = createAgents({
    ...shared,
    events,
    tools: tools.definitions,
    search: search.search,
    models: tracing ? traceModels(untraced, tracing) : untraced,
    fingerprintOf: fingerprinter(modelConfig(config)),
    traces: ingest,
    tool_timeout_ms: config.tools.timeout_s * 1_000,
    offered_max: config.mcp.offered_max,
    prices: config.agents.model_prices,
    observe: measureAgents(metrics),
  });
  registerWebhooks(dispatcher);
  registerTools(dispatcher, tools);
  agents.register(dispatcher);
  const subscriptions = new SubscriptionStore(db);
  const url = config.bus.nats_url;
  const consumers = { store: new ConsumerStore(db), subscriptions, tail, clock, log };
  return {
    ...shared,
    events,
    tail,
    announcer,
    secrets,
    secret_store,
    may_see: maySee,
    webhooks,
    dispatcher,
    tools,
    mcp,
    definitions: tools.definitions,
    agents,
    models: agents.models,
    subscriptions,
    metrics,
    tracing,
    ...search,
    publisher: url === null ? [] : [new JetStreamPublisher({ ...consumers, url })],
    ...makeHygiene(config, log, { db, announcer, breadcrumbs, identity }),
  };
}

function maySee(principal: Principal, event: LoggedEvent): boolean {
  const is_granted = event.subscribers?.includes(principal.agent_id) === true;
  return can(principal, 'event.read', { ...event, granted: is_granted ? ['subscribe'] : [] });
}

function makeBreadcrumbs(
  config: Config,
  log: Log,
  { db, tail, announcer }: { db: Database; tail: LogTail; announcer: Announcer },
): Breadcrumbs {
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
  const automatic_ttls = config.hygiene;
  return new Breadcrumbs({ store, announcer, parallel, schemas, automatic_ttls });
}

function makeWebhooks(
  { webhooks: { allow_private, disable_after_days } }: Config,
  metrics: Metrics,
  tracing: Tracing | null,
  ports: Omit<WebhooksPorts, 'allow_private' | 'disable_after_days' | 'fetch'>,
): WebhookParts {
  const may_be_private = allow_private === 'true';
  return createWebhooks({
    ...ports,
    disable_after_days,
    allow_private: may_be_private,
    observe: measureWebhooks(metrics),
    traceparent: () => tracing?.current()?.traceparent ?? null,
    fetch: createGuardedFetch({ allow_private: may_be_private, clock: ports.clock }),
  });
}

/** A record that was patched into something else often has the tag still. */
function mayDefine({ schema_name, tags }: LoggedEvent): boolean {
  return schema_name === 'schema.def.v1' || tags.some((tag) => tag.startsWith('defines:'));
}

async function makeSearch(
  config: Config,
  log: Log,
  { db, tail, metrics }: { db: Database; tail: LogTail; metrics: Metrics },
) {
  const { timeout_s, ...settings } = config.search;
  const embedder = await createEmbedder(
    {
      ...settings,
      timeout_ms: timeout_s * 1_000,
      onnx_cache_folder: join(config.data_dir, 'models'),
    },
    { log },
  );
  const store = new SearchStore(db);
  const clock = systemClock;
  const embeddings = new EmbeddingWorker({ store, embedder, clock, log, holder: newId() });
  metrics.gauge(
    'embeddings_waiting',
    'Records whose vectors are still to be made, or made anew.',
    [],
    async () => [{ labels: {}, value: await embeddings.waiting() }],
  );
  const onBehind = () => embeddings.ring();
  const indexer = new LogConsumer({
    tail,
    clock,
    log,
    page: INDEX_PAGE,
    holder: newId(),
    name: 'search',
    from: 'beginning',
    store: new ConsumerStore(db),
    consume: (page, signal) => indexRecords(page, { store, embedder, log, onBehind }, signal),
  });
  return { embedder, embeddings, indexer, search: new Search({ store, embedder, clock, log }) };
}

function makeHygiene(
  config: Config,
  log: Log,
  ports: { db: Database; announcer: Announcer; breadcrumbs: Breadcrumbs; identity: IdentityStore },
) {
  const { enabled, interval_s, report_minutes: minutes, ...retention } = config.hygiene;
  const sweep_store = new SweepStore(ports.db);
  const report_store = new ReportStore(ports.db);
  const sweeper = new Sweeper({
    announcer: ports.announcer,
    reports: new HygieneReports({ ...ports, store: report_store, log, minutes }),
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
  const { tracing } = parts;
  const { runner, chores, preparer } = parts.agents;
  const { sender } = parts.webhooks;
  const lane_concurrency = config.webhooks.endpoint_concurrency;
  const works: Work[] = [
    { role: 'tools', queue: TOOLS_QUEUE, handler: parts.tools.runner, ...config.tools },
    { role: 'agents', queue: AGENTS_QUEUE, handler: runner, ...config.agents },
    { role: 'agents', queue: AGENT_CHORES_QUEUE, handler: chores, ...config.agents },
    { role: 'agents', queue: CONTEXTS_QUEUE, handler: preparer, ...config.agents },
    {
      role: 'webhooks',
      queue: WEBHOOKS_QUEUE,
      handler: sender,
      ...config.webhooks,
      lane_concurrency,
    },
  ];
  if (!tracing) return works;
  return works.map((work) => ({ ...work, handler: traceHandler(work.handler, tracing) }));
}

/** Null where nobody asked for one. */
function makeMetricsListener({ metrics, db }: Parts, { metrics: { port, host } }: Config) {
  return port === null ? null : createMetricsListener({ metrics, db, port, host });
}

/** What this process has of runs. Where its roles have no database of their own, they use that of the process. */
async function openRuns(parts: Parts, config: Config, log: Log) {
  const { db, metrics, clock } = parts;
  const own = await openRunDatabases(config, log);
  const runs = makeRuns(config, {
    owner_db: db,
    ingest_db: config.roles.has('ingest') ? (own.ingest_db ?? db) : null,
    query_db: config.roles.has('query') ? (own.query_db ?? db) : null,
    tellDrift: createDriftTeller(parts.breadcrumbs, parts.identity),
    retell: parts.agents.retell,
    metrics,
    clock,
    log,
  });
  const close = async () => {
    await own.ingest_db?.close();
    await own.query_db?.close();
  };
  return { ...runs, close };
}

type OpenRuns = Awaited<ReturnType<typeof openRuns>>;

/** For a process that has roles of runs and others, but not the API. */
async function makeRunsApi(parts: Parts, { routes, counts }: OpenRuns, config: Config, log: Log) {
  const { db, clock, identity, metrics } = parts;
  const keys = await loadSigningKeys(config.data_dir, config.identity.jwt_private_key_pem);
  const tokens = new Tokens({ keys, store: identity, clock, log });
  const tickets = new Tickets(db);
  return createRunsApi({
    config,
    log,
    tokens,
    identity,
    tickets,
    metrics,
    counts,
    routes,
    dbs: [db],
  });
}

async function makeApi(parts: Parts, runs: OpenRuns, config: Config, log: Log) {
  const { db, clock, identity, breadcrumbs, secrets, secret_store } = parts;
  const keys = await loadSigningKeys(config.data_dir, config.identity.jwt_private_key_pem);
  const tokens = new Tokens({ keys, store: identity, clock, log });
  await seed({ breadcrumbs, identity, tokens, config, log });
  const hub = new StreamHub({ ...parts, store: parts.events });
  measureStreams(parts.metrics, hub);
  const api = createApi({
    ...parts,
    config,
    tokens,
    hub,
    tickets: new Tickets(db),
    directory: new DirectoryStore(db),
    grants: new GrantStore(db),
    secrets: new SecretAccess(secret_store, secrets),
    hooks: parts.webhooks,
    run_routes: runs.routes,
    run_counts: runs.counts,
  });
  return { hub, api, rewrap: new RewrapService({ secrets, clock, log }) };
}

/** The work of one queue, and the role whose processes do it. */
interface Work {
  readonly role: ProcessRole;
  readonly queue: string;
  readonly handler: DeliveryHandler;
  readonly concurrency: number;
  readonly lane_concurrency?: number;
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
    .map(({ queue, handler, concurrency, lane_concurrency }) => {
      const ports = { store, clock: systemClock, random: secureRandom, log };
      return new QueueWorker({
        ...ports,
        queue,
        handler,
        name,
        concurrency,
        lease_ms,
        poll_ms: POLL_MS,
        ...(lane_concurrency === undefined ? {} : { lane_concurrency }),
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
        : await openNamedPostgres('DATABASE_URL', { ...config.db, url: config.db.url, log });
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
  if (config.bus.nats_url !== null) return openNamedNats(config.bus.nats_url, log);
  return db.capabilities.is_shared ? createPostgresBus(db, log) : createMemoryBus(log);
}
