import type { Database } from '../../db/index.ts';

/** What sweeping removed of one tenant. */
export interface Removed {
  readonly expired_breadcrumbs: number;
  readonly idle_agents: number;
  readonly orphan_subscriptions: number;
  readonly dead_letters: number;
}

export type RemovedKind = keyof Removed;

/** A tenant whose report is behind. */
export interface DueReport {
  readonly owner_id: string;
  /** The record of the last report, which may be gone. */
  readonly breadcrumb_id: string | null;
  /** When the last report was written; null when there was none. */
  readonly since: string | null;
  readonly until: string;
  /** Everything that was removed up to the last report. */
  readonly before: Removed | null;
  readonly totals: Removed;
}

const TOTALS = `jsonb_build_object('expired_breadcrumbs', expired_breadcrumbs, 'idle_agents', idle_agents,
  'orphan_subscriptions', orphan_subscriptions, 'dead_letters', dead_letters)`;

/** The SQL of hygiene reports. */
export class ReportStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Adds what was removed, by tenant. A tenant that is gone meanwhile is left out. */
  async add(removed: ReadonlyMap<string, Removed>): Promise<void> {
    if (removed.size === 0) return;
    const rows = [...removed].map(([owner_id, counts]) => ({ owner_id, ...counts }));
    await this.#db.query({
      text: `insert into hygiene_reports as r (owner_id, expired_breadcrumbs, idle_agents, orphan_subscriptions, dead_letters)
        select t.id, i.expired_breadcrumbs, i.idle_agents, i.orphan_subscriptions, i.dead_letters
        from jsonb_to_recordset($1::jsonb) as i(owner_id uuid, expired_breadcrumbs bigint, idle_agents bigint,
          orphan_subscriptions bigint, dead_letters bigint)
        join tenants t on t.id = i.owner_id
        -- One order for everybody, so that two sweeps do not wait for each other.
        order by t.id
        on conflict (owner_id) do update set
          expired_breadcrumbs = r.expired_breadcrumbs + excluded.expired_breadcrumbs,
          idle_agents = r.idle_agents + excluded.idle_agents,
          orphan_subscriptions = r.orphan_subscriptions + excluded.orphan_subscriptions,
          dead_letters = r.dead_letters + excluded.dead_letters`,
      values: [JSON.stringify(rows)],
    });
  }

  /** Tenants of which something was removed since their last report, if that is long enough ago; each for one caller. */
  async takeDue(minutes: number, limit: number): Promise<DueReport[]> {
    const { rows } = await this.#db.query<DueReport>({
      text: `with due as (
          select owner_id, reported_at, reported from hygiene_reports
          where ${TOTALS} is distinct from reported
            and (reported_at is null or reported_at <= now() - $1 * interval '1 minute')
          order by owner_id limit $2 for update skip locked
        )
        update hygiene_reports r set reported_at = now(), reported = ${TOTALS}
        from due where r.owner_id = due.owner_id
        returning r.owner_id, r.breadcrumb_id, due.reported_at as since, r.reported_at as until,
          due.reported as before, r.reported as totals`,
      values: [minutes, limit],
    });
    return rows;
  }

  async keepRecord(owner_id: string, breadcrumb_id: string): Promise<void> {
    await this.#db.query({
      text: 'update hygiene_reports set breadcrumb_id = $2 where owner_id = $1',
      values: [owner_id, breadcrumb_id],
    });
  }
}
