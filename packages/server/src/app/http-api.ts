import {
  agentRoutes,
  chatRoutes,
  registryRoutes,
  ThreeRoles,
  type Agents,
  type ModelGateway,
} from '../agents/index.ts';
import type { Clock, Log, Metrics, Service, Tracing } from '../base/index.ts';
import { AppError } from '../base/index.ts';
import {
  breadcrumbRoutes,
  hygieneRoutes,
  searchRoutes,
  type Breadcrumbs,
  type Search,
  type Sweeper,
  type SweepStore,
} from '../breadcrumbs/index.ts';
import type { Bus } from '../bus/index.ts';
import { DatabaseError, type Database } from '../db/index.ts';
import {
  eventRoutes,
  subscriptionRoutes,
  type StreamHub,
  type SubscriptionStore,
} from '../events/index.ts';
import {
  createHttpServer,
  isLoopbackAddress,
  type HttpServer,
  type Routes,
} from '../http/index.ts';
import {
  addJwksRoute,
  authenticator,
  authorize,
  directoryRoutes,
  grantRoutes,
  identityRoutes,
  ticketRoutes,
  type DirectoryStore,
  type GrantStore,
  type IdentityStore,
  type Tickets,
  type Tokens,
} from '../identity/index.ts';
import type { ReportCounts } from '../runs/index.ts';
import { secretRoutes, type SecretAccess } from '../secrets/index.ts';
import { webhookRoutes, type WebhookParts } from '../webhooks/index.ts';
import type { Config } from './config.ts';
import { makeMcpRoutes, type McpRoutesPorts } from './make-mcp.ts';
import { queueRoutes } from './queue-routes.ts';
import { systemRoutes } from './system-routes.ts';
import { VERSION } from './version.ts';
import { addWebPage, answerPage } from './web-page.ts';

export interface ApiPorts extends McpRoutesPorts {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly db: Database;
  readonly bus: Bus;
  readonly models: ModelGateway;
  readonly agents: Agents;
  readonly tokens: Tokens;
  readonly identity: IdentityStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly hub: StreamHub;
  readonly secrets: SecretAccess;
  readonly hooks: WebhookParts;
  readonly tickets: Tickets;
  readonly directory: DirectoryStore;
  readonly grants: GrantStore;
  readonly subscriptions: SubscriptionStore;
  readonly search: Search;
  readonly sweeper: Sweeper;
  readonly sweep_store: SweepStore;
  readonly metrics: Metrics;
  /** For below /v1 only. */
  readonly run_routes: readonly Routes[];
  /** Null in a process that takes no reports of runs. */
  readonly run_counts: ReportCounts | null;
  readonly tracing: Tracing | null;
}

/** The API as a service, which knows its address once it listens. */
export interface ApiService extends Service {
  address(): string | null;
}

/** Puts the routes of all modules behind one HTTP server, with the web page beside them. */
export function createApi(ports: ApiPorts): ApiService {
  return serveHttp(ports.config, () => build(ports));
}

/** An HTTP server as a service, made anew at each start. */
export function serveHttp(config: Config, make: () => Promise<HttpServer>): ApiService {
  let server: HttpServer | null = null;
  let address: string | null = null;
  return {
    name: 'http api',
    address: () => address,
    async start() {
      if (server) return;
      server = await make();
      address = readable(
        await server.listen({ port: config.http.port, host: config.http.host }),
        config.http.host,
      );
    },
    async stop() {
      await server?.close();
      server = null;
      address = null;
    },
  };
}

async function build(ports: ApiPorts): Promise<HttpServer> {
  const { config, log, clock, tokens, identity, breadcrumbs, hub } = ports;
  const identity_ports = {
    tokens,
    tickets: ports.tickets,
    store: identity,
    auth_mode: config.auth_mode,
  };
  const server = await createHttpServer(
    {
      version: VERSION,
      log,
      trust: { is_local_only: config.auth_mode === 'dev', origins: config.http.origins },
      authenticate: authenticator(identity_ports),
      authorize,
      answerPage,
      observe: observer(ports.metrics),
      explain: explainFault,
      ...(ports.tracing ? { tracing: ports.tracing } : {}),
    },
    [
      systemRoutes(ports),
      identityRoutes(identity_ports),
      directoryRoutes(ports.directory),
      grantRoutes(ports.grants),
      ticketRoutes(ports.tickets),
      searchRoutes(ports.search),
      breadcrumbRoutes(breadcrumbs),
      subscriptionRoutes(ports.subscriptions),
      hygieneRoutes(ports.sweeper, ports.sweep_store),
      eventRoutes(hub, clock),
      secretRoutes(ports.secrets),
      webhookRoutes(ports.hooks.webhooks, ports.hooks.dead_letters),
      makeMcpRoutes(ports),
      agentRoutes(new ThreeRoles(ports)),
      ports.agents.routes,
    ],
    [chatRoutes(ports), registryRoutes(ports), queueRoutes(ports.db), ...ports.run_routes],
  );
  addJwksRoute(server, tokens);
  await addWebPage(server);
  return server;
}

/** Counts requests by route, never by path: a path has ids in it. */
export function observer(metrics: Metrics) {
  const labels = ['method', 'path', 'status'] as const;
  const total = metrics.counter('http_requests_total', 'Requests answered.', labels);
  const duration = metrics.duration('http_request_duration_seconds', 'Time to answer.', labels);
  return (request: { method: string; path: string; status: string }, ms: number) => {
    total.add(request);
    duration.observe(request, ms);
  };
}

/** Faults that are nobody's mistake and may be over soon. */
export function explainFault(error: unknown): AppError | null {
  if (!(error instanceof DatabaseError) || !error.is_connection_lost) return null;
  return new AppError(
    'unavailable',
    'the database does not answer; try again in a moment',
    {},
    error,
  );
}

/** `http://127.0.0.1:8081` is what the server says; people type `localhost`. */
function readable(address: string, host: string): string {
  return isLoopbackAddress(host)
    ? address.replace(/\/\/(127\.0\.0\.1|\[::1\])/, '//localhost')
    : address;
}
