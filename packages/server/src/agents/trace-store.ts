import type { Database } from '../db/index.ts';
import type { ModelAnswer } from './models/index.ts';

/** A run, as its trace tells of it. */
export interface TracedRunRow {
  readonly id: string;
  readonly agent_id: string;
  readonly agent_name: string | null;
  readonly definition_version: number | null;
  readonly state: string;
  readonly error_class: string | null;
  readonly error: string | null;
  readonly started_at: string;
  /** Null while it goes on. */
  readonly finished_at: string | null;
  readonly parent_run_id: string | null;
  readonly trigger_id: string;
  readonly conversation_id: string;
  readonly depth: number;
  readonly root_run_id: string | null;
}

export interface TracedStepRow {
  readonly step_id: string;
  readonly seq: number;
  readonly answer: ModelAnswer;
  readonly latency_ms: number | null;
  readonly cost_usd: number | null;
  readonly created_at: string;
}

export interface TracedCallRow {
  readonly request_id: string;
  readonly step_seq: number;
  readonly place: number;
  readonly tool: string;
  readonly kind: string;
  readonly is_error: boolean | null;
  readonly asked_at: string;
  readonly answered_at: string | null;
  readonly approval_id: string | null;
}

/** The context that a run was shown. */
export interface TracedContextRow {
  readonly step_id: string;
  readonly latency_ms: number | null;
  readonly created_at: string;
  readonly breadcrumb_id: string | null;
  readonly breadcrumb_version: number | null;
  readonly tokens: number;
  readonly records: number;
  readonly dropped: number;
}

/** A run by its key. */
export interface OpenRun {
  readonly owner_id: string;
  readonly run_id: string;
}

/** The SQL of what a trace is made of. */
export class TraceStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Null when the run is gone. */
  async read(
    owner_id: string,
    run_id: string,
  ): Promise<{
    run: TracedRunRow;
    steps: readonly TracedStepRow[];
    calls: readonly TracedCallRow[];
    context: TracedContextRow | null;
  } | null> {
    const { rows } = await this.#db.query<TracedRunRow>({
      // What a run was a run of is recorded when it ends. Until then it is what the definition says.
      text: `select r.id, r.agent_id, r.state, r.error_class, r.error, r.started_at, r.finished_at, r.parent_run_id,
          r.trigger_id, r.conversation_id, r.depth, r.root_run_id,
          case when r.finished_at is null then d.agent_name else r.agent_name end as agent_name,
          case when r.finished_at is null then d.version else r.definition_version end as definition_version
        from agent_runs r left join agent_definitions d on d.definition_id = r.agent_id and d.state = 'active'
        where r.id = $2 and r.owner_id = $1`,
      values: [owner_id, run_id],
    });
    const [run] = rows;
    if (!run) return null;
    const steps = await this.#db.query<TracedStepRow>({
      text: `select step_id, seq, answer - 'provider_turn' as answer, latency_ms, cost_usd, created_at
        from agent_steps where run_id = $1 order by seq`,
      values: [run_id],
    });
    const calls = await this.#db.query<TracedCallRow>({
      text: `select request_id, step_seq, place, tool, kind, is_error, asked_at, answered_at, approval_id
        from agent_tool_calls where run_id = $1 order by step_seq, place`,
      values: [run_id],
    });
    const contexts = await this.#db.query<TracedContextRow>({
      text: `select step_id, latency_ms, created_at, breadcrumb_id, breadcrumb_version,
          (body -> 'context' ->> 'token_estimate')::float8 as tokens,
          jsonb_array_length(body -> 'context' -> 'breadcrumbs') as records,
          coalesce(jsonb_array_length(body -> 'context' -> 'dropped'), 0) as dropped
        from agent_run_contexts where run_id = $1`,
      values: [run_id],
    });
    return { run, steps: steps.rows, calls: calls.rows, context: contexts.rows[0] ?? null };
  }

  /** Runs that go on, the newest first. Looks through all runs, so it is for the start of a process. */
  async open(limit: number): Promise<OpenRun[]> {
    const { rows } = await this.#db.query<OpenRun>({
      text: `select owner_id, id as run_id from agent_runs where state = 'running' order by started_at desc limit $1`,
      values: [limit],
    });
    return rows;
  }
}
