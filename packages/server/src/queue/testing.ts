import type { ManualClock } from '../base/index.ts';
import type { Database } from '../db/index.ts';

/** A promise with its ends outside, for tests that wait on a signal. */
export interface Signal<T = void> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

export function signal<T = void>(): Signal<T> {
  return Promise.withResolvers<T>();
}

/** A database that knows whether somebody is using it. */
export interface WatchedDatabase extends Database {
  /** Resolves when nothing is under way and what the last answer set off has not asked again. */
  idle(): Promise<void>;
}

export function watchDatabase(db: Database): WatchedDatabase {
  let under_way = 0;
  const watch = <T>(work: Promise<T>): Promise<T> => {
    under_way += 1;
    return work.finally(() => {
      under_way -= 1;
    });
  };
  return {
    ...db,
    query: (statement) => watch(db.query(statement)),
    exec: (text) => watch(db.exec(text)),
    transaction: (work) => watch(db.transaction(work)),
    async idle() {
      for (let quiet = 0; quiet < 3; quiet = under_way === 0 ? quiet + 1 : 0)
        await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/**
 * Lets the time of a `ManualClock` pass in small steps until `until` settles. After each step it waits for the
 * database, so that work takes no time however slow the machine is.
 */
export async function elapse<T>(
  clock: ManualClock,
  db: WatchedDatabase,
  until: Promise<T>,
  step_ms = 50,
): Promise<T> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  until.then(settle, settle);
  for (;;) {
    await db.idle();
    if (settled) return until;
    clock.advance(step_ms);
  }
}
