export { QUEUE_SETTINGS } from './config.ts';
export { type Delivery, type DeliveryHandler, type NewDelivery, type Outcome } from './contract.ts';
export { DeliveryStore, type QueueBacklog } from './store.ts';
export { traceHandler } from './trace-handler.ts';
export { QueueWorker } from './worker.ts';
