import type { Database, Handle } from '../db/index.ts';

/** Why work on a message is to end before it is done. */
export type StopReason = 'interrupted' | 'stopped';

/** The SQL of what is to end. */
export class StopStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Says that work on these messages is to end. What was said first counts. */
  async request(
    stop: {
      owner_id: string;
      delivery_ids: readonly string[];
      reason: StopReason;
      stopped_by: string | null;
    },
    tx: Handle = this.#db,
  ): Promise<void> {
    await tx.query({
      text: `insert into agent_stops (delivery_id, owner_id, reason, stopped_by)
        select id, $2, $3, $4 from unnest($1::uuid[]) as id on conflict do nothing`,
      values: [stop.delivery_ids, stop.owner_id, stop.reason, stop.stopped_by],
    });
  }

  /** Which of these are to end. */
  async requested(delivery_ids: readonly string[]): Promise<string[]> {
    const { rows } = await this.#db.query<{ delivery_id: string }>({
      name: 'agents_stops_requested',
      text: 'select delivery_id from agent_stops where delivery_id = any($1::uuid[])',
      values: [delivery_ids],
    });
    return rows.map(({ delivery_id }) => delivery_id);
  }

  async reasonOf(delivery_id: string): Promise<StopReason | null> {
    const { rows } = await this.#db.query<{ reason: StopReason }>({
      text: 'select reason from agent_stops where delivery_id = $1',
      values: [delivery_id],
    });
    return rows[0]?.reason ?? null;
  }

  /** What a run's end can be asked by. Null when there is no such run. */
  async findRun(
    owner_id: string,
    run_id: string,
  ): Promise<{ delivery_id: string; state: string; trigger_id: string } | null> {
    const { rows } = await this.#db.query<{
      delivery_id: string;
      state: string;
      trigger_id: string;
    }>({
      text: 'select delivery_id, state, trigger_id from agent_runs where id = $2 and owner_id = $1',
      values: [owner_id, run_id],
    });
    return rows[0] ?? null;
  }

  /** The deliveries of these runs, of the runs that they began, and that these began, as far as they go on. */
  async withDescendants(
    owner_id: string,
    delivery_ids: readonly string[],
    tx: Handle,
  ): Promise<string[]> {
    const { rows } = await tx.query<{ delivery_id: string }>({
      text: `with recursive below as (
          select id, delivery_id, state, root_run_id from agent_runs
            where delivery_id = any($2::uuid[]) and owner_id = $1
          union
          select r.id, r.delivery_id, r.state, r.root_run_id from agent_runs r
            join below b on r.parent_run_id = b.id and r.root_run_id = b.root_run_id)
        select delivery_id from below where state = 'running'`,
      values: [owner_id, delivery_ids],
    });
    return rows.map(({ delivery_id }) => delivery_id);
  }
}
