import { messageOf, type Log } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { assertFits, type Bus } from './contract.ts';
import { guarded } from './memory.ts';

/**
 * The bus of several processes on one PostgreSQL: NOTIFY and LISTEN.
 * Never called inside a transaction: NOTIFY takes a lock that all committing notifiers share.
 */
export function createPostgresBus(db: Database, log: Log): Bus {
  const endings = new Set<() => Promise<void>>();
  // One at a time keeps the order of calls, which the connections of a pool would not.
  let last: Promise<void> = Promise.resolve();
  return {
    label: 'PostgreSQL LISTEN/NOTIFY',
    async publish(topic, message) {
      assertFits(topic, message);
      last = last
        .then(() => db.notify(topic, message))
        .catch((error: unknown) =>
          log.warn({ topic, reason: messageOf(error) }, 'a hint was not sent'),
        );
      await last;
    },
    async subscribe(topic, receive) {
      const end = await db.listen(topic, (message) => guarded(receive, message, log));
      endings.add(end);
      return async () => {
        endings.delete(end);
        await end();
      };
    },
    async close() {
      await last;
      for (const end of endings) await end();
      endings.clear();
    },
  };
}
