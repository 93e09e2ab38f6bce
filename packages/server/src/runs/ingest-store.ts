import type { Database, Handle } from '../db/index.ts';
import type { GroupRow, RollupRow } from './ingest/contributions.ts';
import type { FailureRow, RunRows, StoredRun } from './ingest/rows.ts';

/** A run by its key, and when it may be deleted. */
export interface RunKey {
  readonly owner_id: string;
  readonly run_id: string;
  readonly expires_on: string;
  /** SHA-256 in hex of what was reported; null of spans, and of a run of our own that goes on. */
  readonly body_hash: string | null;
  readonly created_at: string;
}

const PLACE = { owner_id: 'uuid', run_id: 'uuid', expires_on: 'date' };
const FIGURES = {
  input_tokens: 'bigint',
  output_tokens: 'bigint',
  cached_input_tokens: 'bigint',
  reasoning_tokens: 'bigint',
  cost_usd: 'double precision',
};

/** The columns of the tables of runs. */
const TABLES = {
  runs: {
    ...PLACE,
    agent_id: 'text',
    agent_version: 'text',
    environment: 'text',
    status: 'text',
    source: 'text',
    started_at: 'timestamptz',
    ended_at: 'timestamptz',
    heard_at: 'timestamptz',
    created_at: 'timestamptz',
    steps_count: 'integer',
    ...FIGURES,
    parent_run_id: 'uuid',
    breadcrumb_id: 'uuid',
    conversation_id: 'text',
    end_reason: 'text',
    metadata: 'jsonb',
  },
  run_steps: {
    ...PLACE,
    step_id: 'uuid',
    seq: 'integer',
    step_type: 'text',
    name: 'text',
    latency_ms: 'integer',
    started_at: 'timestamptz',
    ended_at: 'timestamptz',
    metadata: 'jsonb',
    model: 'text',
    provider: 'text',
    ...FIGURES,
    created_at: 'timestamptz',
  },
  run_failures: {
    ...PLACE,
    failure_id: 'uuid',
    step_id: 'uuid',
    failure_type: 'text',
    failure_code: 'text',
    message: 'text',
    fingerprint: 'text',
    created_at: 'timestamptz',
  },
  run_decisions: {
    ...PLACE,
    decision_id: 'uuid',
    place: 'integer',
    step_id: 'uuid',
    decision_type: 'text',
    selected: 'text',
    reason_code: 'text',
    confidence: 'double precision',
    metadata: 'jsonb',
    recorded_at: 'timestamptz',
    created_at: 'timestamptz',
  },
  run_signals: {
    ...PLACE,
    signal_id: 'uuid',
    place: 'integer',
    step_id: 'uuid',
    signal_type: 'text',
    signal_code: 'text',
    value: 'boolean',
    weight: 'double precision',
    metadata: 'jsonb',
    recorded_at: 'timestamptz',
    created_at: 'timestamptz',
  },
} as const;

type TableName = keyof typeof TABLES;
const TABLE_NAMES = Object.keys(TABLES) as TableName[];

/** One insert of the rows in a JSON parameter. */
function insertText(name: TableName, parameter: number): string {
  const columns = Object.entries(TABLES[name]);
  const list = columns.map(([column]) => column).join(', ');
  const types = columns.map(([column, type]) => `${column} ${type}`).join(', ');
  return `insert into ${name} (${list}) select ${list} from json_to_recordset($${parameter}::json) as t(${types})`;
}

/** All tables in one statement: nothing of it waits for another transaction, since the run's key is held already. */
function insertAllText(names: readonly TableName[]): string {
  const parts = names.map((name, index) => insertText(name, index + 1));
  const last = parts.pop() ?? 'select';
  const ahead = parts.map((part, index) => `w${index} as (${part})`);
  return ahead.length > 0 ? `with ${ahead.join(', ')} ${last}` : last;
}

const CREATED_AT = `to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at`;
const DAY = `to_char(expires_on, 'YYYY-MM-DD') as expires_on`;
const KEY_COLUMNS = `owner_id, run_id, ${DAY}, encode(body_hash, 'hex') as body_hash, ${CREATED_AT}`;
const KEYS = `json_to_recordset($1::json) as t(owner_id uuid, run_id uuid, expires_on date, body_hash text, created_at timestamptz)`;
const NEW_KEYS = `insert into run_keys as k (owner_id, run_id, expires_on, body_hash, created_at)
  select owner_id, run_id, expires_on, decode(body_hash, 'hex'), created_at from ${KEYS} order by owner_id, run_id`;

/**
 * The SQL of writing runs. A transaction takes the keys of its runs first, then writes their rows, then the rollups, then
 * the groups of failures, each in the order of their keys: two transactions can wait for each other, never in a circle.
 * It does only what the database role of ingest may.
 */
export class IngestStore {
  readonly #db: Database;
  readonly #weeks = new Set<number>();

  constructor(db: Database) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  /** Makes sure that there are partitions for these days. Outside of any transaction, since it takes locks of its own. */
  async ensurePartitions(days: readonly string[]): Promise<void> {
    for (const day of new Set(days)) {
      // 1970 began on a Thursday, and weeks begin on Monday.
      const week = Math.floor((Date.parse(day) / 86_400_000 + 3) / 7);
      if (this.#weeks.has(week)) continue;
      await this.#db.query({ text: 'select run_partition($1::date)', values: [day] });
      this.#weeks.add(week);
    }
  }

  /** Takes keys that are new, and tells them. Waits for who is about to take one of them. */
  async takeKeys(keys: readonly RunKey[], tx: Handle): Promise<RunKey[]> {
    const { rows } = await tx.query<RunKey>({
      name: 'runs_take_keys',
      text: `${NEW_KEYS} on conflict do nothing returning ${KEY_COLUMNS}`,
      values: [JSON.stringify(keys)],
    });
    return rows;
  }

  /** Those of the keys that are known. */
  async findKeys(
    keys: readonly Pick<RunKey, 'owner_id' | 'run_id'>[],
    tx: Handle = this.#db,
  ): Promise<RunKey[]> {
    const { rows } = await tx.query<RunKey>({
      name: 'runs_find_keys',
      text: `select ${KEY_COLUMNS} from run_keys where (owner_id, run_id) in (select owner_id, run_id from ${KEYS})`,
      values: [JSON.stringify(keys)],
    });
    return rows;
  }

  /** Takes all keys, new or not, for the rest of the transaction; nobody else changes these runs until then. */
  async lockKeys(keys: readonly RunKey[], tx: Handle): Promise<(RunKey & { is_new: boolean })[]> {
    const { rows } = await tx.query<RunKey & { is_new: boolean }>({
      name: 'runs_lock_keys',
      text: `${NEW_KEYS} on conflict (owner_id, run_id) do update set expires_on = k.expires_on
        returning ${KEY_COLUMNS}, xmax = 0 as is_new`,
      values: [JSON.stringify(keys)],
    });
    return rows;
  }

  /** Notes what was reported of runs whose keys are held and had no hash. It needs the rights of the owner. */
  async setHashes(keys: readonly RunKey[], tx: Handle): Promise<void> {
    await tx.query({
      name: 'runs_set_hashes',
      text: `update run_keys k set body_hash = decode(t.body_hash, 'hex') from ${KEYS}
        where k.owner_id = t.owner_id and k.run_id = t.run_id and k.body_hash is null`,
      values: [JSON.stringify(keys)],
    });
  }

  /** Runs as they are stored; with `parts`, only those of their parts that have one of these ids or `seq`. */
  async readRuns(
    keys: readonly RunKey[],
    parts: { ids: readonly string[]; seqs: readonly number[] } | null,
    tx: Handle = this.#db,
  ): Promise<StoredRun[]> {
    if (keys.length === 0) return [];
    const { rows } = await tx.query<{ run: StoredRun }>({
      name: 'runs_read',
      text: 'select run from run_read($1::json, $2::uuid[], $3::integer[])',
      values: [JSON.stringify(keys), parts?.ids ?? null, parts?.seqs ?? []],
    });
    return rows.map(({ run }) => run);
  }

  /** The environment of a run; null when it is not known. */
  async environmentOf(owner_id: string, run_id: string): Promise<string | null> {
    const keys = await this.findKeys([{ owner_id, run_id }]);
    const [run] = await this.readRuns(keys, { ids: [], seqs: [] });
    return run?.environment ?? null;
  }

  /** Stores rows of runs that are new. */
  async insertRows(rows: RunRows, tx: Handle): Promise<void> {
    const names = TABLE_NAMES.filter((name) => rows[name].length > 0);
    if (names.length === 0) return;
    await tx.query({
      name: `runs_insert_${names.map((name) => name.slice(0, 6)).join('')}`,
      text: insertAllText(names),
      values: names.map((name) => JSON.stringify(rows[name])),
    });
  }

  /** Puts rows in the place of those that are there, and takes failures away, of runs whose keys are held. */
  async upsertRows(rows: RunRows, gone: readonly FailureRow[], tx: Handle): Promise<void> {
    const lists = [...TABLE_NAMES.map((name) => rows[name]), gone];
    if (lists.every((list) => list.length === 0)) return;
    await tx.query({
      name: 'runs_upsert',
      text: 'select run_upsert($1::json, $2::json, $3::json, $4::json, $5::json, $6::json)',
      values: lists.map((list) => JSON.stringify(list)),
    });
  }

  /** Adds to the rollups and to the groups of failures. */
  async addUp(
    rollups: readonly RollupRow[],
    groups: readonly GroupRow[],
    tx: Handle,
  ): Promise<void> {
    if (rollups.length + groups.length === 0) return;
    await tx.query({
      name: 'runs_add_up',
      text: 'select run_add_up($1::json, $2::json)',
      values: [JSON.stringify(rollups), JSON.stringify(groups)],
    });
  }
}
