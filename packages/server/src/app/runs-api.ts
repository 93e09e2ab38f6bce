import { Type } from 'typebox';
import type { Log, Metrics } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { createHttpServer, type HttpServer, type Routes } from '../http/index.ts';
import {
  authenticator,
  authorize,
  type IdentityStore,
  type Tickets,
  type Tokens,
} from '../identity/index.ts';
import type { ReportCounts } from '../runs/index.ts';
import type { Config } from './config.ts';
import { explainFault, observer, serveHttp, type ApiService } from './http-api.ts';
import { sendMetrics } from './send-metrics.ts';
import { assertHealthy, assertReady } from './system-routes.ts';
import { VERSION } from './version.ts';

export interface RunsApiPorts {
  readonly config: Config;
  readonly log: Log;
  /** The databases that have to answer. */
  readonly dbs: readonly Database[];
  readonly tokens: Tokens;
  readonly identity: IdentityStore;
  readonly tickets: Tickets;
  readonly metrics: Metrics;
  readonly counts: ReportCounts | null;
  readonly routes: readonly Routes[];
}

/** The HTTP server of a process that takes reports of runs, or answers questions about them, and has no other API. */
export function createRunsApi(ports: RunsApiPorts): ApiService {
  const { config, log, tokens, tickets, identity, metrics } = ports;
  const { auth_mode } = config;
  return serveHttp(config, () =>
    createHttpServer(
      {
        version: VERSION,
        log,
        trust: { is_local_only: auth_mode === 'dev', origins: config.http.origins },
        authenticate: authenticator({ tokens, tickets, store: identity, auth_mode }),
        authorize,
        observe: observer(metrics),
        explain: explainFault,
      },
      [systemRoutes(ports)],
      ports.routes,
    ),
  );
}

/** How each is called where they are apart, as monitors of the original know them. */
function serviceName({ roles }: Config): string {
  if (roles.has('ingest') && roles.has('query')) return 'cairn';
  return roles.has('ingest') ? 'ingest-api' : 'query-api';
}

const Health = Type.Object({
  status: Type.String(),
  service: Type.String(),
  version: Type.String(),
});
const Ready = Type.Object({ status: Type.String(), database: Type.String() });

function systemRoutes({ config, dbs, metrics, counts }: RunsApiPorts): Routes {
  const tags = ['system'];
  return (server: HttpServer) => {
    server.get(
      '/health',
      {
        config: { access: 'public' },
        schema: { summary: 'Healthy while the database answers', tags, response: { 200: Health } },
      },
      async () => {
        for (const db of dbs) await assertHealthy(db);
        return { status: 'healthy', service: serviceName(config), version: VERSION };
      },
    );
    server.get(
      '/ready',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Ready when the database answers and has the tables of this release',
          tags,
          response: { 200: Ready },
        },
      },
      async () => {
        for (const db of dbs) await assertReady(db);
        return { status: 'ready', database: dbs[0]?.capabilities.label ?? '' };
      },
    );
    server.get(
      '/metrics',
      {
        config: { access: config.auth_mode === 'dev' ? 'public' : 'system.read' },
        schema: { summary: 'Numbers about this server, as Prometheus reads them', tags },
      },
      (request, reply) => sendMetrics(request, reply, metrics, counts),
    );
  };
}
