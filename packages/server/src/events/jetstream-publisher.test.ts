import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { once } from 'node:events';
import { connect as connectTo, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newId, silentLog, systemClock } from '../base/index.ts';
import { createMemoryBus } from '../bus/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { ConsumerStore } from './consumer-store.ts';
import { JetStreamPublisher } from './jetstream-publisher.ts';
import { LogTail } from './log-tail.ts';
import { EventStore } from './store.ts';
import { SubscriptionStore } from './subscription-store.ts';
import { appendEvent, appendOfRecord, TEST_OWNER } from './testing.ts';

const url = process.env['CAIRN_TEST_NATS_URL'];

interface Message {
  readonly subject: string;
  readonly id: string;
  readonly event: Record<string, unknown>;
}

/** What the stream keeps, in its order. Empty while there is no stream. */
async function kept(manager: JetStreamManager): Promise<Message[]> {
  const info = await manager.streams.info('CAIRN').catch(() => null);
  const messages: Message[] = [];
  for (let seq = info?.state.first_seq ?? 1; seq <= (info?.state.last_seq ?? 0); seq++) {
    const message = await manager.streams.getMessage('CAIRN', { seq }).catch(() => null);
    if (!message) continue;
    const id = message.header.get('Nats-Msg-Id');
    messages.push({ subject: message.subject, id, event: message.json() });
  }
  return messages;
}

/** A way to the broker that can be cut: whoever came by it sees a broker that has died. */
async function openWay() {
  const { hostname, port } = new URL(url ?? '');
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connectTo(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {}).on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(cut);
  const near_port = await listen(0);
  return { url: `nats://127.0.0.1:${near_port}`, cut, mend: () => listen(near_port) };
}

describe.skipIf(url === undefined)('the log on JetStream', { timeout: 30_000 }, () => {
  async function manage(): Promise<JetStreamManager> {
    const connection = await connect({ servers: (url ?? '').replace('nats://', '') });
    onTestFinished(() => connection.close());
    return jetstreamManager(connection);
  }

  async function setUp() {
    const manager = await manage();
    const way = await openWay();
    await manager.streams.delete('CAIRN').catch(() => false);
    const db = await openTestDatabase();
    const bus = createMemoryBus(silentLog);
    const tail = new LogTail(new EventStore(db), bus, systemClock, silentLog);
    await tail.start();
    onTestFinished(() => tail.stop());
    await db.query({ text: "insert into event_cursors (name, seq) values ('dispatcher', 0)" });
    const subscriptions = new SubscriptionStore(db);
    const publisher = new JetStreamPublisher({
      url: way.url,
      store: new ConsumerStore(db),
      subscriptions,
      tail,
      clock: systemClock,
      log: silentLog,
    });
    await publisher.start();
    onTestFinished(() => publisher.stop());
    const emit = async (fields: Parameters<typeof appendEvent>[1] = {}) => {
      const seq = await appendOfRecord(db, fields);
      tail.ring();
      return seq;
    };
    return { manager, way, db, tail, subscriptions, publisher, emit };
  }

  it('names subjects after record and event, and after each agent with a matching selector once', async () => {
    const { manager, emit, subscriptions } = await setUp();
    const [agent, stranger, id] = [newId(), newId(), newId()];
    await subscriptions.add(TEST_OWNER, agent, { any_tags: ['a'] });
    await subscriptions.add(TEST_OWNER, agent, { schema_name: 'note.v1' });
    await subscriptions.add(TEST_OWNER, stranger, { any_tags: ['b'] });
    await subscriptions.add(newId(), stranger, { any_tags: ['a'] });
    const fields = { breadcrumb_id: id, tags: ['a'], schema_name: 'note.v1', context: { n: 1 } };
    const created = await emit({ ...fields, kind: 'created' });
    const updated = await emit({ ...fields, kind: 'updated' });
    await emit({ ...fields, kind: 'deleted' });
    await expect.poll(async () => (await kept(manager)).length).toBe(5);
    const messages = await kept(manager);
    const subjects = messages.map(({ subject }) => subject);
    expect(subjects.slice(0, 3).toSorted()).toEqual(
      [`agents.${agent}.events`, `bc.${id}.created`, `bc.${id}.updated`].toSorted(),
    );
    expect(subjects.slice(3).toSorted()).toEqual(
      [`agents.${agent}.events`, `bc.${id}.updated`].toSorted(),
    );
    const first = messages.find(({ subject }) => subject === `bc.${id}.created`);
    expect(first).toMatchObject({
      id: `${created}:bc.${id}.created`,
      event: { type: 'breadcrumb.created', seq: created, breadcrumb_id: id, context: { n: 1 } },
    });
    const told = messages.filter(({ subject }) => subject.startsWith('agents.'));
    expect(told.map(({ event }) => [event['type'], event['seq']])).toEqual([
      ['breadcrumb.updated', created],
      ['breadcrumb.updated', updated],
    ]);
  });

  it('follows selectors as they come and go', async () => {
    const { manager, emit, subscriptions } = await setUp();
    const agent = newId();
    const agents = async () =>
      (await kept(manager)).flatMap(({ subject, event }) =>
        subject.startsWith('agents.') ? [event['seq']] : [],
      );
    const unheard = await emit({ tags: ['a'] });
    await expect.poll(async () => (await kept(manager)).length).toBe(1);
    const { id } = await subscriptions.add(TEST_OWNER, agent, { any_tags: ['a'] });
    const heard = await emit({ tags: ['a'] });
    await expect.poll(agents).toEqual([heard]);
    await subscriptions.remove(TEST_OWNER, agent, id);
    await emit({ tags: ['a'] });
    await expect.poll(async () => (await kept(manager)).length).toBe(4);
    expect(await agents()).toEqual([heard]);
    expect(unheard).toBeLessThan(heard);
  });

  it('keeps one message of a page that is published twice', async () => {
    const { manager, db, tail, emit } = await setUp();
    await emit();
    await emit();
    await expect.poll(async () => (await kept(manager)).length).toBe(2);
    await db.query({ text: "update event_cursors set seq = 0 where name = 'jetstream'" });
    const last = await emit();
    const cursor = async () => {
      const { rows } = await db.query<{ seq: number }>({
        text: "select seq from event_cursors where name = 'jetstream'",
      });
      return rows[0]?.seq;
    };
    await expect.poll(cursor).toBe(last);
    const seqs = (await kept(manager)).map(({ event }) => event['seq']);
    expect(seqs).toEqual([...new Set(seqs)]);
    expect(seqs).toHaveLength(3);
    expect(tail.watermark).toBe(last);
  });

  it('has no contexts of secret records, no private records, and no context that the broker refuses', async () => {
    const { manager, db, emit } = await setUp();
    const agent = newId();
    await new SubscriptionStore(db).add(TEST_OWNER, agent, {});
    const large = newId();
    await emit({ sensitivity: 'secret', context: null, title: 'secret one' });
    await db.transaction(async (tx) => {
      const seq = await appendEvent(tx, { title: 'private one', kind: 'created' });
      await tx.query({ text: `update events set visibility = 'private' where seq = ${seq}` });
    });
    await emit({ breadcrumb_id: large, context: { text: 'x'.repeat(1_500_000) } });
    const last = await emit({ context: { n: 1 } });
    await expect
      .poll(async () => (await kept(manager)).some(({ event }) => event['seq'] === last))
      .toBe(true);
    const messages = await kept(manager);
    const of = (title: string) => messages.filter(({ event }) => event['title'] === title);
    expect(of('private one')).toEqual([]);
    expect(of('secret one')).toHaveLength(2);
    for (const { event } of of('secret one')) expect(event).not.toHaveProperty('context');
    const big = messages.find(({ subject }) => subject === `bc.${large}.updated`);
    expect(big?.event).toMatchObject({ breadcrumb_id: large });
    expect(big?.event).not.toHaveProperty('context');
  });

  it('delays no write while the broker is away, and everything arrives when it is back', async () => {
    const { manager, way, emit } = await setUp();
    const seqs = [await emit()];
    await expect.poll(async () => (await kept(manager)).length).toBe(1);
    way.cut();
    const began = performance.now();
    for (let n = 0; n < 20; n++) seqs.push(await emit());
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await kept(manager)).toHaveLength(1);
    await way.mend();
    await expect
      .poll(async () => (await kept(manager)).map(({ event }) => event['seq']))
      .toEqual(seqs);
  });

  it('makes its stream again when the broker has lost it', async () => {
    const { manager, emit } = await setUp();
    await emit();
    await expect.poll(async () => (await kept(manager)).length).toBe(1);
    await manager.streams.delete('CAIRN');
    const seq = await emit();
    await expect
      .poll(async () => (await kept(manager)).map(({ event }) => event['seq']))
      .toEqual([seq]);
  });
});
