import type { TimeRange } from './split-range.ts';

/** Which runs are wanted, of one tenant. What is absent does not narrow. */
export interface RunFilter {
  readonly agent_id?: string | undefined;
  readonly agent_version?: string | undefined;
  readonly environment?: string | undefined;
  readonly range: TimeRange;
}

/** Which runs a list is of. */
export interface RunListFilter extends RunFilter {
  readonly status?: string | undefined;
  readonly source?: string | undefined;
  readonly parent_run_id?: string | undefined;
  readonly breadcrumb_id?: string | undefined;
  readonly conversation_id?: string | undefined;
  /** Text to find; see `RunSearch`. */
  readonly q?: string | undefined;
}

/** The place of a row in a list that is newest first: its time, with microseconds, and its id. */
export interface Place {
  readonly time: string;
  readonly id: string;
}

/** Which part of a list. */
export interface PageOf {
  readonly limit: number;
  readonly offset: number;
  /** Only what comes after this place. */
  readonly after?: Place | undefined;
}

/** Where a run lies: its id alone would have to be looked for in every partition. */
export interface RunKey {
  readonly run_id: string;
  readonly expires_on: string;
}

/** What a model call used, as it is stored. */
export interface StoredUsage {
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cached_input_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly cost_usd: number | null;
}

/** A row of `runs`; times are the database's text. */
export interface RunRow extends RunKey, StoredUsage {
  readonly agent_id: string;
  readonly agent_version: string;
  readonly environment: string;
  readonly status: string;
  readonly source: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly created_at: string;
  readonly steps_count: number;
  readonly parent_run_id: string | null;
  readonly breadcrumb_id: string | null;
  readonly conversation_id: string | null;
  readonly end_reason: string | null;
  /** Null unless it was asked for. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** What rows of all lists of a run have. */
export interface PartRow {
  readonly run_id: string;
  readonly step_id: string | null;
  readonly created_at: string;
  /** Bytes of this row and all before it in the answer. */
  readonly bytes_so_far: number;
}

export interface StepRow extends PartRow, StoredUsage {
  readonly step_id: string;
  readonly seq: number;
  readonly step_type: string;
  readonly name: string;
  readonly latency_ms: number;
  readonly started_at: string;
  readonly ended_at: string;
  readonly metadata: string;
  readonly model: string | null;
  readonly provider: string | null;
}

export interface FailureRow extends PartRow {
  readonly failure_id: string;
  readonly failure_type: string;
  readonly failure_code: string;
  readonly message: string;
}

export interface DecisionRow extends PartRow {
  readonly decision_id: string;
  readonly decision_type: string;
  readonly selected: string;
  readonly reason_code: string;
  readonly confidence: number | null;
  readonly metadata: string;
  readonly recorded_at: string;
}

export interface SignalRow extends PartRow {
  readonly signal_id: string;
  readonly signal_type: string;
  readonly signal_code: string;
  readonly value: boolean;
  readonly weight: number | null;
  readonly metadata: string;
  readonly recorded_at: string;
}

/** How much of the lists of runs is read. */
export interface PartBounds {
  /** Rows of one list of one run. */
  readonly rows: number;
  /** Bytes of one list over all runs. */
  readonly bytes: number;
}
