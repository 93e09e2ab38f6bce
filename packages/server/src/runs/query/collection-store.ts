import { joinSql, sql, type Database, type Sql } from '../../db/index.ts';
import type { DecisionRow, PageOf, RunFilter, SignalRow } from './contract.ts';
import { toText } from './instant.ts';
import { containing } from './search-store.ts';

/** What decisions and signals are wanted. The range is one of `recorded_at`. */
export interface RecordedFilter extends RunFilter {
  readonly type?: string | undefined;
  /** Part of the reason of a decision, or of the code of a signal. */
  readonly code?: string | undefined;
  /** Part of the name of an agent. */
  readonly agent?: string | undefined;
  readonly selected?: string | undefined;
  readonly min_confidence?: number | undefined;
  readonly value?: boolean | undefined;
}

/** Whose run a row is of. */
export interface OfRun {
  readonly agent_id: string;
  readonly agent_version: string;
  readonly environment: string;
}

/** An agent with one of its versions in one environment. */
export interface AgentRow extends OfRun {
  readonly runs: number;
  readonly failures: number;
  readonly running: number;
  readonly first_hour: string | null;
  readonly last_hour: string | null;
  readonly last_started: string | null;
}

const RECORDED = sql`part.metadata::text as metadata, part.recorded_at::text as recorded_at,
  part.created_at::text as created_at, 0::float8 as bytes_so_far`;

/** The SQL of what is listed across runs. */
export class CollectionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Decisions of all runs, newest first. */
  async decisions(
    owner_id: string,
    filter: RecordedFilter,
    page: PageOf,
  ): Promise<(DecisionRow & OfRun)[]> {
    const wanted = recorded(owner_id, filter, page, sql`decision_id`);
    if (filter.type !== undefined) wanted.push(sql`part.decision_type = ${filter.type}`);
    if (filter.code !== undefined)
      wanted.push(sql`part.reason_code ilike ${containing(filter.code)}`);
    if (filter.selected !== undefined) wanted.push(sql`part.selected = ${filter.selected}`);
    if (filter.min_confidence !== undefined)
      wanted.push(sql`part.confidence >= ${filter.min_confidence}`);
    const { rows } = await this.#db.query<DecisionRow & OfRun>(
      sql`select decision_id, part.run_id, step_id, decision_type, selected, reason_code, confidence, ${RECORDED},
          run.agent_id, run.agent_version, run.environment
        from run_decisions part ${ofRun(filter)} where ${joinSql(wanted, ' and ', sql`true`)}
        order by part.recorded_at desc, decision_id desc limit ${page.limit}`,
    );
    return rows;
  }

  /** Quality signals of all runs, newest first. */
  async signals(
    owner_id: string,
    filter: RecordedFilter,
    page: PageOf,
  ): Promise<(SignalRow & OfRun)[]> {
    const wanted = recorded(owner_id, filter, page, sql`signal_id`);
    if (filter.type !== undefined) wanted.push(sql`part.signal_type = ${filter.type}`);
    if (filter.code !== undefined)
      wanted.push(sql`part.signal_code ilike ${containing(filter.code)}`);
    if (filter.value !== undefined) wanted.push(sql`part.value = ${filter.value}`);
    const { rows } = await this.#db.query<SignalRow & OfRun>(
      sql`select signal_id, part.run_id, step_id, signal_type, signal_code, value, weight, ${RECORDED},
          run.agent_id, run.agent_version, run.environment
        from run_signals part ${ofRun(filter)} where ${joinSql(wanted, ' and ', sql`true`)}
        order by part.recorded_at desc, signal_id desc limit ${page.limit}`,
    );
    return rows;
  }

  /** Every agent with its versions and environments, by name. */
  async agents(owner_id: string, filter: RunFilter, limit: number): Promise<AgentRow[]> {
    const wanted = [sql`owner_id = ${owner_id}`];
    if (filter.agent_id !== undefined) wanted.push(sql`agent_id = ${filter.agent_id}`);
    if (filter.environment !== undefined) wanted.push(sql`environment = ${filter.environment}`);
    const of_agent = joinSql(wanted, ' and ', sql`true`);
    const { rows } = await this.#db.query<AgentRow>(
      sql`with seen as (
          select agent_id, agent_version, environment, sum(n) as runs, sum(n) filter (where key = 'failure') as failures,
            0 as running, min(hour) as first_hour, max(hour) as last_hour
          from run_rollups where ${of_agent} and metric = 'run' group by agent_id, agent_version, environment
          union all
          select agent_id, agent_version, environment, 0, 0, count(*), min(started_at), max(started_at)
          from runs where ${of_agent} and status = 'running' group by agent_id, agent_version, environment
        ), named as (
          select agent_id, agent_version, environment, sum(runs)::bigint as runs,
            coalesce(sum(failures), 0)::bigint as failures, sum(running)::bigint as running,
            min(first_hour)::text as first_hour, max(last_hour)::text as last_hour
          from seen group by agent_id, agent_version, environment
          order by agent_id, agent_version, environment limit ${limit}
        ) select named.*, last.started_at::text as last_started from named
        left join lateral (select started_at from runs
          where owner_id = ${owner_id} and runs.agent_id = named.agent_id order by started_at desc limit 1) last on true
        order by agent_id, agent_version, environment`,
    );
    return rows;
  }
}

/** What holds for rows of both kinds. `id` is the column that tells rows of one time apart. */
function recorded(owner_id: string, { range }: RecordedFilter, { after }: PageOf, id: Sql): Sql[] {
  const parts = [sql`part.owner_id = ${owner_id}`];
  if (range.from) parts.push(sql`part.recorded_at >= ${toText(range.from)}::timestamptz`);
  if (range.to) parts.push(sql`part.recorded_at <= ${toText(range.to)}::timestamptz`);
  if (after)
    parts.push(
      sql`(part.recorded_at, part.${id}) < (${after.time}::timestamptz, ${after.id}::uuid)`,
    );
  return parts;
}

/** The run of each row, found by its key: so rows are read newest first, and only as many as the page needs. */
function ofRun({ agent_id, agent_version, environment, agent }: RecordedFilter): Sql {
  const wanted = [sql`run.owner_id = part.owner_id`];
  if (agent_id !== undefined) wanted.push(sql`run.agent_id = ${agent_id}`);
  if (agent_version !== undefined) wanted.push(sql`run.agent_version = ${agent_version}`);
  if (environment !== undefined) wanted.push(sql`run.environment = ${environment}`);
  if (agent !== undefined) wanted.push(sql`run.agent_id ilike ${containing(agent)}`);
  return sql`cross join lateral (select agent_id, agent_version, environment from runs run
    where ${joinSql(wanted, ' and ', sql`true`)} and run.run_id = part.run_id and run.expires_on = part.expires_on
    offset 0) run`;
}
