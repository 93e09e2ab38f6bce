export { BUS_SETTINGS } from './config.ts';
export { MAX_MESSAGE_BYTES, type Bus } from './contract.ts';
export { createMemoryBus } from './memory.ts';
export { readNatsAddress } from './nats-address.ts';
export { createNatsBus } from './nats.ts';
export { createPostgresBus } from './postgres.ts';
