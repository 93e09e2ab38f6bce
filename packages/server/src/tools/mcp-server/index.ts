export { mcpRoutes } from './routes.ts';
export { EventWaits } from './wait-for-event.ts';
