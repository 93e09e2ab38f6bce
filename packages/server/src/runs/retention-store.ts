import type { RunSource } from '@cairn/protocol';
import type { Database, Handle } from '../db/index.ts';

/** A run of which nothing was heard. */
export interface SilentRun extends DueRun {
  readonly source: RunSource;
}

/** A run that is to be closed or deleted. */
export interface DueRun {
  readonly owner_id: string;
  readonly run_id: string;
}

/** A policy that was changed since what is stored was last brought in line with it. */
export interface ChangedPolicy {
  readonly owner_id: string;
  readonly environment: string;
  /** Null when the policy does not say. */
  readonly retention_days: number | null;
}

const TABLES = ['runs', 'run_steps', 'run_failures', 'run_decisions', 'run_signals'] as const;
const KEYS = 'json_to_recordset($1::json) as w(owner_id uuid, run_id uuid)';

/** The SQL of looking after what is stored. Every statement takes a bounded batch. It needs the rights of the owner. */
export class RetentionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs of which nothing was heard since `before`, the longest first. */
  async silentRuns(before: string, limit: number): Promise<SilentRun[]> {
    const { rows } = await this.#db.query<SilentRun>({
      text: `select owner_id, run_id, source from runs where status = 'running' and heard_at < $1
        order by heard_at limit $2`,
      values: [before, limit],
    });
    return rows;
  }

  /** Partitions of which everything may be deleted on `today`: their names tell the Monday on which their week begins. */
  async expiredPartitions(today: string): Promise<string[]> {
    const { rows } = await this.#db.query<{ name: string }>({
      text: `select c.relname as name from pg_inherits i
        join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
        where p.relnamespace = current_schema()::regnamespace and p.relname = any($1)
          and c.relname ~ '_[0-9]{8}$' and to_date(right(c.relname, 8), 'YYYYMMDD') + 7 <= $2::date
        order by right(c.relname, 8), c.relname`,
      values: [TABLES, today],
    });
    return rows.map(({ name }) => name);
  }

  /**
   * Drops one partition. Waits only shortly for those who read and write, since others would have to wait behind it: then
   * it fails with a DatabaseError of state 55P03.
   */
  async dropPartition(name: string): Promise<void> {
    // The name comes from the catalog; what is not such a name is none of ours.
    if (!/^run[a-z_]*_\d{8}$/.test(name)) throw new Error(`${name} is not a partition of runs`);
    await this.#db.transaction(async (tx) => {
      await tx.exec("set local lock_timeout = '1s'");
      await tx.exec(`drop table if exists "${name}"`);
    });
  }

  /** Keys of runs that went with their partitions. */
  deleteKeys(before: string, limit: number): Promise<number> {
    return this.#delete(
      `delete from run_keys where (owner_id, run_id) in (
        select owner_id, run_id from run_keys where expires_on < $1::date limit $2)`,
      [before, limit],
    );
  }

  deleteRollups(before: string, limit: number): Promise<number> {
    return this.#delete(
      `delete from run_rollups where ctid in (select ctid from run_rollups where hour < $1 limit $2)`,
      [before, limit],
    );
  }

  /** The sums of whole days that ended before. */
  deleteDays(before: string, limit: number): Promise<number> {
    return this.#delete(
      `delete from run_rollup_days where ctid in (
        select ctid from run_rollup_days where day <= $1::timestamptz - interval '1 day' limit $2)`,
      [before, limit],
    );
  }

  /** Kinds of failures by the hour. */
  deleteFailureHours(before: string, limit: number): Promise<number> {
    return this.#delete(
      `delete from run_failure_hours where ctid in (
        select ctid from run_failure_hours where hour < $1 limit $2)`,
      [before, limit],
    );
  }

  /** The same of whole days that ended before. */
  deleteFailureDays(before: string, limit: number): Promise<number> {
    return this.#delete(
      `delete from run_failure_days where ctid in (
        select ctid from run_failure_days where day <= $1::timestamptz - interval '1 day' limit $2)`,
      [before, limit],
    );
  }

  deleteGroups(before: string, limit: number): Promise<number> {
    return this.#delete(
      `delete from run_failure_groups where ctid in (
        select ctid from run_failure_groups where last_seen < $1 limit $2)`,
      [before, limit],
    );
  }

  /** Policies that were changed, and which what is stored may not keep to yet. */
  async changedPolicies(limit: number): Promise<ChangedPolicy[]> {
    const { rows } = await this.#db.query<ChangedPolicy>({
      text: `select owner_id, environment, retention_days from run_policies
        where applied_at is null or applied_at < updated_at order by updated_at limit $1`,
      values: [limit],
    });
    return rows;
  }

  /**
   * Notes that what is stored keeps to a policy. Not in the first moments after a change: until then other processes may
   * still store by the policy before.
   */
  async noteApplied({ owner_id, environment }: ChangedPolicy): Promise<void> {
    await this.#db.query({
      text: `update run_policies set applied_at = updated_at
        where owner_id = $1 and environment = $2 and updated_at < now() - interval '1 minute'`,
      values: [owner_id, environment],
    });
  }

  /**
   * Deletes runs of an environment that were stored before `before`; of '' those of all environments that have no number
   * of days of their own. Statistics stay. Says how many.
   */
  async deleteRuns(
    owner_id: string,
    environment: string,
    before: string,
    limit: number,
  ): Promise<number> {
    const { rows } = await this.#db.query<DueRun>({
      text: `select owner_id, run_id from runs where owner_id = $1 and created_at < $3
        and case when $2 <> '' then environment = $2 else environment not in (
          select environment from run_policies where owner_id = $1 and environment <> '' and retention_days is not null) end
        limit $4`,
      values: [owner_id, environment, before, limit],
    });
    if (rows.length === 0) return 0;
    return this.#db.transaction((tx) => deleteWhole(rows, tx));
  }

  async #delete(text: string, values: readonly unknown[]): Promise<number> {
    const { rows } = await this.#db.query<{ n: number }>({
      text: `with gone as (${text} returning 1) select count(*)::int as n from gone`,
      values,
    });
    return rows[0]?.n ?? 0;
  }
}

/** The keys first, as everybody who writes runs does. */
async function deleteWhole(runs: readonly DueRun[], tx: Handle): Promise<number> {
  const values = [JSON.stringify(runs)];
  await tx.query({
    text: `select from run_keys where (owner_id, run_id) in (select owner_id, run_id from ${KEYS})
      order by owner_id, run_id for update`,
    values,
  });
  for (const table of [...TABLES, 'run_keys'])
    await tx.query({
      text: `delete from ${table} as t using ${KEYS} where t.owner_id = w.owner_id and t.run_id = w.run_id`,
      values,
    });
  return runs.length;
}
