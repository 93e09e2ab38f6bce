export { Announcer } from './announcer.ts';
export { ConsumerStore } from './consumer-store.ts';
export { TOPICS, type EphemeralFor, type LoggedEvent } from './contract.ts';
export { Dispatcher } from './dispatcher.ts';
export { JetStreamPublisher } from './jetstream-publisher.ts';
export { LogConsumer } from './log-consumer.ts';
export { LogTail } from './log-tail.ts';
export { eventRoutes } from './routes.ts';
export {
  appendEventsFrom,
  EventStore,
  raiseGeneration,
  type Subscription,
  type SubscriptionSource,
} from './store.ts';
export { SelectorIndex } from './selector-index.ts';
export { StreamHub } from './stream-hub.ts';
export { subscriptionRoutes } from './subscription-routes.ts';
export { SubscriptionStore } from './subscription-store.ts';
export { wireText } from './wire-event.ts';
