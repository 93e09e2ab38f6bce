import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Selector } from '@cairn/protocol';
import { onTestFinished } from 'vitest';
import { ManualClock, newId, silentLog, systemClock, type Log } from '../base/index.ts';
import { createMemoryBus } from '../bus/index.ts';
import { Dispatcher, EventStore, LogTail, type LoggedEvent } from '../events/index.ts';
import { appendOfRecord } from '../events/testing.ts';
import { createGuardedFetch, type Principal } from '../http/index.ts';
import { can, IdentityStore } from '../identity/index.ts';
import { DeliveryStore, QueueWorker } from '../queue/index.ts';
import { Keyring } from '../secrets/index.ts';
import { openTestSecrets, type TestSecrets } from '../secrets/testing.ts';
import { WEBHOOKS_QUEUE } from './contract.ts';
import { createWebhooks, type WebhooksPorts } from './create-webhooks.ts';
import type { DeadLetters } from './dead-letters.ts';
import { registerWebhooks } from './register-webhooks.ts';
import type { WebhookSender } from './send-webhook.ts';
import type { WebhookStore } from './store.ts';
import type { Webhooks } from './webhooks.ts';

/** Webhooks from the event log to the wire, on a database and a clock of the test's own. */
export interface TestWebhooks extends TestSecrets {
  readonly clock: ManualClock;
  readonly store_of_webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly webhooks: Webhooks;
  readonly dead_letters: DeadLetters;
  readonly sender: WebhookSender;
  /** Another worker of the queue, started; without one nothing is sent. */
  work(): Promise<QueueWorker>;
  stop(worker: QueueWorker): Promise<void>;
  /** Registers a selector of an agent, as the API does. */
  subscribe(agent: Principal, selector?: Selector): Promise<void>;
  /** Writes an event and waits until it was dispatched. */
  emit(agent: Principal, fields?: Partial<Omit<LoggedEvent, 'seq'>>): Promise<number>;
  /** Lets time pass from one due delivery to the next until `until` settles. */
  passUntil<T>(until: Promise<T>): Promise<T>;
  /** Lets time pass until no delivery is pending or running. */
  passUntilIdle(): Promise<void>;
}

export async function openTestWebhooks(
  options: {
    allow_private?: boolean;
    log?: Log;
    lease_ms?: number;
    random?: () => number;
    notifier?: WebhooksPorts['notifier'];
    observe?: WebhooksPorts['observe'];
    lane_concurrency?: number;
  } = {},
): Promise<TestWebhooks> {
  const { allow_private = true, log = silentLog, random = () => 0.5 } = options;
  const base = await openTestSecrets(new Keyring(randomBytes(32)));
  const { db, secrets } = base;
  const clock = new ManualClock(Date.now());
  const bus = createMemoryBus(log);
  const deliveries = new DeliveryStore(db, clock);
  const identity = new IdentityStore(db);
  const { subscriptions, sender, webhooks, dead_letters, store } = createWebhooks({
    disable_after_days: 5,
    ...(options.notifier ? { notifier: options.notifier } : {}),
    ...(options.observe ? { observe: options.observe } : {}),
    db,
    bus,
    deliveries,
    secrets,
    fetch: createGuardedFetch({ allow_private, clock: systemClock }),
    allow_private,
    rolesOf: (owner_id, agent_id) => identity.agentRoles(owner_id, agent_id),
    may_see: (principal, event) => can(principal, 'breadcrumb.read', event),
    clock,
    random,
    log,
  });
  const events = new EventStore(db);
  const tail = new LogTail(events, bus, systemClock, log);
  const dispatcher = new Dispatcher({
    store: events,
    sources: [subscriptions],
    deliveries,
    tail,
    bus,
    clock: systemClock,
    log,
  });
  registerWebhooks(dispatcher);
  await tail.start();
  await dispatcher.start();
  const workers: QueueWorker[] = [];
  const cursor = async () => {
    const { rows } = await db.query<{ seq: number }>({
      text: "select seq from event_cursors where name = 'dispatcher'",
    });
    return rows[0]?.seq ?? 0;
  };
  /** One look, since a delivery that begins to run between two would make its lease look like its time. */
  const look = async () => {
    const { rows } = await db.query<{ running: number; waiting: number; due_at: string | null }>({
      text: `select count(*) filter (where state = 'running')::int as running,
          count(*) filter (where state = 'pending')::int as waiting,
          min(due_at) filter (where state = 'pending' and not exists (
            select from deliveries e where e.queue = d.queue and e.group_key = d.group_key
              and e.state in ('pending', 'running') and e.position < d.position)) as due_at
        from deliveries d where queue = $1`,
      values: [WEBHOOKS_QUEUE],
    });
    return rows[0] ?? { running: 0, waiting: 0, due_at: null };
  };
  /** Says whether there was anything to wait for. */
  const skipAhead = async () => {
    const { running, waiting, due_at } = await look();
    await new Promise((resolve) => setImmediate(resolve));
    if (running > 0 || due_at === null) return running + waiting > 0;
    // What is due now is about to be claimed by a worker that was rung or polls.
    const due_in = Date.parse(due_at) - clock.now();
    clock.advance(due_in > 0 ? due_in : 10);
    return true;
  };
  /** Stopping waits on the test's clock, and for the database. */
  const stop = async (worker: QueueWorker) => {
    let is_stopped = false;
    const stopped = worker.stop().then(() => (is_stopped = true));
    for (;;) {
      await look();
      if (is_stopped) return void (await stopped);
      clock.advance(25);
    }
  };
  onTestFinished(async () => {
    for (const worker of workers) await stop(worker);
    await dispatcher.stop();
    await tail.stop();
  });
  return {
    ...base,
    clock,
    store_of_webhooks: store,
    deliveries,
    webhooks,
    dead_letters,
    sender,
    async work() {
      const worker = new QueueWorker({
        queue: WEBHOOKS_QUEUE,
        handler: sender,
        store: deliveries,
        clock,
        random,
        log,
        name: `worker-${workers.length}`,
        concurrency: 4,
        lane_concurrency: options.lane_concurrency ?? 4,
        lease_ms: options.lease_ms ?? 30_000,
        poll_ms: 1_000,
      });
      workers.push(worker);
      await bus.subscribe('events.queues', () => worker.ring());
      await worker.start();
      return worker;
    },
    async subscribe({ owner_id, agent_id }, selector = {}) {
      await db.query({
        text: 'insert into selector_subscriptions (id, owner_id, agent_id, selector) values ($1, $2, $3, $4)',
        values: [newId(), owner_id, agent_id, JSON.stringify(selector)],
      });
      await db.query({ text: 'update event_cursors set generation = generation + 1' });
    },
    async emit({ owner_id }, fields = {}) {
      const seq = await appendOfRecord(db, { owner_id, kind: 'created', ...fields });
      tail.ring();
      while ((await cursor()) < seq) await new Promise((resolve) => setImmediate(resolve));
      return seq;
    },
    async passUntil(until) {
      let is_settled = false;
      const settle = () => {
        is_settled = true;
      };
      until.then(settle, settle);
      for (;;) {
        await skipAhead();
        if (is_settled) return until;
      }
    },
    async passUntilIdle() {
      while (await skipAhead());
    },
    stop,
  };
}

/** What a receiver got. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Resolves with the nth request, counted from 1. */
  nth(n: number): Promise<Received>;
  /** How it answers from now on; a list is used up answer by answer, the last one stays. */
  answer(...answers: { status: number; headers?: Record<string, string> }[]): void;
  /** From now on requests are taken and not answered. */
  hang(): void;
}

/** A server that takes webhooks. */
export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let waiting: { n: number; resolve: (each: Received) => void }[] = [];
  let answers: { status: number; headers?: Record<string, string> }[] | null = [{ status: 200 }];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const each = { headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
      received.push(each);
      if (answers) {
        const [next = { status: 200 }] = answers;
        if (answers.length > 1) answers.shift();
        response.writeHead(next.status, next.headers).end('thanks');
      }
      waiting = waiting.filter(({ n, resolve }) => {
        if (received.length < n) return true;
        resolve(received[n - 1] as Received);
        return false;
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    nth: (n) =>
      new Promise((resolve) => {
        const known = received[n - 1];
        if (known) resolve(known);
        else waiting.push({ n, resolve });
      }),
    answer(...given) {
      answers = given;
    },
    hang() {
      answers = null;
    },
  };
}

/**
 * Verifies a webhook as a receiver would, from the text of the standard and with another implementation of HMAC than
 * the sender's. Answers with the position of the signature that fits, -1 when none does.
 */
export async function verifyStandardWebhook(
  { headers, body }: Received,
  secret: string,
): Promise<number> {
  const key = secret.startsWith('whsec_')
    ? Uint8Array.from(atob(secret.slice(6)), (each) => each.charCodeAt(0))
    : new TextEncoder().encode(secret);
  const mac = await hmac(key, `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  const expected = `v1,${btoa(String.fromCharCode(...mac))}`;
  return String(headers['webhook-signature']).split(' ').indexOf(expected);
}

/** The same for the header of the original. */
export async function verifyOriginal(
  { headers, body }: Received,
  secret: string,
): Promise<boolean> {
  const mac = await hmac(new TextEncoder().encode(secret), body);
  const hex = [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return headers['x-rcrt-signature'] === `sha256=${hex}`;
}

async function hmac(key: Uint8Array, text: string): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', Uint8Array.from(key), algorithm, false, [
    'sign',
  ]);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(text)));
}
