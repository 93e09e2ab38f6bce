import {
  AgentRunner,
  AGENTS_QUEUE,
  createModelGateway,
  registerAgents,
  RunStore,
  type ModelGateway,
} from '../agents/index.ts';
import { newId, secureRandom, systemClock, type Log, type Service } from '../base/index.ts';
import { BreadcrumbStore, Breadcrumbs } from '../breadcrumbs/index.ts';
import { createMemoryBus, createNatsBus, createPostgresBus, type Bus } from '../bus/index.ts';
import { migrate, openPglite, openPostgres, type Database } from '../db/index.ts';
import { Announcer, Dispatcher, EventStore, LogTail, StreamHub, TOPICS } from '../events/index.ts';
import { can, IdentityStore, loadSigningKeys, Tokens } from '../identity/index.ts';
import { DeliveryStore, QueueWorker, type DeliveryHandler } from '../queue/index.ts';
import {
  TOOL_REQUESTS,
  ToolDefinitions,
  ToolRunner,
  TOOLS_QUEUE,
  toToolDelivery,
} from '../tools/index.ts';
import { embeddedFolder, type Config } from './config.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { createApi } from './http-api.ts';
import type { ProcessRole } from './roles.ts';
import { seed } from './seed.ts';

const POLL_MS = 1_000;

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
}

/**
 * The composition root: opens storage, makes every part, and connects them. Which parts run depends on the roles of the
 * process; the parts themselves do not know.
 */
export async function compose(config: Config, log: Log, given: GivenParts = {}): Promise<Program> {
  const storage = given.storage ?? (await openStorage(config, log));
  const { db, bus } = storage;
  const clock = systemClock;
  const events = new EventStore(db);
  const deliveries = new DeliveryStore(db);
  const tail = new LogTail(events, bus, clock, log);
  const dispatcher = new Dispatcher({ store: events, deliveries, tail, bus, clock, log });
  const identity = new IdentityStore(db);
  const announcer = new Announcer(tail, bus);
  const parallel = Math.max(1, Math.min(4, db.capabilities.connections - 1));
  const breadcrumbs = new Breadcrumbs({ store: new BreadcrumbStore(db), announcer, parallel });
  const definitions = new ToolDefinitions(breadcrumbs);
  const runs = new RunStore(db);
  const models =
    given.models ?? createModelGateway(modelConfig(config), { clock, random: secureRandom });

  dispatcher.defineQueue(TOOLS_QUEUE, toToolDelivery);
  dispatcher.route(TOOL_REQUESTS, TOOLS_QUEUE);
  registerAgents(dispatcher, { events, identity, deliveries, runs, log });

  const tool_timeout_ms = config.tools.timeout_s * 1_000;
  const tool_runner = new ToolRunner({
    breadcrumbs,
    definitions,
    identity,
    clock,
    random: secureRandom,
    log,
    timeout_ms: tool_timeout_ms,
  });
  const agent_runner = new AgentRunner({
    runs,
    breadcrumbs,
    tools: definitions,
    models,
    bus,
    clock,
    log,
    tool_timeout_ms,
  });
  const handlers: Work[] = [
    {
      role: 'tools',
      queue: TOOLS_QUEUE,
      handler: tool_runner,
      concurrency: config.tools.concurrency,
    },
    {
      role: 'agents',
      queue: AGENTS_QUEUE,
      handler: agent_runner,
      concurrency: config.agents.concurrency,
    },
  ];
  const workers = createWorkers(handlers, deliveries, config, log);
  const services: Service[] = [tail, dispatcher, ...workers, new QueueBell(bus, workers)];
  let address = (): string | null => null;
  if (config.roles.has('api')) {
    const keys = await loadSigningKeys(config.data_dir, config.identity.jwt_private_key_pem);
    const tokens = new Tokens({ keys, store: identity, clock, log });
    await seed({ breadcrumbs, identity, tokens, config, log });
    const hub = new StreamHub({
      store: events,
      tail,
      bus,
      log,
      may_see: (principal, event) => can(principal, 'breadcrumb.read', event),
    });
    const api = createApi({
      config,
      log,
      clock,
      db,
      bus,
      models,
      tokens,
      identity,
      breadcrumbs,
      hub,
    });
    services.push(hub, api);
    address = () => api.address();
  }
  return { services, db, bus, models, address, close: storage.close };
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
  return { ...keys, request_timeout_ms: model_timeout_s * 1_000, max_retries: model_retries };
}
