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
  readonly lease_ms: number;
  /** The longest it sleeps without a ring. */
  readonly poll_ms: number;
}

/** How long `stop` waits for work under way before it hands it back. */
const STOP_MS = 2_000;

/**
 * Works through one queue: claims what is due, keeps the leases alive, records outcomes, and sleeps until it is rung,
 * something falls due, or `poll_ms` is over. Rings are hints; without any it is only slower.
 */
export class QueueWorker implements Service {
  readonly name: string;
  readonly #options: WorkerOptions;
  readonly #wakeup = new Wakeup();
  readonly #running = new Map<
    string,
    { delivery: Delivery; abort: AbortController; done: Promise<void> }
  >();
  #stopping = new AbortController();
  #loop: Promise<void> | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.name = `worker:${options.queue}`;
  }

  /** Says that the queue may have something. */
  ring(): void {
    this.#wakeup.ring();
  }

  async start(): Promise<void> {
    if (this.#loop) return;
    this.#stopping = new AbortController();
    this.#loop = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    const loop = this.#loop;
    if (!loop) return;
    this.#stopping.abort();
    await loop;
    const { clock, store, log } = this.#options;
    const finished = Promise.all([...this.#running.values()].map(({ done }) => done));
    const patience = new AbortController();
    await Promise.race([finished, clock.sleep(STOP_MS, patience.signal)]);
    patience.abort();
    for (const { delivery, abort } of this.#running.values()) {
      abort.abort();
      await store.release(delivery).catch((error: unknown) => {
        if (!(error instanceof LeaseLostError))
          log.warn({ reason: messageOf(error) }, 'could not hand back a delivery');
      });
    }
    this.#running.clear();
    this.#loop = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log, poll_ms } = this.#options;
    while (!signal.aborted) {
      let sleep_ms = poll_ms;
      try {
        const claimed = await this.#claim(signal);
        if (claimed > 0) continue;
        sleep_ms = await this.#idleFor();
      } catch (error) {
        log.warn(
          { queue: this.#options.queue, reason: messageOf(error) },
          'the queue cannot be read now',
        );
      }
      await this.#wakeup.wait(clock, sleep_ms, signal);
    }
  }

  async #claim(signal: AbortSignal): Promise<number> {
    const { store, queue, name, concurrency, lease_ms } = this.#options;
    const free = concurrency - this.#running.size;
    if (free <= 0) return 0;
    const claimed = await store.claim(queue, name, free, lease_ms);
    for (const delivery of claimed) {
      if (signal.aborted) await store.release(delivery);
      else this.#begin(delivery);
    }
    return claimed.length;
  }

  async #idleFor(): Promise<number> {
    const { store, queue, concurrency, poll_ms } = this.#options;
    if (this.#running.size >= concurrency) return poll_ms;
    const next = await store.nextDueIn(queue);
    return next === null ? poll_ms : Math.max(1, Math.min(poll_ms, Math.ceil(next)));
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
    const { handler, log } = this.#options;
    const stopHeartbeat = this.#keepLease(delivery, abort);
    try {
      const outcome =
        delivery.attempts > delivery.max_attempts
          ? exhausted(delivery)
          : await handler.handle(delivery, abort.signal).catch(asRetry);
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

  async #record(delivery: Delivery, outcome: Outcome): Promise<void> {
    const { store, random, log } = this.#options;
    if (outcome.type === 'done' || outcome.type === 'suspend') {
      await store.transaction(async (tx) => {
        if (outcome.type === 'done') await store.complete(tx, delivery);
        else await store.suspend(tx, delivery, outcome.for_ms);
        await outcome.commit?.(tx);
      });
      outcome.committed?.();
      return;
    }
    if (outcome.type === 'retry' && delivery.attempts < delivery.max_attempts) {
      await store.retry(
        delivery,
        outcome.after_ms ?? backoffMs(delivery.attempts, random()),
        outcome.reason,
      );
      return;
    }
    log.warn(
      { queue: delivery.queue, delivery: delivery.id, reason: outcome.reason },
      'a delivery is dead',
    );
    await this.#bury(delivery, outcome.reason);
  }

  async #bury(delivery: Delivery, reason: string): Promise<void> {
    const { store, handler } = this.#options;
    await store.transaction(async (tx) => {
      await store.bury(tx, delivery, reason);
      await handler.bury?.(tx, delivery, reason);
    });
    handler.buried?.(delivery);
  }

  /** Prolongs the lease at a third of its length; aborts the work when it is lost. */
  #keepLease(delivery: Delivery, abort: AbortController): () => void {
    const { clock, store, lease_ms, log } = this.#options;
    let cancel = () => {};
    const beat = () => {
      store.heartbeat(delivery, lease_ms).then(
        () => arm(),
        (error: unknown) => {
          if (error instanceof LeaseLostError) return abort.abort();
          log.warn(
            { delivery: delivery.id, reason: messageOf(error) },
            'a lease was not prolonged',
          );
          arm();
        },
      );
    };
    let stopped = false;
    const arm = () => {
      if (!stopped) cancel = clock.after(lease_ms / 3, beat);
    };
    arm();
    return () => {
      stopped = true;
      cancel();
    };
  }
}

function exhausted(delivery: Delivery): Outcome {
  return {
    type: 'dead',
    reason: `its worker died or hung in each of ${delivery.max_attempts} attempts`,
  };
}

function asRetry(error: unknown): Outcome {
  return { type: 'retry', reason: messageOf(error) };
}
