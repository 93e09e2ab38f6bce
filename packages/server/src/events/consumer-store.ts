import { COMMIT_UNAWAITED, type Database } from '../db/index.ts';
import type { LoggedEvent } from './contract.ts';
import { guardedNow } from './store.ts';

/** The SQL of log consumers. A cursor that is set back repeats a page, which they bear: nothing here waits for the disk. */
export class ConsumerStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Makes the cursor of a new consumer, which begins after `seq`. One that has been away goes on where it stood. */
  async ensureCursor(name: string, seq: number): Promise<void> {
    await this.#db.query({
      text: `insert into event_cursors (name, seq) values ($1, $2)
        on conflict (name) do update set seen_at = clock_timestamp(), parked_at = null`,
      values: [name, seq],
    });
  }

  /**
   * Takes the cursor for a while and says where it stands; null when another has it or there is nothing after it.
   * To ask is to be there: events are kept for a consumer that has asked lately, also while the log does not grow.
   */
  async leaseCursor(
    name: string,
    holder: string,
    lease_ms: number,
    upto: number,
  ): Promise<number | null> {
    const { rows } = await this.#db.query<{ seq: number }>({
      name: 'events_lease_cursor',
      text: `update event_cursors set seen_at = clock_timestamp(), parked_at = null,
          leased_by = case when seq < $4 then $2 else leased_by end,
          leased_until = case when seq < $4 then clock_timestamp() + $3 * interval '1 ms' else leased_until end
        where name = $1 and (seq < $4 or parked_at is not null or seen_at < clock_timestamp() - interval '1 minute')
          and (leased_by is null or leased_by = $2 or leased_until < clock_timestamp())
        returning seq, ${COMMIT_UNAWAITED}`,
      values: [name, holder, lease_ms, upto],
    });
    const seq = rows[0]?.seq ?? null;
    return seq === null || seq >= upto ? null : seq;
  }

  /** Moves the cursor on, if this process still has it. */
  async moveCursor(name: string, holder: string, seq: number): Promise<void> {
    await this.#db.query({
      name: 'events_move_leased_cursor',
      text: `update event_cursors set seq = greatest(seq, $3) where name = $1 and leased_by = $2
        returning ${COMMIT_UNAWAITED}`,
      values: [name, holder, seq],
    });
  }

  async releaseCursor(name: string, holder: string): Promise<void> {
    await this.#db.query({
      text: 'update event_cursors set leased_by = null, leased_until = null where name = $1 and leased_by = $2',
      values: [name, holder],
    });
  }

  /** Events of all tenants in (after, upto], in order, guarded as they are now: a consumer can be hours behind. */
  async readRange(after: number, upto: number, limit: number): Promise<LoggedEvent[]> {
    const { rows } = await this.#db.query<LoggedEvent>({
      name: 'events_consume_range',
      text: guardedNow('seq > $1 and seq <= $2 order by seq limit $3'),
      values: [after, upto, limit],
    });
    return rows;
  }
}
