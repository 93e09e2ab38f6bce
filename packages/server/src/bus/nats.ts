import type { NatsConnection } from '@nats-io/transport-node';
import { messageOf, type Log } from '../base/index.ts';
import { assertFits, type Bus } from './contract.ts';
import { guarded } from './memory.ts';
import { readNatsAddress } from './nats-address.ts';

/**
 * The bus on a NATS server. The connection comes back by itself; what is published meanwhile is dropped, and every
 * subscriber is told that it may have missed something.
 */
export async function createNatsBus(url: string, prefix: string, log: Log): Promise<Bus> {
  const { connect } = await import('@nats-io/transport-node');
  const connection = await connect({
    ...readNatsAddress(url),
    name: 'cairn',
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    // A server that refuses us now, as while its accounts are being changed, may take us later.
    ignoreAuthErrorAbort: true,
    // A connection whose other side is gone without a word is noticed within a minute.
    pingInterval: 20_000,
    timeout: 5_000,
  });
  const receivers = new Set<(message: string | null) => void>();
  void watch(connection, receivers, log);
  const subject = (topic: string) => `${prefix}.${topic}`;
  let closed: Promise<void> | null = null;
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
      const subscription = connection.subscribe(subject(topic), {
        callback: (error, message) => guard(error ? null : message.string()),
      });
      receivers.add(guard);
      const end = () => {
        receivers.delete(guard);
        subscription.unsubscribe();
      };
      try {
        // The server knows of the subscription once it has answered.
        await connection.flush();
      } catch (error) {
        end();
        throw error;
      }
      return async () => end();
    },
    close() {
      closed ??= connection.drain().catch(() => connection.close());
      return closed;
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
    if (type === 'reconnect') void tellOfGap(connection, receivers);
  }
}

async function tellOfGap(
  connection: NatsConnection,
  receivers: Set<(message: string | null) => void>,
): Promise<void> {
  try {
    // Once the server has answered it knows of the subscriptions again; before, the gap is still open.
    await connection.flush();
  } catch {
    // It broke once more, and will be told of when it is back.
    return;
  }
  for (const receive of receivers) receive(null);
}
