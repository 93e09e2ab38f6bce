import type { BehaviorDrift } from '@cairn/protocol';
import {
  BackgroundLoop,
  AppError,
  messageOf,
  Wakeup,
  type Clock,
  type Log,
  type Service,
} from '../../base/index.ts';
import { lastHours, type Drift } from './drift.ts';
import type { DriftStore, DueBaseline } from './drift-store.ts';

/** How often it looks whether a baseline is due. */
const LOOK_MS = 60_000;
const BATCH = 20;
/** Batches of one look, so that a stop does not wait for a backlog. */
const BATCHES_MAX = 50;

export interface DriftWatchPorts {
  readonly drift: Drift;
  readonly store: DriftStore;
  /** Tells a tenant of drift. The same one may come twice: its id tells. */
  readonly tell: (owner_id: string, drift: BehaviorDrift) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** Seconds between two looks at one baseline. */
  readonly interval_s: number;
  /** Hours that are compared with it. */
  readonly window_h: number;
  /** Days that observed profiles are kept. */
  readonly keep_days: number;
}

/** Compares each active baseline with the last hours, every so often, and tells tenants what has changed. */
export class DriftWatch implements Service {
  readonly name = 'drift watch';
  readonly #ports: DriftWatchPorts;
  readonly #wakeup = new Wakeup();
  readonly #loop = new BackgroundLoop();

  constructor(ports: DriftWatchPorts) {
    this.#ports = ports;
  }

  async start(): Promise<void> {
    this.#loop.start((signal) => this.#run(signal));
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    while (!signal.aborted) {
      try {
        await this.look(signal);
      } catch (error) {
        log.warn({ reason: messageOf(error) }, 'behaviour could not be compared now');
      }
      await this.#wakeup.wait(clock, LOOK_MS, signal);
    }
  }

  /** One look at all baselines that are due, and at what nobody was told of. */
  async look(signal?: AbortSignal): Promise<void> {
    const { store, interval_s, keep_days } = this.#ports;
    for (let batch = 0; batch < BATCHES_MAX; batch++) {
      const due = await store.takeDue(interval_s, BATCH);
      for (const each of due) await this.#compare(each);
      if (due.length < BATCH || signal?.aborted) break;
    }
    await this.#tellAll(signal);
    await store.pruneProfiles(keep_days, 500);
  }

  async #compare({ baseline_id, ...behaver }: DueBaseline): Promise<void> {
    const { drift, clock, log, window_h } = this.#ports;
    const { start, end } = lastHours(clock.now(), window_h);
    const { owner_id, ...agent } = behaver;
    const found = await drift
      .detect(owner_id, { ...agent, window_start: start, window_end: end })
      .catch((error: unknown) => {
        // Too few runs, or a baseline that was deactivated meanwhile: nothing to compare, until the next time.
        if (error instanceof AppError) return [];
        throw error;
      });
    if (found.length > 0) log.info({ baseline_id, found: found.length }, 'behaviour has changed');
  }

  async #tellAll(signal?: AbortSignal): Promise<void> {
    const { store, tell, log } = this.#ports;
    for (const { owner_id, ...drift } of await store.untold(BATCH * BATCHES_MAX)) {
      if (signal?.aborted) return;
      try {
        await tell(owner_id, drift);
        await store.noteTold(drift.drift_id);
      } catch (error) {
        log.warn({ drift: drift.drift_id, reason: messageOf(error) }, 'drift was not told of');
      }
    }
  }
}

const LABELS: Readonly<Record<BehaviorDrift['drift_type'], string>> = {
  decision: 'decisions',
  signal: 'quality signals',
  latency: 'latency',
};

/** What has changed, in one sentence that does not judge it. */
export function describeDrift(drift: BehaviorDrift): string {
  const { drift_type, metric, baseline_value, observed_value, agent_id, agent_version } = drift;
  const show = (value: number) =>
    drift_type === 'latency' ? `${Math.round(value)} ms` : `${(value * 100).toFixed(1)}%`;
  const direction = observed_value > baseline_value ? 'increase' : 'decrease';
  return (
    `Observed ${direction} in ${LABELS[drift_type]} of ${agent_id} ${agent_version}: ` +
    `${metric} from ${show(baseline_value)} to ${show(observed_value)}`
  );
}
