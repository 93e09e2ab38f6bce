import { createModelGateway } from '../agents/index.ts';
import { Metrics, secureRandom, systemClock, type Log } from '../base/index.ts';
import { createMemoryBus } from '../bus/index.ts';
import { IdentityStore, loadSigningKeys, Tickets, Tokens } from '../identity/index.ts';
import type { Config } from './config.ts';
import type { Program } from './compose.ts';
import { makeRuns, openRunDatabases } from './make-runs.ts';
import { modelConfig } from './model-config.ts';
import { openNamedPostgres } from './open-services.ts';
import { createRunsApi } from './runs-api.ts';

/**
 * The program of a process that only takes reports of runs, or answers questions about them. It connects as a database
 * role that may be able to do nothing else, so it neither migrates nor works on anything.
 */
export async function composeRuns(config: Config, log: Log): Promise<Program> {
  const clock = systemClock;
  const metrics = new Metrics();
  metrics.collectProcess();
  const { url, pool_size } = config.db;
  const own = await openRunDatabases(config, log);
  // Where a role has no address of its own, it is the process' own.
  const needs_shared =
    (config.roles.has('ingest') && !own.ingest_db) || (config.roles.has('query') && !own.query_db);
  const shared =
    needs_shared && url !== null
      ? await openNamedPostgres('DATABASE_URL', { url, pool_size, log })
      : null;
  const ingest_db = config.roles.has('ingest') ? (own.ingest_db ?? shared) : null;
  const query_db = config.roles.has('query') ? (own.query_db ?? shared) : null;
  const db = ingest_db ?? query_db;
  if (!db) throw new Error('a process for runs has no database');
  const runs = makeRuns(config, {
    owner_db: null,
    tellDrift: null,
    retell: null,
    ingest_db,
    query_db,
    metrics,
    clock,
    log,
  });
  const identity = new IdentityStore(db);
  const keys = await loadSigningKeys(config.data_dir, config.identity.jwt_private_key_pem);
  const api = createRunsApi({
    config,
    log,
    identity,
    metrics,
    dbs: [...new Set([ingest_db, query_db])].filter((each) => each !== null),
    tokens: new Tokens({
      keys,
      store: identity,
      clock,
      log,
    }),
    tickets: new Tickets(db),
    counts: runs.counts,
    routes: runs.routes,
  });
  return {
    services: [...runs.services, api],
    db,
    bus: createMemoryBus(log),
    models: createModelGateway(modelConfig(config), { clock, random: secureRandom }),
    address: () => api.address(),
    metricsAddress: () => null,
    async close() {
      for (const each of [own.ingest_db, own.query_db, shared]) await each?.close();
    },
  };
}
