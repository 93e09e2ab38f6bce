import type { Database } from '../../db/index.ts';
import { appendEventsFrom } from '../../events/index.ts';
import { subscribersOf } from '../store.ts';

/** What sweeping has done since the installation began. */
export interface HygieneTotals {
  readonly runs_completed: number;
  readonly total_breadcrumbs_purged: number;
  readonly last_run_duration_ms: number;
  readonly last_run_errors: number;
  readonly last_updated: string | null;
}

/** How long things are kept that nobody asked to keep, in days. */
export interface Retention {
  readonly events_days: number;
  readonly history_days: number;
  readonly idempotency_days: number;
  readonly done_deliveries_days: number;
  readonly dead_deliveries_days: number;
}

/**
 * The SQL of sweeping. Every statement takes a bounded batch and passes over rows that somebody holds, so that sweeping
 * never makes anybody wait, and any number of processes may sweep at once.
 */
export class SweepStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Deletes expired breadcrumbs, with their events; of one tenant, or of all. */
  async expired(limit: number, owner_id: string | null): Promise<number> {
    const { rows } = await this.#db.query<{ purged: number }>({
      text: `with due as (
          select id from breadcrumbs where ttl <= now() and ($2::uuid is null or owner_id = $2)
          order by ttl limit $1 for update skip locked
        ), gone as (
          delete from breadcrumbs using due where breadcrumbs.id = due.id
          returning breadcrumbs.id, owner_id, version, title, tags, schema_name, visibility, sensitivity, created_by,
            updated_by, now() as updated_at, context, 'deleted' as kind
        ), logged as (
          ${appendEventsFrom(`(select *, ${subscribersOf('gone')} as subscribers from gone) changed`)}
        )
        select count(*)::int as purged from gone`,
      values: [limit, owner_id],
    });
    return rows[0]?.purged ?? 0;
  }

  /** Old events that every reader of the log has passed. The last one stays, as the end from which readers start. */
  events(limit: number, days: number): Promise<number> {
    return this.#delete(
      `delete from events where seq in (
        select seq from events where updated_at < now() - $2 * interval '1 day'
          and seq <= (select coalesce(min(seq), 0) from event_cursors)
          and seq < (select max(seq) from events)
        order by updated_at limit $1)`,
      [limit, days],
    );
  }

  /** Old versions; the current one is not among them. */
  history(limit: number, days: number): Promise<number> {
    return this.#delete(
      `delete from breadcrumb_history where (breadcrumb_id, version) in (
        select breadcrumb_id, version from breadcrumb_history
        where updated_at < now() - $2 * interval '1 day' limit $1)`,
      [limit, days],
    );
  }

  idempotencyKeys(limit: number, days: number): Promise<number> {
    return this.#delete(
      `delete from idempotency_keys where (owner_id, agent_id, key) in (
        select owner_id, agent_id, key from idempotency_keys
        where created_at < now() - $2 * interval '1 day' order by created_at limit $1)`,
      [limit, days],
    );
  }

  deliveries(limit: number, state: 'done' | 'dead', days: number): Promise<number> {
    return this.#delete(
      `delete from deliveries where id in (
        select id from deliveries where state = $3 and finished_at < now() - $2 * interval '1 day'
        order by finished_at limit $1)`,
      [limit, days, state],
    );
  }

  async note(purged: number, took_ms: number, errors: number): Promise<void> {
    await this.#db.query({
      text: `update hygiene_totals set runs_completed = runs_completed + 1,
        total_breadcrumbs_purged = total_breadcrumbs_purged + $1, last_run_duration_ms = $2, last_run_errors = $3,
        last_updated = now()`,
      values: [purged, Math.round(took_ms), errors],
    });
  }

  async totals(): Promise<HygieneTotals> {
    const { rows } = await this.#db.query<HygieneTotals>({
      text: `select runs_completed, total_breadcrumbs_purged, last_run_duration_ms, last_run_errors, last_updated
        from hygiene_totals`,
    });
    return rows[0] as HygieneTotals;
  }

  async #delete(text: string, values: readonly unknown[]): Promise<number> {
    const { rows } = await this.#db.query<{ purged: number }>({
      text: `with gone as (${text} returning 1) select count(*)::int as purged from gone`,
      values,
    });
    return rows[0]?.purged ?? 0;
  }
}
