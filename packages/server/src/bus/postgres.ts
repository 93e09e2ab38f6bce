import { messageOf, newId, type Log } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import type { Bus } from './contract.ts';
import { createMemoryBus, guarded } from './memory.ts';

/** Before each message stands the process that sent it. PostgreSQL takes 8,000 bytes, so there is room. */
const HEAD_CHARS = 12;

/**
 * The bus of several processes on one PostgreSQL: NOTIFY and LISTEN.
 * Never called inside a transaction: NOTIFY takes a lock that all committing notifiers share.
 *
 * Subscribers of this process are told at once, and not again by the database: what comes back is known by its head.
 */
export function createPostgresBus(db: Database, log: Log): Bus {
  const endings = new Set<() => Promise<void>>();
  const here = createMemoryBus(log);
  // From the random end of an id.
  const own = newId().slice(-HEAD_CHARS);
  // One at a time keeps the order of calls, which the connections of a pool would not.
  let last: Promise<void> = Promise.resolve();
  return {
    label: 'PostgreSQL LISTEN/NOTIFY',
    async publish(topic, message) {
      await here.publish(topic, message);
      last = last
        .then(() => db.notify(topic, own + message))
        .catch((error: unknown) =>
          log.warn({ topic, reason: messageOf(error) }, 'a hint was not sent'),
        );
      await last;
    },
    async subscribe(topic, receive) {
      const leave = await here.subscribe(topic, receive);
      const end = await db
        .listen(topic, (message) => {
          if (message === null) guarded(receive, null, log);
          else if (!message.startsWith(own)) guarded(receive, message.slice(HEAD_CHARS), log);
        })
        .catch(async (error: unknown) => {
          await leave();
          throw error;
        });
      endings.add(end);
      return async () => {
        endings.delete(end);
        await leave();
        await end();
      };
    },
    async close() {
      await here.close();
      await last;
      for (const end of endings) await end();
      endings.clear();
    },
  };
}
