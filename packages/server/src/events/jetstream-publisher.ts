import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { compileSelector, type LoggedEventType } from '@cairn/protocol';
import { messageOf, newId, type Clock, type Log, type Service } from '../base/index.ts';
import { readNatsAddress } from '../bus/index.ts';
import type { ConsumerStore } from './consumer-store.ts';
import type { LoggedEvent } from './contract.ts';
import { LogConsumer } from './log-consumer.ts';
import type { LogTail } from './log-tail.ts';
import { SelectorIndex } from './selector-index.ts';
import type { SubscriptionStore } from './subscription-store.ts';
import { namesOf, wireText } from './wire-event.ts';

const STREAM = 'CAIRN';
const SUBJECTS = ['bc.>', 'agents.*.events'];
/** How long the broker remembers message ids: longer than a page that is tried again can be old. */
const DUPLICATES_MS = 10 * 60_000;
const PAGE = 200;
/** The broker keeps messages for readers that come back; the truth is the log. */
const KEPT_DAYS = 7;
/** Of a message, besides its text: the subject and the header with its id. */
const HEADER_BYTES = 512;

interface Client {
  readonly connection: NatsConnection;
  readonly stream: JetStreamClient;
}

export interface JetStreamPorts {
  readonly url: string;
  readonly store: ConsumerStore;
  readonly subscriptions: SubscriptionStore;
  readonly tail: LogTail;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Publishes the log to NATS JetStream: `bc.<id>.created`, `bc.<id>.updated`, and `agents.<id>.events` for each agent
 * with a matching selector. It reads the log with a cursor of its own, so while the broker is away nothing is lost and
 * no write waits; what is published twice has the same message id, by which the broker knows it.
 */
export class JetStreamPublisher implements Service {
  readonly name = 'JetStream publisher';
  readonly #ports: JetStreamPorts;
  readonly #consumer: LogConsumer;
  #client: Promise<Client> | null = null;
  #index: { readonly generation: number; readonly agents: SelectorIndex<string> } | null = null;

  constructor(ports: JetStreamPorts) {
    this.#ports = ports;
    this.#consumer = new LogConsumer({
      ...ports,
      name: 'jetstream',
      holder: newId(),
      page: PAGE,
      from: 'end',
      consume: (events, signal) => this.#publish(events, signal),
    });
  }

  /** Does not wait for the broker: it is connected to when there is something to publish, and again when it was away. */
  start(): Promise<void> {
    return this.#consumer.start();
  }

  async stop(): Promise<void> {
    await this.#consumer.stop();
    await this.#disconnect();
  }

  async #publish(events: readonly LoggedEvent[], signal: AbortSignal): Promise<void> {
    const { connection, stream } = await this.#connected();
    const index = await this.#agentIndex();
    const bytes_max = (connection.info?.max_payload ?? Infinity) - HEADER_BYTES;
    try {
      for (const event of events) {
        signal.throwIfAborted();
        const sent = messagesOf(event, index).map(({ subject, type }) =>
          stream.publish(subject, fittingText(type, event, bytes_max), {
            msgID: `${event.seq}:${subject}`,
          }),
        );
        // One event after the other, so that the broker has them in the order of the log.
        await Promise.all(sent);
      }
    } catch (error) {
      // The next try connects anew and makes the stream if it is missing: a broker may come back without its data.
      await this.#disconnect();
      throw error;
    }
  }

  async #disconnect(): Promise<void> {
    const client = await this.#client?.catch(() => null);
    this.#client = null;
    await client?.connection.close();
  }

  /** The agents by their selectors, as of now or later. */
  async #agentIndex(): Promise<SelectorIndex<string>> {
    const { subscriptions, log } = this.#ports;
    const generation = await subscriptions.generation();
    if (this.#index?.generation === generation) return this.#index.agents;
    const agents = new SelectorIndex<string>();
    for (const { id, owner_id, agent_id, selector } of await subscriptions.all()) {
      try {
        agents.add(id, owner_id, compileSelector(selector), agent_id);
      } catch (error) {
        const fields = { subscription: id, reason: messageOf(error) };
        log.warn(fields, 'a stored selector is not well formed');
      }
    }
    this.#index = { generation, agents };
    return agents;
  }

  #connected(): Promise<Client> {
    this.#client ??= this.#connect().catch((error: unknown) => {
      this.#client = null;
      throw error;
    });
    return this.#client;
  }

  async #connect() {
    // Loaded here, so that a server without a broker does not carry its client.
    const { connect } = await import('@nats-io/transport-node');
    const { jetstream } = await import('@nats-io/jetstream');
    const connection = await connect({
      ...readNatsAddress(this.#ports.url),
      name: 'cairn jetstream',
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      ignoreAuthErrorAbort: true,
      pingInterval: 20_000,
      timeout: 5_000,
    });
    try {
      await ensureStream(connection);
    } catch (error) {
      await connection.close();
      throw error;
    }
    return { connection, stream: jetstream(connection, { timeout: 5_000 }) };
  }
}

/** What a broker would refuse for its size goes without its context, as what is secret does; readers ask for it. */
function fittingText(type: LoggedEventType, event: LoggedEvent, bytes_max: number): string {
  const text = wireText(type, event);
  return Buffer.byteLength(text) <= bytes_max ? text : wireText(type, { ...event, context: null });
}

function messagesOf(
  event: LoggedEvent,
  index: SelectorIndex<string>,
): { subject: string; type: LoggedEventType }[] {
  // A deletion goes to streams that ask for it; brokers never heard of one.
  if (event.kind === 'deleted') return [];
  // What is private is not for a broker, which knows nothing of who may read it.
  if (event.visibility === 'private') return [];
  const own = namesOf(event).map((type) => ({
    subject: `bc.${event.breadcrumb_id}.${type.slice('breadcrumb.'.length)}`,
    type,
  }));
  const agents = [...new Set(index.match(event.owner_id, event))];
  return [
    ...own,
    ...agents.map((agent_id) => ({
      subject: `agents.${agent_id}.events`,
      type: 'breadcrumb.updated' as const,
    })),
  ];
}

/** Makes the stream, or brings one of an earlier release up to date. */
async function ensureStream(connection: NatsConnection): Promise<void> {
  const { jetstreamManager } = await import('@nats-io/jetstream');
  const { nanos } = await import('@nats-io/transport-node');
  const manager = await jetstreamManager(connection, { timeout: 5_000 });
  const config = {
    name: STREAM,
    subjects: SUBJECTS,
    duplicate_window: nanos(DUPLICATES_MS),
    max_age: nanos(KEPT_DAYS * 86_400_000),
  };
  const is_known = await manager.streams.info(STREAM).then(
    () => true,
    () => false,
  );
  if (is_known) await manager.streams.update(STREAM, config);
  else await manager.streams.add(config);
}
