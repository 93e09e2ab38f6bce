import { messageOf, Wakeup, type Clock, type Log, type Service } from '../base/index.ts';
import { backoffMs } from './backoff.ts';
import { LeaseLostError, type Delivery, type DeliveryHandler, type Outcome } from './contract.ts';
import type { DeliveryStore } from './store.ts';

export interface WorkerOptions {
  readonly queue: string;
  readonly handler: DeliveryHandler;
  readonly store: DeliveryStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** How this worker is named in a lease. */
  readonly name: string;
  /** Deliveries worked on at the same time. */
  readonly concurrency: number;
  /**
   * Of one lane at the same time, in all processes together; every delivery of the queue must have a lane then. Without
   * it lanes are not looked at.
   */
  readonly lane_concurrency?: number;
  readonly lease_ms: number;
  /** The longest it sleeps without a ring. */
  readonly poll_ms: number;
}

/** How long `stop` waits for work under way before it hands it back, and how long for the handing back. */
const STOP_MS = 1_000;
const HAND_BACK_MS = 500;
/** The pause when something is due that could not be claimed just now, because a transaction holds its row. */
const HELD_MS = 10;

/** A delivery that is worked on. */
interface Work {
  readonly delivery: Delivery;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/**
 * Works through one queue: claims what is due, keeps the leases alive, records outcomes, and sleeps until it is rung,
 * something falls due, or `poll_ms` is over. Rings are hints; without any it is only slower.
 */
export class QueueWorker implements Service {
  readonly name: string;
  readonly #options: WorkerOptions;
  readonly #wakeup = new Wakeup();
  readonly #running = new Map<string, Work>();
  #stopping = new AbortController();
  #loop: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.name = `worker:${options.queue}`;
  }

  /** Says that the queue may have something. */
  ring(): void {
    this.#wakeup.ring();
  }

  async start(): Promise<void> {
    await this.#stopped;
    if (this.#loop) return;
    this.#stopping = new AbortController();
    this.#loop = this.#run(this.#stopping.signal);
  }

  /** Takes at most a second and a half, also when a handler or the database does not answer. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stop().finally(() => {
      this.#stopped = null;
    });
    await this.#stopped;
  }

  async #stop(): Promise<void> {
    const loop = this.#loop;
    if (!loop) return;
    this.#stopping.abort();
    const finished = loop.then(() =>
      Promise.all([...this.#running.values()].map(({ done }) => done)),
    );
    await this.#atMost(STOP_MS, finished);
    const left = [...this.#running.values()];
    for (const { abort } of left) abort.abort();
    const handed_back = Promise.all(left.map(({ delivery }) => this.#release(delivery)));
    await this.#atMost(HAND_BACK_MS, handed_back);
    this.#running.clear();
    this.#loop = null;
  }

  /** Waits for `work`, but not longer than `ms`. */
  async #atMost(ms: number, work: Promise<unknown>): Promise<void> {
    const patience = new AbortController();
    await Promise.race([work, this.#options.clock.sleep(ms, patience.signal)]);
    patience.abort();
  }

  /** Gives a delivery back. Where that fails, its lease runs out. Never rejects. */
  async #release(delivery: Delivery): Promise<void> {
    const { store, log } = this.#options;
    await store.release(delivery).catch((error: unknown) => {
      if (error instanceof LeaseLostError) return;
      log.warn(
        { delivery: delivery.id, reason: messageOf(error) },
        'could not hand back a delivery',
      );
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log, poll_ms, queue } = this.#options;
    while (!signal.aborted) {
      let sleep_ms = poll_ms;
      try {
        const claimed = await this.#claim(signal);
        sleep_ms = await this.#idleFor(claimed > 0);
        if (sleep_ms === 0) continue;
      } catch (error) {
        log.warn({ queue, reason: messageOf(error) }, 'the queue cannot be read now');
      }
      await this.#wakeup.wait(clock, sleep_ms, signal);
    }
  }

  async #claim(signal: AbortSignal): Promise<number> {
    const { store, queue, name, concurrency, lane_concurrency, lease_ms } = this.#options;
    const free = concurrency - this.#running.size;
    if (free <= 0) return 0;
    const claimed = await store.claim(queue, name, free, lease_ms, lane_concurrency);
    if (signal.aborted) await Promise.all(claimed.map((delivery) => this.#release(delivery)));
    else for (const delivery of claimed) this.#begin(delivery);
    return claimed.length;
  }

  /** After a claim that found something, what fell due meanwhile is claimed at once. */
  async #idleFor(has_claimed: boolean): Promise<number> {
    const { store, queue, concurrency, lane_concurrency, poll_ms } = this.#options;
    if (this.#running.size >= concurrency) return poll_ms;
    const next = await store.nextDueIn(queue, lane_concurrency);
    if (next === null) return poll_ms;
    if (next > 0) return Math.min(poll_ms, Math.ceil(next));
    return has_claimed ? 0 : Math.min(poll_ms, HELD_MS);
  }

  #begin(delivery: Delivery): void {
    const abort = new AbortController();
    const done = this.#work(delivery, abort).finally(() => {
      if (this.#running.get(delivery.id)?.abort === abort) this.#running.delete(delivery.id);
      this.ring();
    });
    this.#running.set(delivery.id, { delivery, abort, done });
  }

  async #work(delivery: Delivery, abort: AbortController): Promise<void> {
    const { log } = this.#options;
    const stopHeartbeat = this.#keepLease(delivery, abort);
    try {
      const outcome = await this.#attempt(delivery, abort.signal);
      if (abort.signal.aborted) return;
      await this.#record(delivery, outcome);
    } catch (error) {
      if (error instanceof LeaseLostError)
        log.warn({ delivery: delivery.id }, 'another worker took over a delivery');
      // The lease runs out and somebody tries again.
      else
        log.error(
          { delivery: delivery.id, reason: messageOf(error) },
          'an outcome could not be recorded',
        );
    } finally {
      stopHeartbeat();
    }
  }

  async #attempt(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const { attempts, max_attempts } = delivery;
    if (attempts > max_attempts) {
      const reason = `its worker died or hung in each of ${max_attempts} attempts`;
      return { type: 'dead', reason };
    }
    try {
      return await this.#options.handler.handle(delivery, signal);
    } catch (error) {
      return { type: 'retry', reason: messageOf(error) };
    }
  }

  async #record(delivery: Delivery, outcome: Outcome): Promise<void> {
    const { store, log } = this.#options;
    if (outcome.type === 'dead') return this.#bury(delivery, outcome.reason);
    if (outcome.type === 'retry')
      return this.#endAttempt(delivery, outcome.reason, outcome.after_ms);
    try {
      await store.transaction(async (tx) => {
        if (outcome.type === 'done') await store.complete(tx, delivery);
        else await store.suspend(tx, delivery, outcome.for_ms);
        await outcome.commit?.(tx);
      });
    } catch (error) {
      if (error instanceof LeaseLostError) throw error;
      // If it was committed after all and only the answer got lost, this finds the lease gone and changes nothing.
      const reason = `its outcome could not be recorded: ${messageOf(error)}`;
      log.error({ delivery: delivery.id, reason }, 'an attempt failed at its end');
      return this.#endAttempt(delivery, reason);
    }
    this.#tell(delivery, () => outcome.committed?.());
  }

  /** Another attempt, or the end when there were enough. */
  async #endAttempt(delivery: Delivery, reason: string, after_ms?: number): Promise<void> {
    if (delivery.attempts >= delivery.max_attempts) return this.#bury(delivery, reason);
    await this.#options.store.retry(delivery, after_ms ?? this.#backoff(delivery), reason);
  }

  async #bury(delivery: Delivery, reason: string): Promise<void> {
    const { store, handler, log } = this.#options;
    try {
      await store.transaction(async (tx) => {
        await store.bury(tx, delivery, reason);
        await handler.bury?.(tx, delivery, reason);
      });
    } catch (error) {
      if (error instanceof LeaseLostError) throw error;
      log.error(
        { delivery: delivery.id, reason: messageOf(error) },
        'a dead delivery could not be buried',
      );
      // As many attempts again, then without its handler: it must not hold up its group for ever.
      if (delivery.attempts < 2 * delivery.max_attempts)
        return store.retry(delivery, this.#backoff(delivery), reason);
      await store.transaction((tx) => store.bury(tx, delivery, reason));
    }
    log.warn({ queue: delivery.queue, delivery: delivery.id, reason }, 'a delivery is dead');
    this.#tell(delivery, () => handler.buried?.(delivery));
  }

  /** What is told after a commit may fail without touching what was committed. */
  #tell(delivery: Delivery, tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#options.log.error(
        { delivery: delivery.id, reason: messageOf(error) },
        'nobody could be told of an outcome',
      );
    }
  }

  #backoff({ attempts }: Delivery): number {
    return backoffMs(attempts, this.#options.random());
  }

  /** Prolongs the lease at a third of its length; aborts the work when it is lost. */
  #keepLease(delivery: Delivery, abort: AbortController): () => void {
    const { clock, store, lease_ms, log } = this.#options;
    let cancel = () => {};
    let stopped = false;
    const arm = () => {
      if (!stopped && !abort.signal.aborted) cancel = clock.after(lease_ms / 3, beat);
    };
    const beat = () => {
      store.heartbeat(delivery, lease_ms).then(arm, (error: unknown) => {
        if (error instanceof LeaseLostError) return abort.abort();
        log.warn({ delivery: delivery.id, reason: messageOf(error) }, 'a lease was not prolonged');
        arm();
      });
    };
    arm();
    return () => {
      stopped = true;
      cancel();
    };
  }
}
