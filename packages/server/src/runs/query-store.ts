import { joinSql, sql, type Database, type Sql } from '../db/index.ts';
import type {
  DecisionRow,
  FailureRow,
  PageOf,
  PartBounds,
  RunKey,
  RunListFilter,
  RunRow,
  SignalRow,
  StepRow,
} from './query/contract.ts';
import { searched } from './query/search-store.ts';
import { toText } from './query/instant.ts';

const RUN_COLUMNS = sql`run_id, expires_on::text as expires_on, agent_id, agent_version, environment, status, source,
  started_at::text as started_at, ended_at::text as ended_at, created_at::text as created_at, steps_count,
  input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd, parent_run_id, breadcrumb_id,
  conversation_id, end_reason`;

// Named with their table: without it they would be the texts of the answer, which no index has in order.
const NEWEST_FIRST = sql`order by runs.started_at desc, runs.run_id desc`;

/** Counts of the lists of a run, for those who do not want the lists. */
export interface PartCounts {
  readonly run_id: string;
  readonly failures_count: number;
  readonly decisions_count: number;
  readonly signals_count: number;
  /** Of the first failure. */
  readonly failure_type: string | null;
  readonly failure_code: string | null;
}

/** The SQL that reads runs and what belongs to them. Every statement is of one tenant. */
export class RunQueryStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs, newest first. */
  async page(
    owner_id: string,
    filter: RunListFilter,
    page: PageOf,
    with_metadata: boolean,
  ): Promise<RunRow[]> {
    const metadata = with_metadata ? sql`metadata` : sql`null as metadata`;
    const wanted = conditions(owner_id, filter);
    const after = page.after
      ? sql`(started_at, run_id) < (${page.after.time}::timestamptz, ${page.after.id}::uuid)`
      : sql`true`;
    const source =
      filter.q === undefined
        ? sql`runs where ${wanted} and ${after}`
        : sql`runs join (${searched(owner_id, filter.q, sql`${wanted} and ${after}`, page.offset + page.limit)}) found
            using (run_id, expires_on) where owner_id = ${owner_id}`;
    const offset = page.offset === 0 ? sql`` : sql`offset ${page.offset}`;
    // A limit that is a value could be anything to a plan that is kept, so the usual one is part of the text.
    const limit = page.limit === USUAL_LIMIT ? sql`limit 21` : sql`limit ${page.limit}`;
    const statement = sql`select ${RUN_COLUMNS}, ${metadata} from ${source} ${NEWEST_FIRST} ${limit} ${offset}`;
    const { rows } = await this.#db.query<RunRow>({
      ...statement,
      ...(isUsual(filter, page) ? { name: nameOf(filter, page, with_metadata) } : {}),
    });
    return rows;
  }

  /** How many runs there are, counted up to `bound`. */
  async count(owner_id: string, filter: RunListFilter, bound: number): Promise<number> {
    const wanted = conditions(owner_id, filter);
    const source =
      filter.q === undefined
        ? sql`select from runs where ${wanted} limit ${bound}`
        : searched(owner_id, filter.q, wanted, bound);
    const { rows } = await this.#db.query<{ n: number }>(
      sql`select count(*)::int as n from (select from (${source}) one limit ${bound}) counted`,
    );
    return rows[0]?.n ?? 0;
  }

  /** A run with its metadata; null when there is none. */
  async find(owner_id: string, run_id: string): Promise<RunRow | null> {
    const { rows } = await this.#db.query<RunRow>({
      ...sql`select ${RUN_COLUMNS}, metadata from runs where owner_id = ${owner_id} and run_id = ${run_id}
        and expires_on = (select expires_on from run_keys where owner_id = ${owner_id} and run_id = ${run_id})`,
      name: 'runs_find',
    });
    return rows[0] ?? null;
  }

  /** Where a run lies; null when there is none. */
  async findKey(owner_id: string, run_id: string): Promise<RunKey | null> {
    const { rows } = await this.#db.query<RunKey>({
      ...sql`select run_id, expires_on::text as expires_on from run_keys
        where owner_id = ${owner_id} and run_id = ${run_id}`,
      name: 'runs_find_key',
    });
    return rows[0] ?? null;
  }

  steps(owner_id: string, keys: readonly RunKey[], bounds: PartBounds): Promise<StepRow[]> {
    return this.#parts(owner_id, keys, bounds, STEPS);
  }

  failures(owner_id: string, keys: readonly RunKey[], bounds: PartBounds): Promise<FailureRow[]> {
    return this.#parts(owner_id, keys, bounds, FAILURES);
  }

  decisions(owner_id: string, keys: readonly RunKey[], bounds: PartBounds): Promise<DecisionRow[]> {
    return this.#parts(owner_id, keys, bounds, DECISIONS);
  }

  signals(owner_id: string, keys: readonly RunKey[], bounds: PartBounds): Promise<SignalRow[]> {
    return this.#parts(owner_id, keys, bounds, SIGNALS);
  }

  /**
   * Rows of one list of some runs, run after run. One row more than the bound is read of each run, and the row that
   * passes the bound of bytes is the last: so the caller sees whether something was left out.
   */
  async #parts<Row extends object>(
    owner_id: string,
    keys: readonly RunKey[],
    bounds: PartBounds,
    { name, columns, table, order, bytes }: Part,
  ): Promise<Row[]> {
    if (keys.length === 0) return [];
    const days = keys.map(({ expires_on }) => expires_on).toSorted();
    const [runs, expiries] = [keys.map(({ run_id }) => run_id), keys.map((key) => key.expires_on)];
    // The first and the last day let the planner leave out partitions before it begins.
    const { rows } = await this.#db.query<Row>({
      ...sql`select * from (
          select part.*, sum(${bytes}) over (order by place, ${order})::float8 as bytes_so_far,
            row_number() over (order by place, ${order}) as at, ${bytes} as own_bytes
          from unnest(${runs}::uuid[], ${expiries}::date[]) with ordinality as wanted (run_id, expires_on, place)
          cross join lateral (
            select ${columns} from ${table}
            where owner_id = ${owner_id} and run_id = wanted.run_id and expires_on = wanted.expires_on
              and expires_on >= ${days[0]}::date and expires_on <= ${days.at(-1)}::date
            order by ${order} limit ${bounds.rows + 1}
          ) part
        ) bounded where bytes_so_far - own_bytes <= ${bounds.bytes} order by at`,
      name,
    });
    return rows;
  }

  /** How long the lists of some runs are. A run is left out when it has none. */
  async counts(owner_id: string, keys: readonly RunKey[]): Promise<PartCounts[]> {
    if (keys.length === 0) return [];
    const days = keys.map(({ expires_on }) => expires_on).toSorted();
    const [runs, expiries] = [keys.map(({ run_id }) => run_id), keys.map((key) => key.expires_on)];
    const of_run = sql`owner_id = ${owner_id} and run_id = wanted.run_id and expires_on = wanted.expires_on
      and expires_on >= ${days[0]}::date and expires_on <= ${days.at(-1)}::date`;
    const { rows } = await this.#db.query<PartCounts>({
      ...sql`select wanted.run_id, f.n as failures_count, d.n as decisions_count, s.n as signals_count,
          f.failure_type, f.failure_code
        from unnest(${runs}::uuid[], ${expiries}::date[]) as wanted (run_id, expires_on)
        cross join lateral (select count(*)::int as n,
            (array_agg(failure_type order by created_at, failure_id))[1] as failure_type,
            (array_agg(failure_code order by created_at, failure_id))[1] as failure_code
          from run_failures where ${of_run}) f
        cross join lateral (select count(*)::int as n from run_decisions where ${of_run}) d
        cross join lateral (select count(*)::int as n from run_signals where ${of_run}) s`,
      name: 'runs_part_counts',
    });
    return rows;
  }
}

/** One of the lists of a run. */
interface Part {
  readonly name: string;
  readonly table: Sql;
  readonly columns: Sql;
  readonly order: Sql;
  /** About how much of an answer a row is. */
  readonly bytes: Sql;
}

const STEPS: Part = {
  name: 'runs_steps',
  table: sql`run_steps`,
  columns: sql`step_id, run_id, seq, step_type, name, latency_ms, started_at::text as started_at,
    ended_at::text as ended_at, metadata::text as metadata, created_at::text as created_at, model, provider,
    input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd`,
  order: sql`seq`,
  bytes: sql`400 + octet_length(metadata)`,
};

const FAILURES: Part = {
  name: 'runs_failures',
  table: sql`run_failures`,
  columns: sql`failure_id, run_id, step_id, failure_type, failure_code, message, created_at::text as created_at`,
  order: sql`created_at, failure_id`,
  bytes: sql`300 + octet_length(message)`,
};

const DECISIONS: Part = {
  name: 'runs_decisions',
  table: sql`run_decisions`,
  columns: sql`decision_id, run_id, step_id, decision_type, selected, reason_code, confidence,
    metadata::text as metadata, recorded_at::text as recorded_at, created_at::text as created_at, place as position`,
  order: sql`position, decision_id`,
  bytes: sql`500 + octet_length(metadata)`,
};

const SIGNALS: Part = {
  name: 'runs_signals',
  table: sql`run_signals`,
  columns: sql`signal_id, run_id, step_id, signal_type, signal_code, value, weight,
    metadata::text as metadata, recorded_at::text as recorded_at, created_at::text as created_at, place as position`,
  order: sql`position, signal_id`,
  bytes: sql`400 + octet_length(metadata)`,
};

/** Rows that are read for a page of the usual size: one more than are shown. */
const USUAL_LIMIT = 21;

/** Whether a page is of a form that is asked for often: planning over many partitions takes longer than the page itself. */
function isUsual(filter: RunListFilter, { limit, offset }: PageOf): boolean {
  return (
    limit === USUAL_LIMIT && offset === 0 && filter.q === undefined && narrows(filter).length <= 2
  );
}

/** By what a list is narrowed. */
function narrows({ range, ...names }: RunListFilter): string[] {
  return Object.entries({ ...names, from: range.from, to: range.to })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
}

/** The same name for the same text, and only for that. */
function nameOf(filter: RunListFilter, { after }: PageOf, with_metadata: boolean): string {
  const extras = [...(after ? ['after'] : []), ...(with_metadata ? ['metadata'] : [])];
  return ['runs_page', ...narrows(filter).toSorted(), ...extras].join(' ');
}

/** What must hold for a row of `runs` to be of a list. */
function conditions(owner_id: string, filter: RunListFilter): Sql {
  const { range } = filter;
  const parts = [sql`owner_id = ${owner_id}`];
  if (filter.agent_id !== undefined) parts.push(sql`agent_id = ${filter.agent_id}`);
  if (filter.agent_version !== undefined) parts.push(sql`agent_version = ${filter.agent_version}`);
  if (filter.environment !== undefined) parts.push(sql`environment = ${filter.environment}`);
  if (filter.status !== undefined) parts.push(sql`status = ${filter.status}`);
  if (filter.source !== undefined) parts.push(sql`source = ${filter.source}`);
  if (filter.parent_run_id !== undefined) parts.push(sql`parent_run_id = ${filter.parent_run_id}`);
  if (filter.breadcrumb_id !== undefined) parts.push(sql`breadcrumb_id = ${filter.breadcrumb_id}`);
  if (filter.conversation_id !== undefined)
    parts.push(sql`conversation_id = ${filter.conversation_id}`);
  if (range.from) parts.push(sql`started_at >= ${toText(range.from)}::timestamptz`);
  if (range.to) parts.push(sql`started_at <= ${toText(range.to)}::timestamptz`);
  return joinSql(parts, ' and ', sql`true`);
}
