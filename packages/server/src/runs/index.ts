export { RUNS_SETTINGS } from './config.ts';
export { createIngest } from './create-ingest.ts';
export { createDatabaseRoles, type DatabaseRole } from './database-roles-store.ts';
export { type ReportCounts } from './ingest/count-reports.ts';
export { deriveId } from './ingest/derive-id.ts';
export { policyRoutes } from './ingest/policy-routes.ts';
export {
  describeDrift,
  Drift,
  driftChangeRoutes,
  driftRoutes,
  DriftStore,
  DriftWatch,
} from './drift/index.ts';
export { ingestRoutes } from './ingest/routes.ts';
export { tracesRoutes } from './ingest/traces-routes.ts';
export { RunMaintenance, type Retell } from './maintenance/maintenance.ts';
export { PolicyStore } from './policy-store.ts';
export { runQueryRoutes } from './query-routes.ts';
export { RetentionStore } from './retention-store.ts';
