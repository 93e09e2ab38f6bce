import { compileSelector, type CompiledSelector, type Selector } from '@cairn/protocol';
import { messageOf, Wakeup, type Clock, type Log, type Service } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import { DatabaseError, type Handle } from '../db/index.ts';
import type { DeliveryStore, NewDelivery } from '../queue/index.ts';
import { TOPICS, type LoggedEvent } from './contract.ts';
import type { LogTail } from './log-tail.ts';
import { EVERY_TENANT, SelectorIndex } from './selector-index.ts';
import type { EventStore, Subscription, SubscriptionSource } from './store.ts';

const CURSOR = 'dispatcher';
const PAGE = 100;
const POLL_MS = 1_000;
/** Past events that concern nobody the cursor moves no more often than this. */
const IDLE_MOVE_MS = 100;

/** Turns an event into the delivery that it means for a subscriber; null when it means none. */
export type ToDelivery = (
  event: LoggedEvent,
  agent_id: string | null,
) => Omit<NewDelivery, 'queue' | 'owner_id'> | null;

/**
 * Work that must see every matching event in order, inside the transaction that moves the cursor past it.
 * It may name queues whose workers are to be rung after the commit.
 */
export type Projection = (tx: Handle, event: LoggedEvent) => Promise<readonly string[] | void>;

type Target =
  | { readonly type: 'project'; readonly order: number; readonly project: Projection }
  | { readonly type: 'deliver'; readonly queue: string; readonly agent_id: string | null };

/** Runs a part of a page. Answers with its failure when only that part is taken back, else with null. */
type Attempt = (tx: Handle, work: () => Promise<unknown>) => Promise<{ error: unknown } | null>;

/** What a page is dispatched with, and into. */
interface Page {
  readonly tx: Handle;
  readonly attempt: Attempt;
  readonly deliveries: NewDelivery[];
  readonly touched: Set<string>;
}

/** Events in (after, upto] that concern nobody, by the subscriptions that are known now. */
interface Passed {
  readonly after: number;
  readonly upto: number;
}

/**
 * Reads the log once for all: every event goes to the projections that it concerns and becomes one delivery for each
 * subscriber that it matches. Cursor, projections and deliveries commit together, so each event is dispatched exactly
 * once, however many processes run this and whenever they die. One process works at a time; the others pass.
 */
export class Dispatcher implements Service {
  readonly name = 'dispatcher';
  readonly #store: EventStore;
  readonly #sources: readonly SubscriptionSource[];
  readonly #deliveries: DeliveryStore;
  readonly #tail: LogTail;
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #queues = new Map<string, ToDelivery>();
  readonly #fixed: { id: string; selector: CompiledSelector; target: Target }[] = [];
  readonly #wakeup = new Wakeup();
  #index = new SelectorIndex<Target>();
  #generation: number | null = null;
  #passed: Passed | null = null;
  #moved_at = 0;
  #stopping = new AbortController();
  #started: Promise<void> | null = null;
  #loop: Promise<void> | null = null;
  #unlisten = () => {};

  constructor(ports: {
    store: EventStore;
    /** Where subscriptions stand besides `store`, such as the webhooks of agents. */
    sources?: readonly SubscriptionSource[];
    deliveries: DeliveryStore;
    tail: LogTail;
    bus: Bus;
    clock: Clock;
    log: Log;
  }) {
    this.#store = ports.store;
    this.#sources = [ports.store, ...(ports.sources ?? [])];
    this.#deliveries = ports.deliveries;
    this.#tail = ports.tail;
    this.#bus = ports.bus;
    this.#clock = ports.clock;
    this.#log = ports.log;
  }

  /** Says how events become deliveries of this queue. Every process of one database must say the same. */
  defineQueue(queue: string, to_delivery: ToDelivery): void {
    this.#queues.set(queue, to_delivery);
  }

  /** Routes events of every tenant that match to a queue. */
  route(selector: Selector, queue: string): void {
    this.#fix(selector, { type: 'deliver', queue, agent_id: null });
  }

  /** Runs a projection on events of every tenant that match, deletions among them, in the order of the log. */
  project(selector: Selector, project: Projection): void {
    this.#fix(selector, { type: 'project', order: this.#fixed.length, project });
  }

  async start(): Promise<void> {
    this.#started ??= this.#begin().catch((error: unknown) => {
      this.#started = null;
      throw error;
    });
    await this.#started;
  }

  async stop(): Promise<void> {
    await this.#started?.catch(() => {});
    this.#unlisten();
    this.#stopping.abort();
    await this.#loop;
    this.#loop = null;
    this.#started = null;
  }

  async #begin(): Promise<void> {
    await this.#store.ensureCursor(CURSOR);
    this.#stopping = new AbortController();
    this.#unlisten = this.#tail.onEvents((events, after) => this.#hear(events, after));
    this.#loop = this.#run(this.#stopping.signal);
  }

  #fix(selector: Selector, target: Target): void {
    this.#fixed.push({
      id: `fixed:${this.#fixed.length}`,
      selector: compileSelector(selector),
      target,
    });
  }

  /**
   * What concerns nobody is most of the log, and need not be read again to find that out: it is passed over when the
   * cursor moves, provided that the subscriptions are still the same then.
   */
  #hear(events: readonly LoggedEvent[], after: number): void {
    const concerns_nobody =
      this.#generation !== null &&
      events.every((event) => this.#index.match(event.owner_id, event).length === 0);
    if (concerns_nobody) {
      const goes_on = this.#passed?.upto === after;
      this.#passed = {
        after: goes_on ? (this.#passed?.after ?? after) : after,
        upto: this.#tail.watermark,
      };
      if (this.#clock.now() - this.#moved_at < IDLE_MOVE_MS) return;
    }
    this.#wakeup.ring();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (await this.#dispatchPage()) continue;
      } catch (error) {
        // The next page is read with a fresh index: this one may know of changes that were rolled back.
        this.#forget();
        this.#log.warn({ reason: messageOf(error) }, 'events cannot be dispatched now');
      }
      // Whatever is passed over meanwhile waits for the next move.
      const has_moved = this.#clock.now() - this.#moved_at < IDLE_MOVE_MS;
      await this.#wakeup.wait(this.#clock, has_moved ? IDLE_MOVE_MS : POLL_MS, signal);
    }
  }

  #forget(): void {
    this.#generation = null;
    this.#passed = null;
  }

  /** Dispatches one page. Says whether there may be more. */
  async #dispatchPage(): Promise<boolean> {
    try {
      return await this.#dispatchPageBy(directly);
    } catch (error) {
      if (isPassing(error)) throw error;
      // Something in it is refused, which is rare: it is looked for only then.
      this.#forget();
      return this.#dispatchPageBy(inSavepoint);
    }
  }

  async #dispatchPageBy(attempt: Attempt): Promise<boolean> {
    const touched = new Set<string>();
    const more = await this.#store.transaction(async (tx) => {
      const cursor = await this.#store.lockCursor(CURSOR, tx);
      const upto = this.#tail.watermark;
      if (!cursor || cursor.seq >= upto) return false;
      let generation = cursor.generation;
      const from = this.#pastWhatConcernsNobody(cursor);
      const events = from >= upto ? [] : await this.#store.readRange(from, upto, PAGE, tx);
      if (events.length > 0) await this.#refresh(generation, tx);
      const deliveries: NewDelivery[] = [];
      let is_projected = false;
      for (const event of events) {
        const has_projected = await this.#dispatch(event, { tx, attempt, deliveries, touched });
        is_projected ||= has_projected;
        if (has_projected && event !== events.at(-1)) {
          generation = (await this.#store.lockCursor(CURSOR, tx))?.generation ?? generation;
          await this.#refresh(generation, tx);
        }
      }
      await this.#enqueue(deliveries, tx, attempt);
      for (const { queue } of deliveries) touched.add(queue);
      const last = events.length === PAGE ? (events.at(-1)?.seq ?? upto) : upto;
      // Deliveries come from the log again if they are lost together with the cursor. Projections may write events.
      await this.#store.moveCursor(CURSOR, last, is_projected, tx);
      this.#moved_at = this.#clock.now();
      return events.length === PAGE;
    });
    for (const queue of touched) await this.#bus.publish(TOPICS.queues, queue);
    return more;
  }

  /** Where to read on: at the cursor, or past events that were found to concern nobody by the same subscriptions. */
  #pastWhatConcernsNobody({ seq, generation }: { seq: number; generation: number }): number {
    const passed = this.#generation === generation ? this.#passed : null;
    return passed && passed.after <= seq ? Math.max(seq, passed.upto) : seq;
  }

  /** Says whether a projection ran, after which the subscriptions may be others. */
  async #dispatch(
    event: LoggedEvent,
    { tx, attempt, deliveries, touched }: Page,
  ): Promise<boolean> {
    const targets = this.#index.match(event.owner_id, event);
    const projections = targets
      .filter((target) => target.type === 'project')
      .toSorted((a, b) => a.order - b.order);
    for (const { project } of projections) {
      const queues = await this.#runProjection(project, event, { tx, attempt });
      for (const queue of queues) touched.add(queue);
    }
    if (event.kind === 'deleted') return projections.length > 0;
    // An agent with several matching selectors gets one delivery.
    const subscribers = new Map<string, Extract<Target, { type: 'deliver' }>>();
    for (const target of targets) {
      if (target.type === 'deliver')
        subscribers.set(`${target.queue} ${target.agent_id ?? ''}`, target);
    }
    for (const { queue, agent_id } of subscribers.values()) {
      const delivery = this.#toDelivery(event, queue, agent_id);
      if (delivery) deliveries.push({ ...delivery, queue, owner_id: event.owner_id });
    }
    return projections.length > 0;
  }

  #toDelivery(event: LoggedEvent, queue: string, agent_id: string | null) {
    try {
      return this.#queues.get(queue)?.(event, agent_id) ?? null;
    } catch (error) {
      this.#log.error(
        { seq: event.seq, queue, reason: messageOf(error) },
        'an event could not be delivered',
      );
      return null;
    }
  }

  /** One delivery that the database does not take (a key that is too long, say) must not hold up all the others. */
  async #enqueue(deliveries: readonly NewDelivery[], tx: Handle, attempt: Attempt): Promise<void> {
    if (deliveries.length === 0) return;
    const refusal = await attempt(tx, () => this.#deliveries.enqueue(deliveries, tx));
    if (!refusal) return;
    if (deliveries.length > 1) {
      for (const delivery of deliveries) await this.#enqueue([delivery], tx, attempt);
      return;
    }
    const [{ queue, dedupe_key } = { queue: null, dedupe_key: null }] = deliveries;
    this.#log.error(
      { queue, dedupe_key, reason: messageOf(refusal.error) },
      'an event could not be delivered',
    );
  }

  /** A projection that fails is left out and told of: one bad record must not hold up the log for everybody. */
  async #runProjection(
    project: Projection,
    event: LoggedEvent,
    { tx, attempt }: Pick<Page, 'tx' | 'attempt'>,
  ): Promise<readonly string[]> {
    let queues: readonly string[] = [];
    const refusal = await attempt(tx, async () => {
      queues = (await project(tx, event)) ?? [];
    });
    if (!refusal) return queues;
    this.#log.error(
      { seq: event.seq, reason: messageOf(refusal.error) },
      'an event could not be projected',
    );
    return [];
  }

  async #subscriptions(tx: Handle): Promise<Subscription[]> {
    const all: Subscription[] = [];
    for (const source of this.#sources)
      for (const each of await source.subscriptions(tx)) all.push(each);
    return all;
  }

  async #refresh(generation: number, tx: Handle): Promise<void> {
    if (this.#generation === generation) return;
    const index = new SelectorIndex<Target>();
    for (const { id, selector, target } of this.#fixed)
      index.add(id, EVERY_TENANT, selector, target);
    for (const { id, owner_id, agent_id, selector, queue } of await this.#subscriptions(tx)) {
      if (queue === null) continue;
      try {
        index.add(id, owner_id, compileSelector(selector), { type: 'deliver', queue, agent_id });
      } catch (error) {
        this.#log.warn(
          { subscription: id, reason: messageOf(error) },
          'a stored selector is not well formed',
        );
      }
    }
    // In the same turn: what was heard while the subscriptions were read was judged by those before.
    this.#passed = null;
    this.#index = index;
    this.#generation = generation;
  }
}

/** Any failure fails the whole page. */
const directly: Attempt = async (_tx, work) => {
  await work();
  return null;
};

/**
 * Runs `work` so that its failure takes back only what it wrote. Answers with the failure, or null when there was none.
 * What another try may mend (a deadlock, a lost connection, a full disk) is thrown on and fails the whole transaction.
 */
async function inSavepoint(
  tx: Handle,
  work: () => Promise<unknown>,
): Promise<{ error: unknown } | null> {
  await tx.exec('savepoint part');
  try {
    await work();
    await tx.exec('release savepoint part');
    return null;
  } catch (error) {
    if (isPassing(error)) throw error;
    await tx.exec('rollback to savepoint part; release savepoint part');
    return { error };
  }
}

/** SQLSTATE classes of troubles that pass: rollback by the server, lack of resources, locks, operators, the system. */
const PASSING = ['40', '53', '55', '57', '58'];

function isPassing(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  return error.is_connection_lost || PASSING.includes(error.state?.slice(0, 2) ?? '');
}
