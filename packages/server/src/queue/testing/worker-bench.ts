import { onTestFinished } from 'vitest';
import { ManualClock, newId, silentLog } from '../../base/index.ts';
import { DatabaseError, type Database } from '../../db/index.ts';
import { openTestDatabase } from '../../db/testing.ts';
import type { DeliveryHandler, NewDelivery } from '../contract.ts';
import { DeliveryStore } from '../store.ts';
import { elapse, watchDatabase, type WatchedDatabase } from '../testing.ts';
import { QueueWorker, type WorkerOptions } from '../worker.ts';

const OWNER = newId();
export const LEASE_MS = 30_000;
const POLL_MS = 60_000;

/** A store whose database can go away. */
export class BreakableStore extends DeliveryStore {
  is_away = false;
  calls_while_away = 0;

  #assertThere(): void {
    if (!this.is_away) return;
    this.calls_while_away += 1;
    throw new DatabaseError('the server closed the connection', '57P01', null, null);
  }
  override async claim(...args: Parameters<DeliveryStore['claim']>) {
    this.#assertThere();
    return super.claim(...args);
  }
  override async heartbeat(...args: Parameters<DeliveryStore['heartbeat']>) {
    this.#assertThere();
    return super.heartbeat(...args);
  }
  override async transaction<T>(work: Parameters<DeliveryStore['transaction']>[0]) {
    this.#assertThere();
    return super.transaction(work) as Promise<T>;
  }
}

export interface WorkerBench {
  /** For the test itself; what the worker does goes through `watched`. */
  readonly db: Database;
  readonly watched: WatchedDatabase;
  readonly clock: ManualClock;
  readonly store: BreakableStore;
  work(key: string, more?: Partial<NewDelivery>): NewDelivery;
  worker(
    handler: DeliveryHandler | DeliveryHandler['handle'],
    options?: Partial<WorkerOptions>,
  ): QueueWorker;
  /** Waits for it while time passes. */
  wait<T>(until: Promise<T>): Promise<T>;
  row(key: string): Promise<{ state: string; attempts: number; last_error: string | null }>;
}

/** A worker on a database of its own, in time that the test moves. */
export async function openWorkerBench(): Promise<WorkerBench> {
  const db = await openTestDatabase();
  await db.exec('create table effects (key text not null, worker text)');
  const clock = new ManualClock();
  const watched = watchDatabase(db);
  const store = new BreakableStore(watched, clock);
  return {
    db,
    watched,
    clock,
    store,
    work: (dedupe_key, more) => ({
      queue: 'q',
      owner_id: OWNER,
      dedupe_key,
      payload: null,
      ...more,
    }),
    worker(handler, options) {
      const worker = new QueueWorker({
        queue: 'q',
        handler: typeof handler === 'function' ? { handle: handler } : handler,
        store,
        clock,
        random: () => 0.5,
        log: silentLog,
        name: 'w',
        concurrency: 4,
        lease_ms: LEASE_MS,
        poll_ms: POLL_MS,
        ...options,
      });
      onTestFinished(() => elapse(clock, watched, worker.stop()));
      return worker;
    },
    wait: (until) => elapse(clock, watched, until),
    async row(key) {
      const { rows } = await db.query<{
        state: string;
        attempts: number;
        last_error: string | null;
      }>({
        text: 'select state, attempts, last_error from deliveries where dedupe_key = $1',
        values: [key],
      });
      if (!rows[0]) throw new Error(`no delivery ${key}`);
      return rows[0];
    },
  };
}
