import { Type } from 'typebox';
import { AppError } from '../base/index.ts';
import { isMigrated, ping, type Database } from '../db/index.ts';
import type { HttpServer, Routes } from '../http/index.ts';
import type { ApiPorts } from './http-api.ts';
import { sendMetrics } from './send-metrics.ts';
import { VERSION } from './version.ts';

const SERVICE = 'cairn';

const Health = Type.Object({
  status: Type.String(),
  service: Type.String(),
  version: Type.String(),
});

const Ready = Type.Object({ status: Type.String(), database: Type.String(), bus: Type.String() });

const System = Type.Object({
  version: Type.String(),
  auth_mode: Type.String(),
  storage: Type.String(),
  bus: Type.String(),
  model: Type.String(),
  is_demo_model: Type.Boolean(),
  roles: Type.Array(Type.String()),
  owner_id: Type.String(),
  agent_id: Type.String(),
});

/** @throws AppError unavailable */
export async function assertHealthy(db: Database): Promise<void> {
  await ping(db).catch((error: unknown) => {
    throw new AppError('unavailable', 'the database does not answer', {}, error);
  });
}

/** @throws AppError unavailable */
export async function assertReady(db: Database): Promise<void> {
  const is_current = await isMigrated(db).catch(() => null);
  if (is_current === null) throw new AppError('unavailable', 'the database does not answer');
  if (!is_current) throw new AppError('unavailable', 'the database is not of this release');
}

/** How the server is, and how it is set up. */
export function systemRoutes(ports: ApiPorts): Routes {
  const { config, db, bus, models } = ports;
  return (server: HttpServer) => {
    addMetricsRoute(server, ports);
    server.get(
      '/health',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Healthy while the database answers',
          tags: ['system'],
          response: { 200: Health },
          security: [],
        },
      },
      async () => {
        await assertHealthy(db);
        return { status: 'healthy', service: SERVICE, version: VERSION };
      },
    );
    server.get(
      '/ready',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Ready when the database answers and has the tables of this release',
          tags: ['system'],
          response: { 200: Ready },
          security: [],
        },
      },
      async () => {
        await assertReady(db);
        return { status: 'ready', database: db.capabilities.label, bus: bus.label };
      },
    );
    server.get(
      '/system',
      {
        config: { access: 'system.read' },
        schema: {
          summary: 'How this server is set up',
          tags: ['system'],
          response: { 200: System },
        },
      },
      ({ principal }) => {
        const { model, is_demo } = models.describe();
        return {
          version: VERSION,
          auth_mode: config.auth_mode,
          storage: db.capabilities.label,
          bus: bus.label,
          model,
          is_demo_model: is_demo,
          roles: [...principal.roles],
          owner_id: principal.owner_id,
          agent_id: principal.agent_id,
        };
      },
    );
  };
}

/** For Prometheus, which in dev mode needs no token; in strict mode give it a key. */
function addMetricsRoute(server: HttpServer, { config, metrics, run_counts }: ApiPorts): void {
  server.get(
    '/metrics',
    {
      config: { access: config.auth_mode === 'dev' ? 'public' : 'system.read' },
      schema: { summary: 'Numbers about this server, as Prometheus reads them', tags: ['system'] },
    },
    (request, reply) => sendMetrics(request, reply, metrics, run_counts),
  );
}
