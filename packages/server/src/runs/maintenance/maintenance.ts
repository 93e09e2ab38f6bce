import {
  BackgroundLoop,
  messageOf,
  Wakeup,
  type Clock,
  type Log,
  type Service,
} from '../../base/index.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { RetentionStore, SilentRun } from '../retention-store.ts';

/** Rows of one statement, and statements of one kind in one round: a backlog is worked off over several rounds. */
const BATCH = 500;
const BATCHES_MAX = 40;
const POLICIES = 100;
const INTERVAL_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Has a run of this program's own told of anew, as it is now. Says whether there is such a run: one that waits for a
 * person for days is under way, however little is heard of it.
 */
export type Retell = (owner_id: string, run_id: string) => Promise<boolean>;

export interface MaintenancePorts {
  readonly store: RetentionStore;
  readonly ingest: Ingest;
  readonly clock: Clock;
  readonly log: Log;
  /** Null where this program has no runs of its own. */
  readonly retell: Retell | null;
  readonly silent_after_s: number;
  /** What is kept where a policy does not say. */
  readonly retention_days: number;
  readonly rollups_days: number;
}

/** What one round did, by kind. */
export interface Maintained {
  readonly closed: number;
  readonly partitions: number;
  readonly keys: number;
  readonly rollups: number;
  /** Runs that a shorter policy deleted. */
  readonly runs: number;
}

/**
 * Looks after runs: closes those of which nothing is heard any more, and deletes what has been kept for long enough. Any
 * number of processes may do so at once.
 */
export class RunMaintenance implements Service {
  readonly name = 'runs maintenance';
  readonly #ports: MaintenancePorts;
  readonly #wakeup = new Wakeup();
  readonly #loop = new BackgroundLoop();

  constructor(ports: MaintenancePorts) {
    this.#ports = ports;
  }

  async start(): Promise<void> {
    this.#loop.start((signal) => this.#run(signal));
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#wakeup.wait(this.#ports.clock, INTERVAL_MS, signal);
      if (signal.aborted) return;
      await this.round(signal);
    }
  }

  /** One round over everything. A kind that fails is told of, tried again in the next round, and keeps back no other. */
  async round(signal?: AbortSignal): Promise<Maintained> {
    const { store, rollups_days } = this.#ports;
    const oldest = this.#daysAgo(rollups_days);
    const week = mondayOf(this.#ports.clock.now());
    const batches = (step: () => Promise<number>) =>
      this.#attempt(() => inBatches(step, signal), 0);
    return {
      closed: await batches(() => this.#closeSilent()),
      runs: await this.#attempt(() => this.#applyPolicies(signal), 0),
      partitions: await this.#attempt(() => this.#dropPartitions(signal), 0),
      keys: await batches(() => store.deleteKeys(week, BATCH)),
      rollups:
        (await batches(() => store.deleteRollups(oldest, BATCH))) +
        (await batches(() => store.deleteDays(oldest, BATCH))) +
        (await batches(() => store.deleteFailureHours(oldest, BATCH))) +
        (await batches(() => store.deleteFailureDays(oldest, BATCH))) +
        (await batches(() => store.deleteGroups(oldest, BATCH))),
    };
  }

  /** One batch. Those that were heard of in the meantime stay open. */
  async #closeSilent(): Promise<number> {
    const { store, ingest, clock, silent_after_s } = this.#ports;
    const before = new Date(clock.now() - silent_after_s * 1_000).toISOString();
    const due = await store.silentRuns(before, BATCH);
    const dead = await this.#withoutLiving(due);
    const reason = `nothing was heard of it for ${silent_after_s} s`;
    const closed = await Promise.all(
      dead.map(({ owner_id, run_id }) => ingest.close(owner_id, run_id, before, reason)),
    );
    return closed.filter(Boolean).length;
  }

  /** One after the other: there may be many that wait for a person. */
  async #withoutLiving(due: readonly SilentRun[]): Promise<SilentRun[]> {
    const { retell } = this.#ports;
    const dead: SilentRun[] = [];
    for (const run of due) {
      const is_own = run.source === 'cairn' && retell !== null;
      // What could not be found out now is found out in the next round.
      const lives = is_own && (await this.#attempt(() => retell(run.owner_id, run.run_id), true));
      if (!lives) dead.push(run);
    }
    return dead;
  }

  async #dropPartitions(signal?: AbortSignal): Promise<number> {
    const { store, clock } = this.#ports;
    const today = new Date(clock.now()).toISOString().slice(0, 10);
    let dropped = 0;
    for (const name of await store.expiredPartitions(today)) {
      if (signal?.aborted) break;
      const is_gone = await this.#attempt(() => store.dropPartition(name).then(() => true), false);
      if (is_gone) dropped++;
    }
    return dropped;
  }

  /** Deletes what a policy that became shorter does not want kept. */
  async #applyPolicies(signal?: AbortSignal): Promise<number> {
    const { store, retention_days } = this.#ports;
    let deleted = 0;
    for (const policy of await store.changedPolicies(POLICIES)) {
      if (signal?.aborted) break;
      const { owner_id, environment } = policy;
      // An environment without days of its own has those of all environments, whose row has its own turn.
      if (environment === '' || policy.retention_days !== null) {
        const before = this.#daysAgo(policy.retention_days ?? retention_days);
        deleted += await inBatches(
          () => store.deleteRuns(owner_id, environment, before, BATCH),
          signal,
        );
      }
      await store.noteApplied(policy);
    }
    return deleted;
  }

  #daysAgo(days: number): string {
    return new Date(this.#ports.clock.now() - days * DAY_MS).toISOString();
  }

  async #attempt<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#ports.log.warn({ reason: messageOf(error) }, 'looking after runs failed');
      return otherwise;
    }
  }
}

/** The day on which the week began: what may be deleted before it lay in partitions that are gone. */
function mondayOf(now_ms: number): string {
  const day = Math.floor(now_ms / DAY_MS);
  // 1970 began on a Thursday.
  return new Date((day - ((day + 3) % 7)) * DAY_MS).toISOString().slice(0, 10);
}

async function inBatches(step: () => Promise<number>, signal?: AbortSignal): Promise<number> {
  let total = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    if (signal?.aborted) break;
    const done = await step();
    total += done;
    if (done < BATCH) break;
  }
  return total;
}
