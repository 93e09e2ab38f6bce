import type { BehaviorDrift } from '@cairn/protocol';
import type { Clock, Log, Metrics, Service } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import type { Routes } from '../http/index.ts';
import {
  createIngest,
  Drift,
  driftChangeRoutes,
  driftRoutes,
  DriftStore,
  DriftWatch,
  ingestRoutes,
  policyRoutes,
  PolicyStore,
  RetentionStore,
  RunMaintenance,
  runQueryRoutes,
  tracesRoutes,
  type ReportCounts,
  type Retell,
} from '../runs/index.ts';
import type { Config } from './config.ts';
import { openNamedPostgres } from './open-services.ts';

/** What a process has of runs, by its roles. */
export interface RunParts {
  /** For below /v1 only. */
  readonly routes: readonly Routes[];
  /** Null in a process that takes no reports. */
  readonly counts: ReportCounts | null;
  readonly services: readonly Service[];
  /** Closes what was opened here. */
  close(): Promise<void>;
}

export interface RunsPorts {
  /** With the rights of the owner; null in a process that has only the roles of runs. */
  readonly owner_db: Database | null;
  readonly ingest_db: Database | null;
  readonly query_db: Database | null;
  /** How a tenant is told of drift; null where nobody looks for it. */
  readonly tellDrift: ((owner_id: string, drift: BehaviorDrift) => Promise<void>) | null;
  /** How a run of this program's own is told of anew; null where nobody looks after runs. */
  readonly retell: Retell | null;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** The databases that the roles of runs have for themselves; null where they share that of the process, or are absent. */
export async function openRunDatabases({ runs, db, roles }: Config, log: Log) {
  const { pool_size } = db;
  const ingest_db =
    runs.ingest_url !== null && roles.has('ingest')
      ? await openNamedPostgres('INGEST_DATABASE_URL', { url: runs.ingest_url, pool_size, log })
      : null;
  try {
    const query_db =
      runs.query_url !== null && roles.has('query')
        ? await openNamedPostgres('QUERY_DATABASE_URL', { url: runs.query_url, pool_size, log })
        : null;
    return { ingest_db, query_db };
  } catch (error) {
    await ingest_db?.close();
    throw error;
  }
}

/** Puts together what takes reports of runs, answers questions about them, and looks after them. */
export function makeRuns(config: Config, ports: RunsPorts): Omit<RunParts, 'close'> {
  const { owner_db, tellDrift, retell, metrics, clock, log } = ports;
  const { silent_after_s, retention_days, rollups_days } = config.runs;
  const settings = config.runs;
  const routes: Routes[] = [];
  const services: Service[] = [];
  const { ingest_db, query_db } = ports;
  const parts = ingest_db && createIngest({ db: ingest_db, clock, settings });
  if (parts) {
    parts.counts.show(metrics);
    routes.push(ingestRoutes(parts.ingest), tracesRoutes(parts.ingest));
  }
  if (query_db)
    routes.push(
      runQueryRoutes({ db: query_db, clock }),
      driftRoutes(new Drift(new DriftStore(query_db))),
    );
  if (owner_db && config.roles.has('api')) {
    const own = parts ?? createIngest({ db: owner_db, clock, settings });
    routes.push(policyRoutes(new PolicyStore(owner_db), own.policies));
    services.push(
      new RunMaintenance({
        clock,
        log,
        retell,
        silent_after_s,
        retention_days,
        rollups_days,
        ingest: own.ingest,
        store: new RetentionStore(owner_db),
      }),
    );
  }
  if (owner_db && tellDrift && config.roles.has('api')) {
    const store = new DriftStore(owner_db);
    const drift = new Drift(store);
    routes.push(driftChangeRoutes(drift));
    services.push(
      new DriftWatch({
        drift,
        store,
        clock,
        log,
        tell: tellDrift,
        interval_s: settings.drift_interval_s,
        window_h: settings.drift_window_h,
        keep_days: settings.rollups_days,
      }),
    );
  }
  return { routes, services, counts: parts?.counts ?? null };
}
