import { connect, type NatsConnection } from '@nats-io/transport-node';
import { messageOf, type Log } from '../base/index.ts';
import { assertFits, type Bus } from './contract.ts';
import { guarded } from './memory.ts';

/**
 * The bus on a NATS server. The connection comes back by itself; what is published meanwhile is dropped, and every
 * subscriber is told that it may have missed something.
 */
export async function createNatsBus(url: string, prefix: string, log: Log): Promise<Bus> {
  const connection = await connect({
    servers: url,
    name: 'cairn',
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    timeout: 5_000,
  });
  const receivers = new Set<(message: string | null) => void>();
  void watch(connection, receivers, log);
  const subject = (topic: string) => `${prefix}.${topic}`;
  return {
    label: 'NATS',
    async publish(topic, message) {
      assertFits(topic, message);
      try {
        connection.publish(subject(topic), message);
      } catch (error) {
        log.warn({ topic, reason: messageOf(error) }, 'a hint was not sent');
      }
    },
    async subscribe(topic, receive) {
      const guard = (message: string | null) => guarded(receive, message, log);
      receivers.add(guard);
      const subscription = connection.subscribe(subject(topic), {
        callback: (error, message) => guard(error ? null : message.string()),
      });
      // The server knows of the subscription once it has answered.
      await connection.flush();
      return async () => {
        receivers.delete(guard);
        subscription.unsubscribe();
      };
    },
    async close() {
      if (!connection.isClosed()) await connection.drain().catch(() => connection.close());
    },
  };
}

async function watch(
  connection: NatsConnection,
  receivers: Set<(message: string | null) => void>,
  log: Log,
): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') log.warn({}, 'the connection to NATS broke; connecting again');
    if (type === 'reconnect') for (const receive of receivers) receive(null);
  }
}
