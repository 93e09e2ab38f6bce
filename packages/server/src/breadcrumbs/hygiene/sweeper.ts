import {
  BackgroundLoop,
  messageOf,
  Wakeup,
  type Clock,
  type Log,
  type Service,
} from '../../base/index.ts';
import type { Announcer } from '../../events/index.ts';
import { Tally, type HygieneReports } from './hygiene-reports.ts';
import type { Retention, SweepStore } from './sweep-store.ts';

/** Rows of one statement, and statements of one kind in one run: a backlog is worked off over several runs. */
const BATCH = 500;
const BATCHES_MAX = 40;
/** Agents of one run. To know that one holds nothing, and to let it go, may take a look at all records of its tenant. */
const AGENTS_MAX = 20;

export interface SweeperPorts {
  readonly store: SweepStore;
  readonly reports: HygieneReports;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: Retention;
  readonly interval_ms: number;
  readonly is_enabled: boolean;
}

/** What one run deleted, by kind. */
export type Swept = Readonly<
  Record<
    | 'breadcrumbs'
    | 'agents'
    | 'subscriptions'
    | 'dead_letters'
    | 'events'
    | 'history'
    | 'keys'
    | 'deliveries',
    number
  >
>;

/** What a sweep on request deleted of a tenant. Health checks are among the breadcrumbs. */
export interface TenantSwept {
  readonly breadcrumbs: number;
  readonly health_checks: number;
  readonly agents: number;
  readonly subscriptions: number;
  readonly dead_letters: number;
}

/** One batch of one kind: how much it deleted. */
type Step = () => Promise<number>;

/** Deletes what has expired and what is older than it is kept, every so often and on request. */
export class Sweeper implements Service {
  readonly name = 'hygiene';
  readonly #ports: SweeperPorts;
  readonly #wakeup = new Wakeup();
  readonly #loop = new BackgroundLoop();

  constructor(ports: SweeperPorts) {
    this.#ports = ports;
  }

  get is_enabled(): boolean {
    return this.#ports.is_enabled;
  }

  async start(): Promise<void> {
    if (!this.#ports.is_enabled) return;
    this.#loop.start((signal) => this.#run(signal));
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#wakeup.wait(this.#ports.clock, this.#ports.interval_ms, signal);
      if (signal.aborted) return;
      await this.sweep(signal);
    }
  }

  /** One run over everything. A kind that fails is told of and does not keep the others from being swept. */
  async sweep(signal?: AbortSignal): Promise<Swept> {
    const { store, retention, clock, log, announcer } = this.#ports;
    const began = clock.now();
    let errors = 0;
    const attempt = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        errors++;
        log.warn({ reason: messageOf(error) }, 'a sweep failed');
        return otherwise;
      }
    };
    const batches = (step: Step) => attempt(() => inBatches(step, signal), 0);
    const tally = new Tally();
    const steps = this.#stepsOf(tally, null);
    const breadcrumbs = await batches(steps.breadcrumbs);
    const agents = await attempt(steps.agents, 0);
    const subscriptions = await batches(steps.subscriptions);
    const dead_letters = await batches(steps.dead_letters);
    await attempt(() => this.#checkConsumers(), undefined);
    const swept: Swept = {
      breadcrumbs,
      agents,
      subscriptions,
      dead_letters,
      events: await batches(() => store.events(BATCH, retention.events_days)),
      history: await batches(() => store.history(BATCH, retention.history_days)),
      keys: await batches(() => store.idempotencyKeys(BATCH, retention.idempotency_days)),
      deliveries:
        (await batches(() => store.deliveries(BATCH, 'done', retention.done_deliveries_days))) +
        (await batches(() => store.deliveries(BATCH, 'dead', retention.dead_deliveries_days))),
    };
    if (breadcrumbs > 0) announcer.announce();
    await attempt(() => this.#report(tally), undefined);
    await this.#note({ breadcrumbs, agents, took_ms: clock.now() - began, errors });
    return swept;
  }

  /** One run over what belongs to a tenant. @throws DatabaseError */
  async sweepTenant(owner_id: string): Promise<TenantSwept> {
    const { clock, announcer, reports } = this.#ports;
    const began = clock.now();
    const tally = new Tally();
    const steps = this.#stepsOf(tally, owner_id);
    const breadcrumbs = await inBatches(steps.breadcrumbs);
    if (breadcrumbs > 0) announcer.announce();
    const swept = {
      breadcrumbs,
      health_checks: steps.healthChecks(),
      agents: await steps.agents(),
      subscriptions: await inBatches(steps.subscriptions),
      dead_letters: await inBatches(steps.dead_letters),
    };
    await reports.note(tally);
    await this.#note({
      breadcrumbs,
      agents: swept.agents,
      took_ms: clock.now() - began,
      errors: 0,
    });
    return swept;
  }

  /** What is swept by tenant, of one or of all. */
  #stepsOf(tally: Tally, owner_id: string | null) {
    const { store, retention } = this.#ports;
    const { agent_idle_hours, orphan_subscription_hours, dead_letters_days } = retention;
    let health_checks = 0;
    return {
      breadcrumbs: async () => {
        const counts = await store.expired(BATCH, owner_id);
        for (const each of counts) health_checks += each.health_checks;
        return tally.add('expired_breadcrumbs', counts);
      },
      healthChecks: () => health_checks,
      agents: async () =>
        agent_idle_hours === 0
          ? 0
          : tally.add(
              'idle_agents',
              await store.idleAgents(AGENTS_MAX, agent_idle_hours, owner_id),
            ),
      subscriptions: async () =>
        tally.add(
          'orphan_subscriptions',
          await store.orphanSubscriptions(BATCH, orphan_subscription_hours, owner_id),
        ),
      dead_letters: async () =>
        tally.add('dead_letters', await store.deadLetters(BATCH, dead_letters_days, owner_id)),
    };
  }

  /** Whoever reads the log with a cursor and is gone would otherwise keep every event for ever. */
  async #checkConsumers(): Promise<void> {
    const { store, retention, log } = this.#ports;
    const { absent_consumer_days: days, events_days } = retention;
    for (const { name, seen_at, events_unread } of await store.parkConsumers(days)) {
      const fields = { consumer: name, seen_at, events_unread };
      log.warn(
        fields,
        `a reader of the log was not seen for ${days} days; old events are not kept for it any more`,
      );
    }
    for (const name of await store.dropConsumers(events_days))
      log.warn(
        { consumer: name },
        'a reader of the log is gone and was forgotten; should it come back, it begins anew',
      );
  }

  async #report(tally: Tally): Promise<void> {
    await this.#ports.reports.note(tally);
    await this.#ports.reports.write();
  }

  async #note(run: Parameters<SweepStore['note']>[0]): Promise<void> {
    const { store, log } = this.#ports;
    await store.note(run).catch((error: unknown) => {
      log.warn({ reason: messageOf(error) }, 'a sweep was not noted');
    });
  }
}

async function inBatches(step: Step, signal?: AbortSignal): Promise<number> {
  let total = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    if (signal?.aborted) break;
    const purged = await step();
    total += purged;
    if (purged < BATCH) break;
  }
  return total;
}
