import { messageOf, type Log } from '../base/index.ts';
import { assertFits, type Bus } from './contract.ts';

/** The bus of one process. */
export function createMemoryBus(log: Log): Bus {
  const topics = new Map<string, Set<(message: string | null) => void>>();
  return {
    label: 'in memory',
    async publish(topic, message) {
      assertFits(topic, message);
      for (const receive of topics.get(topic) ?? []) {
        queueMicrotask(() => {
          if (topics.get(topic)?.has(receive)) guarded(receive, message, log);
        });
      }
    },
    async subscribe(topic, receive) {
      // Each subscription is its own entry, also when the same function subscribes twice.
      const entry = (message: string | null) => receive(message);
      const set = topics.get(topic) ?? new Set();
      topics.set(topic, set.add(entry));
      return async () => {
        set.delete(entry);
        if (set.size === 0) topics.delete(topic);
      };
    },
    async close() {
      topics.clear();
    },
  };
}

/** Calls a subscriber so that its failure stays its own. */
export function guarded(
  receive: (message: string | null) => void,
  message: string | null,
  log: Log,
): void {
  try {
    receive(message);
  } catch (error) {
    log.error({ reason: messageOf(error) }, 'a subscriber of the bus failed');
  }
}
