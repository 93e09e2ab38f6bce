import { inSpan, type SpanAttributes, type Tracing } from '../base/index.ts';
import type { Database, Handle } from '../db/index.ts';

const DATABASE: SpanAttributes = { 'db.system.name': 'postgresql' };

/**
 * The same database, with a span for each transaction and each statement outside of one. Only what is part of a trace
 * counts: the queues and the log are looked at every second without anybody asking. The text of a statement is never
 * told, only its name.
 */
export function traceDatabase(db: Database, tracing: Tracing): Database {
  const within = <T>(name: string, work: () => Promise<T>, more: SpanAttributes = {}) => {
    if (tracing.current() === null) return work();
    const options = { kind: 'client', attributes: { ...DATABASE, ...more } } as const;
    return inSpan(tracing, name, options, work);
  };
  return {
    capabilities: db.capabilities,
    query: (statement) =>
      within(
        `db ${statement.name ?? 'query'}`,
        () => db.query(statement),
        statement.name === undefined ? {} : { 'db.operation.name': statement.name },
      ),
    exec: (text) => within('db exec', () => db.exec(text)),
    transaction: <T>(work: (tx: Handle) => Promise<T>) =>
      within('db transaction', () => db.transaction(work)),
    notify: (channel, payload) => db.notify(channel, payload),
    listen: (channel, receive) => db.listen(channel, receive),
    close: () => db.close(),
  };
}
