import type {
  DecisionCreate,
  Run,
  RunCreate,
  RunSource,
  SignalCreate,
  StepCreate,
  Usage,
} from '@cairn/protocol';
import { deriveId } from './derive-id.ts';
import { recordedTimes } from './derive-recorded-at.ts';
import { fingerprintOf } from './fingerprint-failure.ts';
import { wireTime } from './read-instant.ts';

/** Where a row lies. */
interface Place {
  readonly owner_id: string;
  readonly run_id: string;
  readonly expires_on: string;
}

/** Tokens and cost; null for what was not told. */
export type Figures = Pick<
  Usage,
  'input_tokens' | 'output_tokens' | 'cached_input_tokens' | 'reasoning_tokens' | 'cost_usd'
>;

/** A row of `runs`. Times are RFC 3339, as they were read or as PostgreSQL writes them into JSON. */
export interface RunRow
  extends
    Place,
    Figures,
    Pick<RunCreate, 'agent_id' | 'agent_version' | 'environment' | 'status' | 'started_at'> {
  readonly ended_at: string | null;
  readonly source: RunSource;
  readonly heard_at: string;
  readonly created_at: string;
  readonly steps_count: number;
  readonly parent_run_id: string | null;
  readonly breadcrumb_id: string | null;
  readonly conversation_id: string | null;
  readonly end_reason: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface StepRow extends Place, Required<StepCreate> {
  readonly created_at: string;
}

export interface FailureRow extends Place {
  readonly failure_id: string;
  readonly step_id: string | null;
  readonly failure_type: RunCreate['failures'][number]['failure_type'];
  readonly failure_code: string;
  readonly message: string;
  readonly fingerprint: string;
  readonly created_at: string;
}

interface Recorded extends Place {
  readonly place: number;
  readonly recorded_at: string;
  readonly created_at: string;
}
export interface DecisionRow extends Recorded, DecisionCreate {}
export interface SignalRow extends Recorded, SignalCreate {}

/** Rows of all tables of runs. */
export interface RunRows {
  readonly runs: RunRow[];
  readonly run_steps: StepRow[];
  readonly run_failures: FailureRow[];
  readonly run_decisions: DecisionRow[];
  readonly run_signals: SignalRow[];
}

export function noRows(): RunRows {
  return { runs: [], run_steps: [], run_failures: [], run_decisions: [], run_signals: [] };
}

/** Puts the rows of `more` behind those of `rows`. */
export function addRows(rows: RunRows, more: RunRows): void {
  // Not by spreading into `push`: a run can have more steps than a call can have arguments.
  for (const row of more.runs) rows.runs.push(row);
  for (const row of more.run_steps) rows.run_steps.push(row);
  for (const row of more.run_failures) rows.run_failures.push(row);
  for (const row of more.run_decisions) rows.run_decisions.push(row);
  for (const row of more.run_signals) rows.run_signals.push(row);
}

/** When something of a run was stored, and where. */
export interface Stored {
  readonly owner_id: string;
  readonly expires_on: string;
  readonly source: RunSource;
  readonly heard_at: string;
  readonly created_at: string;
}

/** All rows of a run that is stored as it was read. */
export function rowsOf(run: RunCreate, stored: Stored): RunRows {
  const { run_id } = run;
  const { owner_id, expires_on, source, heard_at, created_at } = stored;
  const place = { owner_id, run_id, expires_on };
  const times = recordedTimes(run);
  return {
    runs: [
      {
        ...place,
        agent_id: run.agent_id,
        agent_version: run.agent_version,
        environment: run.environment,
        status: run.status,
        source,
        started_at: run.started_at,
        ended_at: run.ended_at,
        heard_at,
        created_at,
        steps_count: run.steps.length,
        ...sumFigures(run.steps),
        parent_run_id: run.parent_run_id ?? null,
        breadcrumb_id: run.breadcrumb_id ?? null,
        conversation_id: run.conversation_id ?? null,
        end_reason: run.end_reason ?? null,
        metadata: run.metadata ?? {},
      },
    ],
    run_steps: run.steps.map((step) => stepRow(step, place, created_at)),
    run_failures: failureRows(run.failures, place, created_at),
    run_decisions: run.decisions.map((each, index) => ({
      ...place,
      ...each,
      place: index,
      recorded_at: times.decision(each.step_id),
      created_at,
    })),
    run_signals: run.quality_signals.map((each, index) => ({
      ...place,
      ...each,
      place: index,
      recorded_at: times.signal(each.step_id),
      created_at,
    })),
  };
}

export function stepRow(step: StepCreate, place: Place, created_at: string): StepRow {
  return {
    owner_id: place.owner_id,
    run_id: place.run_id,
    expires_on: place.expires_on,
    step_id: step.step_id,
    seq: step.seq,
    step_type: step.step_type,
    name: step.name,
    latency_ms: step.latency_ms,
    started_at: step.started_at,
    ended_at: step.ended_at,
    metadata: step.metadata,
    model: step.model ?? null,
    provider: step.provider ?? null,
    input_tokens: step.input_tokens ?? null,
    output_tokens: step.output_tokens ?? null,
    cached_input_tokens: step.cached_input_tokens ?? null,
    reasoning_tokens: step.reasoning_tokens ?? null,
    cost_usd: step.cost_usd ?? null,
    created_at,
  };
}

export function failureRows(
  failures: RunCreate['failures'],
  place: Place,
  created_at: string,
): FailureRow[] {
  return failures.map((failure, index) => ({
    owner_id: place.owner_id,
    run_id: place.run_id,
    expires_on: place.expires_on,
    failure_id: deriveId(place.run_id, 'failure', index),
    step_id: failure.step_id,
    failure_type: failure.failure_type,
    failure_code: failure.failure_code,
    message: failure.message,
    fingerprint: fingerprintOf(failure),
    created_at,
  }));
}

/** Sums over steps; null for what none of them tells. */
export function sumFigures(steps: readonly Partial<Figures>[]): Figures {
  const sums: Figures = {
    input_tokens: null,
    output_tokens: null,
    cached_input_tokens: null,
    reasoning_tokens: null,
    cost_usd: null,
  };
  const names = Object.keys(sums) as (keyof Figures)[];
  for (const step of steps) {
    for (const name of names) {
      const value = step[name];
      if (value !== undefined && value !== null) sums[name] = (sums[name] ?? 0) + value;
    }
  }
  return sums;
}

/** Tokens and cost as they are stored of a run. */
export function figuresOf(run: Figures): Figures {
  const { input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd } = run;
  return { input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd };
}

/** What the database tells of a run: its row, and those of its parts, of which some may have been left out. */
export interface StoredRun extends RunRow {
  readonly steps: readonly StepRow[];
  readonly failures: readonly FailureRow[];
  readonly decisions: readonly DecisionRow[];
  readonly quality_signals: readonly SignalRow[];
  readonly decisions_count: number;
  readonly signals_count: number;
}

/** A run as it is answered. `rows` are all of one run. */
export function answerRun(rows: RunRows): Run {
  const [run] = rows.runs;
  if (!run) throw new Error('these rows are of no run');
  const { run_id } = run;
  return {
    run_id,
    agent_id: run.agent_id,
    agent_version: run.agent_version,
    environment: run.environment,
    status: run.status,
    started_at: wireTime(run.started_at),
    ended_at: run.ended_at === null ? null : wireTime(run.ended_at),
    created_at: wireTime(run.created_at),
    steps: rows.run_steps.map((step) => ({
      step_id: step.step_id,
      run_id,
      seq: step.seq,
      step_type: step.step_type,
      name: step.name,
      latency_ms: step.latency_ms,
      started_at: wireTime(step.started_at),
      ended_at: wireTime(step.ended_at),
      metadata: { ...step.metadata },
      created_at: wireTime(step.created_at),
    })),
    failures: rows.run_failures.map((failure) => ({
      failure_id: failure.failure_id,
      run_id,
      step_id: failure.step_id,
      failure_type: failure.failure_type,
      failure_code: failure.failure_code,
      message: failure.message,
      created_at: wireTime(failure.created_at),
    })),
    decisions: rows.run_decisions.map((decision) => ({
      decision_id: decision.decision_id,
      run_id,
      step_id: decision.step_id,
      decision_type: decision.decision_type,
      selected: decision.selected,
      reason_code: decision.reason_code,
      confidence: decision.confidence,
      metadata: { ...decision.metadata },
      recorded_at: wireTime(decision.recorded_at),
      created_at: wireTime(decision.created_at),
    })),
    quality_signals: rows.run_signals.map((signal) => ({
      signal_id: signal.signal_id,
      run_id,
      step_id: signal.step_id,
      signal_type: signal.signal_type,
      signal_code: signal.signal_code,
      value: signal.value,
      weight: signal.weight,
      metadata: { ...signal.metadata },
      recorded_at: wireTime(signal.recorded_at),
      created_at: wireTime(signal.created_at),
    })),
  };
}

/** The row of a run without what was read with it. */
export function headOf(stored: StoredRun): RunRow {
  return {
    ...placeOf(stored),
    agent_id: stored.agent_id,
    agent_version: stored.agent_version,
    environment: stored.environment,
    status: stored.status,
    source: stored.source,
    started_at: stored.started_at,
    ended_at: stored.ended_at,
    heard_at: stored.heard_at,
    created_at: stored.created_at,
    steps_count: stored.steps_count,
    ...figuresOf(stored),
    parent_run_id: stored.parent_run_id,
    breadcrumb_id: stored.breadcrumb_id,
    conversation_id: stored.conversation_id,
    end_reason: stored.end_reason,
    metadata: stored.metadata,
  };
}

export function placeOf({ owner_id, run_id, expires_on }: Place): Place {
  return { owner_id, run_id, expires_on };
}

/** The rows of a run that was read whole. */
export function rowsOfStored(run: StoredRun): RunRows {
  return {
    runs: [run],
    run_steps: [...run.steps],
    run_failures: [...run.failures],
    run_decisions: [...run.decisions],
    run_signals: [...run.quality_signals],
  };
}
