import { joinSql, sql, type Database, type Sql } from '../../db/index.ts';
import type { RunFilter } from './contract.ts';
import { splitRange, withoutDays, type SplitRange, type Stretch } from './split-range.ts';

/** What rollups count; see the table `run_rollups`. */
export type Metric = 'run' | 'step' | 'failure' | 'decision' | 'signal' | 'tokens' | 'cost';

/** What sums can be told apart by. */
export type GroupColumn = 'agent_id' | 'agent_version' | 'environment' | 'hour' | 'day';

const GROUP_COLUMNS: Readonly<Record<GroupColumn, Sql>> = {
  agent_id: sql`agent_id`,
  agent_version: sql`agent_version`,
  environment: sql`environment`,
  hour: sql`extract(epoch from hour)::float8 as hour`,
  day: sql`extract(epoch from date_trunc('day', hour at time zone 'UTC'))::float8 as day`,
};

const GROUP_KEYS: Readonly<Record<GroupColumn, Sql>> = {
  agent_id: sql`agent_id`,
  agent_version: sql`agent_version`,
  environment: sql`environment`,
  hour: sql`hour`,
  day: sql`date_trunc('day', hour at time zone 'UTC')`,
};

/** A sum. The columns that were not asked for are absent; `hour` and `day` are seconds since 1970. */
export interface Sum {
  readonly agent_id?: string;
  readonly agent_version?: string;
  readonly environment?: string;
  readonly hour?: number;
  readonly day?: number;
  readonly metric: Metric;
  readonly key: string;
  readonly n: number;
  readonly total: number;
}

/** How many durations there are in a bucket of the histograms. */
export interface BucketCount {
  readonly metric: 'run' | 'step';
  readonly key: string;
  readonly bucket: number;
  readonly n: number;
}

/** How often a duration was measured. */
export interface DurationCount {
  readonly metric: 'run' | 'step';
  readonly key: string;
  readonly ms: number;
  readonly n: number;
}

/** Failures of one kind, as far as a filter lets them count. */
export interface FailureKindRow {
  readonly fingerprint: string;
  readonly failure_type: string;
  readonly failure_code: string;
  /** Of the last one that was reported of these agents and environments. */
  readonly message: string;
  readonly n: number;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly last_run_id: string;
  readonly agents: string[];
  readonly environments: string[];
}

/**
 * The SQL of statistics. Whole hours are sums of rollups, however many runs they are of; the parts of hours at the ends of a
 * range are counted in the rows themselves. The two never overlap, so nothing counts twice. Runs that are still going
 * on count once they have ended, as they do in the rollups.
 */
export class StatsStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Sums by metric, key and what else is asked for. */
  async sums(
    owner_id: string,
    filter: RunFilter,
    metrics: readonly Metric[],
    by: readonly GroupColumn[] = [],
  ): Promise<Sum[]> {
    const whole = splitRange(filter.range);
    const split = by.includes('hour') ? withoutDays(whole) : whole;
    const sources = sumSources(owner_id, filter, split, metrics);
    if (sources.length === 0) return [];
    const edge =
      split.edges.length > 0 ? sql`with ${edgeRuns(owner_id, filter, split.edges)}` : sql``;
    const columns = joinSql(
      [...by.map((each) => GROUP_COLUMNS[each]), sql`metric`, sql`key`],
      ', ',
      sql``,
    );
    const keys = joinSql(
      [...by.map((each) => GROUP_KEYS[each]), sql`metric`, sql`key`],
      ', ',
      sql``,
    );
    const { rows } = await this.#db.query<Sum>(
      sql`${edge} select ${columns}, sum(n)::bigint as n, sum(total)::float8 as total
        from (${unionAll(sources)})
        counted (agent_id, agent_version, environment, hour, metric, key, n, total) group by ${keys}`,
    );
    return rows;
  }

  /** Kinds of failures of the runs that a filter means, most frequent first. */
  async failureKinds(
    owner_id: string,
    filter: RunFilter,
    limit: number,
  ): Promise<FailureKindRow[]> {
    const split = splitRange(filter.range);
    const sources = failureSources(owner_id, filter, split);
    if (sources.length === 0) return [];
    const { agent_id, environment } = filter;
    const of_kind = [sql`owner_id = ${owner_id}`, sql`known.fingerprint = kinds.fingerprint`];
    if (agent_id !== undefined) of_kind.push(sql`agent_id = ${agent_id}`);
    if (environment !== undefined) of_kind.push(sql`environment = ${environment}`);
    const edge = split.edges.length > 0 ? sql`${edgeRuns(owner_id, filter, split.edges)}, ` : sql``;
    const { rows } = await this.#db.query<FailureKindRow>(
      sql`with ${edge} kinds as (
          select fingerprint, failure_type, failure_code, sum(n)::bigint as n, min(first_seen) as first_seen,
            max(last_seen) as last_seen, (array_agg(last_run_id order by last_seen desc))[1] as last_run_id,
            array_agg(distinct agent_id::text order by agent_id::text) as agents,
            array_agg(distinct environment::text order by environment::text) as environments
          from (${unionAll(sources)}) counted (agent_id, environment, fingerprint, failure_type, failure_code, n,
            first_seen, last_seen, last_run_id)
          where n > 0 group by fingerprint, failure_type, failure_code
          order by sum(n) desc, max(last_seen) desc, fingerprint limit ${limit}
        )
        select fingerprint, failure_type, failure_code, n, first_seen::text as first_seen, last_seen::text as last_seen,
          last_run_id, agents, environments, coalesce(known.message, '') as message
        from kinds left join lateral (select message from run_failure_groups known
          where ${joinSql(of_kind, ' and ', sql`true`)} order by known.last_seen desc limit 1) known on true
        order by n desc, kinds.last_seen desc, fingerprint`,
    );
    return rows;
  }

  /** The histograms of whole hours, added up. */
  async histograms(
    owner_id: string,
    filter: RunFilter,
    metrics: readonly ('run' | 'step')[],
  ): Promise<BucketCount[]> {
    const sources = rollupSources(
      owner_id,
      filter,
      splitRange(filter.range),
      metrics,
      sql`buckets`,
    );
    if (sources.length === 0) return [];
    const { rows } = await this.#db.query<BucketCount>(
      sql`select metric, key, (place - 1)::int as bucket, sum(count)::bigint as n
        from (${unionAll(sources)}) rollups cross join lateral unnest(buckets) with ordinality as bucket (count, place)
        where buckets is not null and count <> 0 group by metric, key, place`,
    );
    return rows;
  }

  /** The durations in the parts of hours at the ends of a range. */
  async edgeDurations(
    owner_id: string,
    filter: RunFilter,
    metrics: readonly ('run' | 'step')[],
  ): Promise<DurationCount[]> {
    const { edges } = splitRange(filter.range);
    if (edges.length === 0) return [];
    const sources: Sql[] = [];
    if (metrics.includes('run'))
      sources.push(sql`select 'run' as metric, status::text as key, duration_ms as ms, count(*) as n
        from edge where duration_ms is not null group by status, duration_ms`);
    if (metrics.includes('step'))
      sources.push(sql`select 'step', step_type::text, latency_ms::float8, count(*)
        from edge ${joined(sql`run_steps`, sql`step_type, latency_ms`)} group by step_type, latency_ms`);
    const { rows } = await this.#db.query<DurationCount>(
      sql`with ${edgeRuns(owner_id, filter, edges)} ${unionAll(sources)}`,
    );
    return rows;
  }
}

function sumSources(
  owner_id: string,
  filter: RunFilter,
  split: SplitRange,
  metrics: readonly Metric[],
): Sql[] {
  const sources = rollupSources(owner_id, filter, split, metrics, sql`n, total`);
  if (split.edges.length === 0) return sources;
  return [
    ...sources,
    ...metrics.flatMap((metric) =>
      metric === 'decision' || metric === 'signal'
        ? [recordedSums(owner_id, filter, split.edges, metric)]
        : EDGE_SUMS[metric],
    ),
  ];
}

/** Kinds of failures in whole days, in whole hours and in the runs of `edge`. */
function failureSources(owner_id: string, filter: RunFilter, split: SplitRange): Sql[] {
  const { days, hours, edges } = split;
  const kind = sql`fingerprint, failure_type, failure_code`;
  const summed = (table: Sql, time: Sql, stretch: Stretch) =>
    sql`select agent_id, environment, ${kind}, n, first_seen, last_seen, last_run_id from ${table}
      where ${joinSql([...ofAgent(owner_id, filter), within(time, [stretch])], ' and ', sql`true`)}`;
  const sources = hours.map((each) => summed(sql`run_failure_hours`, sql`hour`, each));
  if (days) sources.push(summed(sql`run_failure_days`, sql`day`, days));
  if (edges.length > 0)
    sources.push(sql`select agent_id, environment, ${kind}, 1, seen, seen, run_id from edge
      ${joined(sql`run_failures`, kind)}`);
  return sources;
}

/** Rows of the rollups of whole days and of whole hours. */
function rollupSources(
  owner_id: string,
  filter: RunFilter,
  { days, hours }: SplitRange,
  metrics: readonly Metric[],
  figures: Sql,
): Sql[] {
  const wanted = (time: Sql, stretch: Stretch) => {
    const parts = [...ofAgent(owner_id, filter), sql`metric = any(${metrics}::text[])`];
    return joinSql([...parts, within(time, [stretch])], ' and ', sql`true`);
  };
  const who = sql`agent_id, agent_version, environment`;
  const of_hours = hours.map(
    (each) => sql`select ${who}, hour, metric, key, ${figures} from run_rollups
      where ${wanted(sql`hour`, each)}`,
  );
  if (!days) return of_hours;
  const of_days = sql`select ${who}, day as hour, metric, key, ${figures} from run_rollup_days
    where ${wanted(sql`day`, days)}`;
  return [of_days, ...of_hours];
}

function ofAgent(owner_id: string, filter: RunFilter): Sql[] {
  const parts = [sql`owner_id = ${owner_id}`];
  if (filter.agent_id !== undefined) parts.push(sql`agent_id = ${filter.agent_id}`);
  if (filter.agent_version !== undefined) parts.push(sql`agent_version = ${filter.agent_version}`);
  if (filter.environment !== undefined) parts.push(sql`environment = ${filter.environment}`);
  return parts;
}

/** The runs at the ends of a range, as `edge`. */
function edgeRuns(owner_id: string, filter: RunFilter, edges: readonly Stretch[]): Sql {
  return sql`edge as materialized (
    select owner_id, run_id, expires_on, agent_id, agent_version, environment, status,
      input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd,
      date_trunc('hour', started_at at time zone 'UTC') at time zone 'UTC' as hour, coalesce(ended_at, started_at) as seen,
      (floor(extract(epoch from ended_at) * 1000) - floor(extract(epoch from started_at) * 1000))::float8 as duration_ms
    from runs where ${joinSql(ofAgent(owner_id, filter), ' and ', sql`true`)} and status <> 'running'
      and ${within(sql`started_at`, edges)})`;
}

/** Whether a time lies in one of these stretches. */
function within(time: Sql, stretches: readonly Stretch[]): Sql {
  const parts = stretches.map(({ from, before }) => {
    const after = from === null ? sql`true` : sql`${time} >= ${from}::timestamptz`;
    return before === null ? after : sql`(${after} and ${time} < ${before}::timestamptz)`;
  });
  return sql`(${joinSql(parts, ' or ', sql`false`)})`;
}

/**
 * Rows of a table that belong to the runs of `edge`. By way of each run's key: the planner, who cannot know how few runs
 * there are, would else read all partitions.
 */
function joined(table: Sql, columns: Sql): Sql {
  return sql`cross join lateral (select ${columns} from ${table} part
    where part.owner_id = edge.owner_id and part.run_id = edge.run_id and part.expires_on = edge.expires_on offset 0) part`;
}

const WHO = sql`agent_id, agent_version, environment, hour`;

const TOKENS = [
  ['input', sql`input_tokens`],
  ['output', sql`output_tokens`],
  ['cached_input', sql`cached_input_tokens`],
  ['reasoning', sql`reasoning_tokens`],
] as const;

/** What the rollups would say of the runs of `edge`. */
const EDGE_SUMS: Readonly<Record<Exclude<Metric, 'decision' | 'signal'>, readonly Sql[]>> = {
  run: [sql`select ${WHO}, 'run', status, 1, coalesce(duration_ms, 0) from edge`],
  step: [
    sql`select ${WHO}, 'step', step_type, 1, latency_ms from edge
      ${joined(sql`run_steps`, sql`step_type, latency_ms`)}`,
  ],
  failure: [
    sql`select ${WHO}, 'failure', failure_type || '/' || failure_code, 1, 0 from edge
      ${joined(sql`run_failures`, sql`failure_type, failure_code`)}`,
  ],
  tokens: TOKENS.map(
    ([key, column]) =>
      sql`select ${WHO}, 'tokens', ${key}::text, 1, ${column} from edge where ${column} is not null`,
  ),
  cost: [sql`select ${WHO}, 'cost', 'usd', 1, cost_usd from edge where cost_usd is not null`],
};

const RECORDED = {
  decision: {
    table: sql`run_decisions`,
    metric: sql`'decision'`,
    key: sql`decision_type || '/' || selected || '/' || reason_code`,
  },
  signal: {
    table: sql`run_signals`,
    metric: sql`'signal'`,
    key: sql`signal_type || '/' || signal_code || '/' || value::text`,
  },
};

/** Decisions or signals that were recorded at the ends of a range, of whatever runs: when those began is not asked. */
function recordedSums(
  owner_id: string,
  filter: RunFilter,
  edges: readonly Stretch[],
  kind: 'decision' | 'signal',
): Sql {
  const { table, metric, key } = RECORDED[kind];
  return sql`select run.agent_id, run.agent_version, run.environment,
      date_trunc('hour', part.recorded_at at time zone 'UTC') at time zone 'UTC', ${metric}, ${key}, 1, 0
    from ${table} part cross join lateral (select agent_id, agent_version, environment from runs
      where ${joinSql(ofAgent(owner_id, filter), ' and ', sql`true`)} and status <> 'running'
        and runs.run_id = part.run_id and runs.expires_on = part.expires_on offset 0) run
    where part.owner_id = ${owner_id} and ${within(sql`part.recorded_at`, edges)}`;
}

function unionAll(parts: readonly Sql[]): Sql {
  const [first = sql`select`, ...others] = parts;
  return others.reduce((union, part) => sql`${union} union all ${part}`, first);
}
