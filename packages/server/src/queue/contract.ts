import type { Handle } from '../db/index.ts';

/** A piece of work to be done once, as it is put in. */
export interface NewDelivery {
  readonly queue: string;
  readonly owner_id: string;
  /** The same key on the same queue twice is one delivery. */
  readonly dedupe_key: string;
  /** Deliveries of one group are done one after the other, in the order they were put in. */
  readonly group_key?: string | null;
  /** What it has to wait for in common with others, such as one receiver. A worker may limit how much of a lane it does at once. */
  readonly lane?: string | null;
  readonly payload: unknown;
  readonly max_attempts?: number;
  /** Not before this many milliseconds from now. */
  readonly delay_ms?: number;
}

/** A piece of work as its owner of the moment holds it. */
export interface Delivery {
  readonly id: string;
  readonly queue: string;
  readonly owner_id: string;
  readonly group_key: string | null;
  readonly dedupe_key: string;
  readonly payload: unknown;
  /** Claims since it last made progress, this one included. */
  readonly attempts: number;
  readonly max_attempts: number;
  /** The token that proves ownership; a later claim has a higher one. */
  readonly fence: number;
  /** The claim that holds it: the worker's name, and one of its own. */
  readonly leased_by: string;
  readonly created_at: string;
}

/**
 * What became of an attempt. `commit` runs in the transaction that records it, after ownership was proved:
 * its writes take effect exactly when the record does. `committed` runs after that.
 */
export type Outcome =
  | { readonly type: 'done'; readonly commit?: Commit; readonly committed?: () => void }
  /** Not finished, nothing to do before `wake` is called for it or the time is over. Holds no worker, keeps its place in its group. */
  | {
      readonly type: 'suspend';
      readonly for_ms: number;
      readonly commit?: Commit;
      readonly committed?: () => void;
    }
  /** Failed in a way that another attempt may mend; without `after_ms` the backoff decides. */
  | { readonly type: 'retry'; readonly reason: string; readonly after_ms?: number }
  /** Failed for good. */
  | { readonly type: 'dead'; readonly reason: string };

export type Commit = (tx: Handle) => Promise<void>;

/** Does the work of one queue. */
export interface DeliveryHandler {
  /**
   * Works on a delivery. Must be safe to repeat, since a worker may die at any point.
   * A thrown error counts as `retry`. `signal` aborts when ownership is lost or the worker stops.
   */
  handle(delivery: Delivery, signal: AbortSignal): Promise<Outcome>;
  /** Runs in the transaction that declares a delivery dead, to leave behind whatever its waiters need. */
  bury?(tx: Handle, delivery: Delivery, reason: string): Promise<void>;
  /** Runs after that transaction. */
  buried?(delivery: Delivery): void;
}

/** Somebody else owns the delivery now: whatever this attempt did must not be recorded. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
  constructor(id: string) {
    super(`the lease on delivery ${id} was lost`);
  }
}
