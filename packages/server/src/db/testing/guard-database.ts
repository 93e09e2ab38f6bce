import type { Database } from '../contract.ts';
import { WorkUnderway } from '../work-underway.ts';

export interface GuardedDatabase {
  readonly db: Database;
  /**
   * Lets nothing new begin on `db`, and resolves once everything that began has ended. What a test has left running
   * can then reach the database no more: its schema may be another test's.
   */
  end(): Promise<void>;
}

/** Puts a gate before a database that can be shut for good. */
export function guardDatabase(inner: Database): GuardedDatabase {
  const underway = new WorkUnderway();
  const db: Database = {
    capabilities: inner.capabilities,
    query: (statement) => underway.run(() => inner.query(statement)),
    exec: (text) => underway.run(() => inner.exec(text)),
    transaction: (work) => underway.run(() => inner.transaction(work)),
    notify: (channel, payload) => underway.run(() => inner.notify(channel, payload)),
    async listen(channel, receive) {
      // Waits for a connection for as long as there is none; its end is the closing of `inner`.
      await underway.run(async () => {});
      return inner.listen(channel, receive);
    },
    close: () => inner.close(),
  };
  return { db, end: () => underway.end() };
}
