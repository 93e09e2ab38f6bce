import type {
  FailureGroup,
  FailureType,
  FullRun,
  FullStep,
  ListedDecision,
  ListedSignal,
  Run,
  RunDecision,
  RunFailure,
  RunSignal,
  RunSource,
  RunStatus,
  RunStep,
  RunSummary,
  StepType,
  Usage,
} from '@cairn/protocol';
import type { PartCounts } from '../query-store.ts';
import type { OfRun } from './collection-store.ts';
import type { DecisionRow, FailureRow, RunRow, SignalRow, StepRow } from './contract.ts';
import { toWireTime, toWireTimeOrNull } from './instant.ts';
import type { FailureKindRow } from './stats-store.ts';

/** The lists of a run, as rows. */
export interface RunParts {
  readonly steps: readonly StepRow[];
  readonly failures: readonly FailureRow[];
  readonly decisions: readonly DecisionRow[];
  readonly signals: readonly SignalRow[];
}

function viewScalars(row: RunRow) {
  return {
    run_id: row.run_id,
    agent_id: row.agent_id,
    agent_version: row.agent_version,
    environment: row.environment,
    // The table allows no other.
    status: row.status as RunStatus,
    started_at: toWireTime(row.started_at),
    ended_at: toWireTimeOrNull(row.ended_at),
    created_at: toWireTime(row.created_at),
  };
}

/** A run with the keys of the contract, and no more. */
export function viewRun(row: RunRow, parts: RunParts): Run {
  return {
    ...viewScalars(row),
    steps: parts.steps.map(viewStep),
    failures: parts.failures.map(viewFailure),
    decisions: parts.decisions.map(viewDecision),
    quality_signals: parts.signals.map(viewSignal),
  };
}

/** A run with all that is known of it. */
export function viewFullRun(row: RunRow, parts: RunParts): FullRun {
  const { input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd } = row;
  return {
    ...viewRun(row, parts),
    steps: parts.steps.map(viewFullStep),
    source: row.source as RunSource,
    duration_ms: durationOf(row),
    usage: {
      model: onlyOne(parts.steps.map(({ model }) => model)),
      provider: onlyOne(parts.steps.map(({ provider }) => provider)),
      input_tokens,
      output_tokens,
      cached_input_tokens,
      reasoning_tokens,
      cost_usd,
    },
    metadata: { ...row.metadata },
    parent_run_id: row.parent_run_id,
    breadcrumb_id: row.breadcrumb_id,
    conversation_id: row.conversation_id,
    end_reason: row.end_reason,
    expires_on: row.expires_on,
  };
}

/** The value that all steps agree on that say one; null when they differ or none does. */
function onlyOne(values: readonly (string | null)[]): string | null {
  const said = new Set(values.filter((each) => each !== null));
  return said.size === 1 ? ([...said][0] ?? null) : null;
}

/** A run without its lists. */
export function viewSummary(row: RunRow, counts: PartCounts | undefined): RunSummary {
  const { failure_type, failure_code } = counts ?? {};
  return {
    ...viewScalars(row),
    source: row.source as RunSource,
    duration_ms: durationOf(row),
    input_tokens: row.input_tokens,
    output_tokens: row.output_tokens,
    cost_usd: row.cost_usd,
    parent_run_id: row.parent_run_id,
    breadcrumb_id: row.breadcrumb_id,
    conversation_id: row.conversation_id,
    end_reason: row.end_reason,
    steps_count: row.steps_count,
    failures_count: counts?.failures_count ?? 0,
    decisions_count: counts?.decisions_count ?? 0,
    signals_count: counts?.signals_count ?? 0,
    failure: failure_type == null ? null : `${failure_type}/${failure_code}`,
  };
}

function durationOf({ started_at, ended_at }: RunRow): number | null {
  if (ended_at === null) return null;
  return Date.parse(toWireTime(ended_at)) - Date.parse(toWireTime(started_at));
}

export function viewStep(row: StepRow): RunStep {
  return {
    step_id: row.step_id,
    run_id: row.run_id,
    seq: row.seq,
    step_type: row.step_type as StepType,
    name: row.name,
    latency_ms: row.latency_ms,
    started_at: toWireTime(row.started_at),
    ended_at: toWireTime(row.ended_at),
    metadata: readObject(row.metadata),
    created_at: toWireTime(row.created_at),
  };
}

export function viewFullStep(row: StepRow): FullStep {
  const { model, provider, input_tokens, output_tokens } = row;
  const { cached_input_tokens, reasoning_tokens, cost_usd } = row;
  const usage: Usage = {
    model,
    provider,
    input_tokens,
    output_tokens,
    cached_input_tokens,
    reasoning_tokens,
    cost_usd,
  };
  return { ...viewStep(row), ...usage };
}

export function viewFailure(row: FailureRow): RunFailure {
  return {
    failure_id: row.failure_id,
    run_id: row.run_id,
    step_id: row.step_id,
    failure_type: row.failure_type as FailureType,
    failure_code: row.failure_code,
    message: row.message,
    created_at: toWireTime(row.created_at),
  };
}

export function viewDecision(row: DecisionRow): RunDecision {
  return {
    decision_id: row.decision_id,
    run_id: row.run_id,
    step_id: row.step_id,
    decision_type: row.decision_type,
    selected: row.selected,
    reason_code: row.reason_code,
    confidence: row.confidence,
    metadata: readObject(row.metadata),
    recorded_at: toWireTime(row.recorded_at),
    created_at: toWireTime(row.created_at),
  };
}

export function viewSignal(row: SignalRow): RunSignal {
  return {
    signal_id: row.signal_id,
    run_id: row.run_id,
    step_id: row.step_id,
    signal_type: row.signal_type,
    signal_code: row.signal_code,
    value: row.value,
    weight: row.weight,
    metadata: readObject(row.metadata),
    recorded_at: toWireTime(row.recorded_at),
    created_at: toWireTime(row.created_at),
  };
}

export function viewListedDecision(row: DecisionRow & OfRun): ListedDecision {
  const { agent_id, agent_version, environment } = row;
  return { ...viewDecision(row), agent_id, agent_version, environment };
}

export function viewListedSignal(row: SignalRow & OfRun): ListedSignal {
  const { agent_id, agent_version, environment } = row;
  return { ...viewSignal(row), agent_id, agent_version, environment };
}

export function viewFailureGroup({ n, ...row }: FailureKindRow): FailureGroup {
  return {
    fingerprint: row.fingerprint,
    failure_type: row.failure_type as FailureType,
    failure_code: row.failure_code,
    message: row.message,
    count: n,
    first_seen: toWireTime(row.first_seen),
    last_seen: toWireTime(row.last_seen),
    last_run_id: row.last_run_id,
    agents: row.agents,
    environments: row.environments,
  };
}

function readObject(json: string): Record<string, unknown> {
  return json === '{}' ? {} : (JSON.parse(json) as Record<string, unknown>);
}
