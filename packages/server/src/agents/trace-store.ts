import type { Database } from '../db/index.ts';
import type { ModelAnswer } from './models/index.ts';

/** A run that has ended, as its trace tells of it. */
export interface TracedRunRow {
  readonly id: string;
  readonly agent_id: string;
  readonly agent_name: string | null;
  readonly definition_version: number | null;
  readonly state: string;
  readonly error_class: string | null;
  readonly error: string | null;
  readonly started_at: string;
  readonly finished_at: string;
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

/** The SQL of what a trace is made of. */
export class TraceStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Null when the run is gone, or has not ended. */
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
      text: `select id, agent_id, agent_name, definition_version, state, error_class, error, started_at, finished_at,
          parent_run_id, trigger_id, conversation_id, depth, root_run_id
        from agent_runs where id = $2 and owner_id = $1 and finished_at is not null`,
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
}
