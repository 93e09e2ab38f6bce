import { messageOf, Wakeup, type Clock, type Log, type Service } from '../../base/index.ts';
import type { Announcer } from '../../events/index.ts';
import type { Retention, SweepStore } from './sweep-store.ts';

/** Rows of one statement, and statements of one kind in one run: a backlog is worked off over several runs. */
const BATCH = 500;
const BATCHES_MAX = 40;

export interface SweeperPorts {
  readonly store: SweepStore;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: Retention;
  readonly interval_ms: number;
  readonly is_enabled: boolean;
}

/** What one run deleted, by kind. */
export type Swept = Readonly<
  Record<'breadcrumbs' | 'events' | 'history' | 'keys' | 'deliveries', number>
>;

/** Deletes what has expired and what is older than it is kept, every so often and on request. */
export class Sweeper implements Service {
  readonly name = 'hygiene';
  readonly #ports: SweeperPorts;
  readonly #wakeup = new Wakeup();
  #stopping = new AbortController();
  #loop: Promise<void> | null = null;

  constructor(ports: SweeperPorts) {
    this.#ports = ports;
  }

  get is_enabled(): boolean {
    return this.#ports.is_enabled;
  }

  async start(): Promise<void> {
    if (this.#loop || !this.#ports.is_enabled) return;
    this.#stopping = new AbortController();
    this.#loop = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    this.#loop = null;
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
    const { store, retention, clock, log } = this.#ports;
    const began = clock.now();
    let errors = 0;
    const batches = async (step: () => Promise<number>): Promise<number> => {
      let total = 0;
      try {
        for (let batch = 0; batch < BATCHES_MAX; batch++) {
          if (signal?.aborted) break;
          const purged = await step();
          total += purged;
          if (purged < BATCH) break;
        }
      } catch (error) {
        errors++;
        log.warn({ reason: messageOf(error) }, 'a sweep failed');
      }
      return total;
    };
    const swept: Swept = {
      breadcrumbs: await batches(() => store.expired(BATCH, null)),
      events: await batches(() => store.events(BATCH, retention.events_days)),
      history: await batches(() => store.history(BATCH, retention.history_days)),
      keys: await batches(() => store.idempotencyKeys(BATCH, retention.idempotency_days)),
      deliveries:
        (await batches(() => store.deliveries(BATCH, 'done', retention.done_deliveries_days))) +
        (await batches(() => store.deliveries(BATCH, 'dead', retention.dead_deliveries_days))),
    };
    if (swept.breadcrumbs > 0) this.#ports.announcer.announce();
    await store.note(swept.breadcrumbs, clock.now() - began, errors).catch((error: unknown) => {
      log.warn({ reason: messageOf(error) }, 'a sweep was not noted');
    });
    return swept;
  }

  /** Deletes the expired breadcrumbs of one tenant. Says how many. */
  async sweepTenant(owner_id: string): Promise<number> {
    let total = 0;
    for (let batch = 0; batch < BATCHES_MAX; batch++) {
      const purged = await this.#ports.store.expired(BATCH, owner_id);
      total += purged;
      if (purged < BATCH) break;
    }
    if (total > 0) this.#ports.announcer.announce();
    return total;
  }
}
