import type { ModelGateway } from '../agents/index.ts';
import type { Clock, Log, Service } from '../base/index.ts';
import { breadcrumbRoutes, type Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Database } from '../db/index.ts';
import { eventRoutes, type StreamHub } from '../events/index.ts';
import { createHttpServer, isLoopbackAddress, type HttpServer } from '../http/index.ts';
import {
  addJwksRoute,
  authenticator,
  authorize,
  identityRoutes,
  type IdentityStore,
  type Tokens,
} from '../identity/index.ts';
import type { Config } from './config.ts';
import { systemRoutes } from './system-routes.ts';
import { VERSION } from './version.ts';
import { addWebPage, answerPage } from './web-page.ts';

export interface ApiPorts {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly db: Database;
  readonly bus: Bus;
  readonly models: ModelGateway;
  readonly tokens: Tokens;
  readonly identity: IdentityStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly hub: StreamHub;
}

/** The API as a service, which knows its address once it listens. */
export interface ApiService extends Service {
  address(): string | null;
}

/** Puts the routes of all modules behind one HTTP server, with the web page beside them. */
export function createApi(ports: ApiPorts): ApiService {
  const { config } = ports;
  let server: HttpServer | null = null;
  let address: string | null = null;
  return {
    name: 'http api',
    address: () => address,
    async start() {
      if (server) return;
      server = await build(ports);
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
  const identity_ports = { tokens, store: identity, auth_mode: config.auth_mode };
  const server = await createHttpServer(
    {
      version: VERSION,
      log,
      trust: { is_local_only: config.auth_mode === 'dev', origins: config.http.origins },
      authenticate: authenticator(identity_ports),
      authorize,
      answerPage,
    },
    [
      systemRoutes(ports),
      identityRoutes(identity_ports),
      breadcrumbRoutes(breadcrumbs),
      eventRoutes(hub, clock),
    ],
  );
  addJwksRoute(server, tokens);
  await addWebPage(server);
  return server;
}

/** `http://127.0.0.1:8081` is what the server says; people type `localhost`. */
function readable(address: string, host: string): string {
  return isLoopbackAddress(host)
    ? address.replace(/\/\/(127\.0\.0\.1|\[::1\])/, '//localhost')
    : address;
}
