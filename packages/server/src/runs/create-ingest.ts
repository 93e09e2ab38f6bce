import type { Clock, Values } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import type { RUNS_SETTINGS } from './config.ts';
import { ReportCounts } from './ingest/count-reports.ts';
import { Ingest } from './ingest/ingest.ts';
import { Policies } from './ingest/policies.ts';
import { RunWriter } from './ingest/run-writer.ts';
import { IngestStore } from './ingest-store.ts';
import { PolicyStore } from './policy-store.ts';

/** More transactions than this at a time would mostly wait for each other at the rollups. */
const PARALLEL_MAX = 3;

/** What takes reports of runs, with what it counts and the policies that it keeps to. */
export interface IngestParts {
  readonly ingest: Ingest;
  readonly policies: Policies;
  readonly counts: ReportCounts;
}

/** Puts the write side together over a database, which may be that of a role that can do nothing else. */
export function createIngest(ports: {
  readonly db: Database;
  readonly clock: Clock;
  readonly settings: Pick<Values<typeof RUNS_SETTINGS>, 'privacy' | 'retention_days'>;
}): IngestParts {
  const { db, clock, settings } = ports;
  const store = new IngestStore(db);
  const counts = new ReportCounts();
  const policies = new Policies({
    clock,
    store: new PolicyStore(db),
    retention_days: settings.retention_days,
  });
  const parallel = Math.max(1, Math.min(PARALLEL_MAX, db.capabilities.connections - 1));
  const writer = new RunWriter({ store, clock, parallel });
  const { privacy } = settings;
  return {
    policies,
    counts,
    ingest: new Ingest({ store, writer, policies, counts, clock, privacy }),
  };
}
