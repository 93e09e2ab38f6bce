export { Announcer } from './announcer.ts';
export { TOPICS, type LoggedEvent } from './contract.ts';
export { Dispatcher } from './dispatcher.ts';
export { LogTail } from './log-tail.ts';
export { eventRoutes } from './routes.ts';
export { appendEventsFrom, EventStore } from './store.ts';
export { StreamHub } from './stream-hub.ts';
