export { Drift } from './drift.ts';
export { driftChangeRoutes, driftRoutes } from './drift-routes.ts';
export { DriftStore } from './drift-store.ts';
export { describeDrift, DriftWatch } from './watch-drift.ts';
