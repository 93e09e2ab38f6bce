import { describeBus } from './bus.conformance.ts';
import { createMemoryBus } from './memory.ts';

describeBus({ name: 'memory', open: async (_space, _url, log) => createMemoryBus(log) });
