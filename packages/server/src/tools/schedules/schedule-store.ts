import type { BreadcrumbCreate } from '@cairn/protocol';
import { newId } from '../../base/index.ts';
import { sql, type Database, type Handle } from '../../db/index.ts';
import type { ScheduleItem, ScheduleWanted } from '../builtin/index.ts';

const ITEM = sql`id, name, kind, spec, timezone, state, next_at, last_at, firings, firings_max, last_error`;

/** A schedule with what it does. */
export interface Schedule extends ScheduleItem {
  readonly owner_id: string;
  readonly agent_id: string;
  /** For whom the agent made it, when not for itself. */
  readonly asked_by: string | null;
  readonly breadcrumb: BreadcrumbCreate;
}

export interface NewSchedule extends ScheduleWanted {
  readonly owner_id: string;
  readonly agent_id: string;
  readonly asked_by: string | null;
  readonly next_at: number;
  /** The request that asked for it. */
  readonly made_for: string;
}

/** The SQL of schedules. */
export class ScheduleStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  /** Says whether it is new: asked for by the same request again, it is what it was. */
  async insert(given: NewSchedule, tx: Handle): Promise<{ item: ScheduleItem; is_new: boolean }> {
    const next_at = new Date(given.next_at).toISOString();
    const { rows } = await tx.query<ScheduleItem & { is_new: boolean }>(
      sql`insert into tool_schedules
          (id, owner_id, agent_id, name, kind, spec, timezone, breadcrumb, next_at, firings_max, made_for, asked_by)
        values (${newId()}, ${given.owner_id}, ${given.agent_id}, ${given.name}, ${given.kind}, ${given.spec},
          ${given.timezone}, ${JSON.stringify(given.breadcrumb)}::jsonb, ${next_at}, ${given.firings_max}, ${given.made_for},
          ${given.asked_by})
        on conflict (owner_id, made_for) do update set made_for = excluded.made_for
        returning ${ITEM}, xmax = 0 as is_new`,
    );
    const { is_new, ...item } = rows[0] as ScheduleItem & { is_new: boolean };
    return { item, is_new };
  }

  async countActive(
    owner_id: string,
    agent_id: string,
  ): Promise<{ tenant: number; agent: number }> {
    const { rows } = await this.#db.query<{ tenant: number; agent: number }>(
      sql`select count(*)::int as tenant, (count(*) filter (where agent_id = ${agent_id}))::int as agent
        from tool_schedules where owner_id = ${owner_id} and state = 'active'`,
    );
    return rows[0] ?? { tenant: 0, agent: 0 };
  }

  /** Newest first. */
  async list(owner_id: string, agent_id: string, limit: number): Promise<ScheduleItem[]> {
    const { rows } = await this.#db.query<ScheduleItem>(
      sql`select ${ITEM} from tool_schedules where owner_id = ${owner_id} and agent_id = ${agent_id}
        order by created_at desc, id desc limit ${limit}`,
    );
    return rows;
  }

  async cancel(owner_id: string, agent_id: string, id: string): Promise<boolean> {
    const { count } = await this.#db.query(
      sql`update tool_schedules set state = 'cancelled', next_at = null
        where id = ${id} and owner_id = ${owner_id} and agent_id = ${agent_id} and state = 'active'`,
    );
    return count > 0;
  }

  async find(id: string, tx: Handle = this.#db): Promise<Schedule | null> {
    const { rows } = await tx.query<Schedule>(
      sql`select ${ITEM}, owner_id, agent_id, asked_by, breadcrumb from tool_schedules where id = ${id}`,
    );
    return rows[0] ?? null;
  }

  /**
   * Moves a schedule on from one due time to the next, or ends it. Says whether it was still to fire at that time:
   * of any number who ask, one is told so.
   */
  async advance(
    id: string,
    due_at: string,
    to: { next_at: number | null; error: string | null },
    tx: Handle,
  ): Promise<boolean> {
    const next_at = to.next_at === null ? null : new Date(to.next_at).toISOString();
    const { count } = await tx.query(
      sql`update tool_schedules set firings = firings + 1, last_at = ${due_at}, last_error = ${to.error},
          next_at = ${next_at}, state = ${next_at === null ? 'ended' : 'active'}
        where id = ${id} and state = 'active' and next_at = ${due_at}`,
    );
    return count > 0;
  }
}
