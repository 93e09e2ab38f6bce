import { HttpConnection } from './http-connection.ts';

const CONNECTIONS = 64;

/** Sends so many requests, each once, over 64 connections. Rejects at the first answer that is not a 2xx. */
export async function sendEach(
  port: number,
  count: number,
  requestOf: (n: number) => Uint8Array,
): Promise<void> {
  const done = Promise.withResolvers<void>();
  let sent = 0;
  let answered = 0;
  const open: HttpConnection[] = [];
  try {
    for (let each = 0; each < CONNECTIONS; each++) {
      const connection = await HttpConnection.open(port, (status, fault) => {
        if (fault !== null) return done.reject(new Error(`an answer was ${status}: ${fault}`));
        if (++answered === count) return done.resolve();
        if (sent < count) connection.send(requestOf(sent++));
      });
      open.push(connection);
    }
    for (const connection of open) if (sent < count) connection.send(requestOf(sent++));
    await done.promise;
  } finally {
    for (const connection of open) connection.close();
  }
}
