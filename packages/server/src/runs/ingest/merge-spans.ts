import { RUN_LIMITS } from '@cairn/protocol';
import { AppError, checksum } from '../../base/index.ts';
import { deriveRun, type DerivedRun, type MappedRun } from '../otlp/index.ts';
import type { Counted } from './contributions.ts';
import { wireTime } from './read-instant.ts';
import {
  answerRun,
  failureRows,
  figuresOf,
  headOf,
  noRows,
  placeOf,
  rowsOfStored,
  stepRow,
  type RunRow,
  type StepRow,
  type StoredRun,
} from './rows.ts';
import type { Changed } from './run-writer.ts';

/** Where spans of a trace that is new are stored. */
interface Beginning {
  readonly owner_id: string;
  readonly expires_on: string;
}

/**
 * Puts spans that came to those that are stored of their trace. A span that is there already is replaced, the order of
 * the steps and all that the run says are derived anew, so it makes no difference how a trace was divided into requests.
 * A run that ended takes late spans, too.
 */
export function mergeSpans(
  mapped: MappedRun,
  { owner_id, expires_on }: Beginning,
  stored: StoredRun | null,
  at: string,
): Changed {
  const { run_id } = mapped;
  if (stored && stored.source !== 'otlp')
    return refuse(`the run ${run_id} was not reported by spans`);
  const place = stored ? placeOf(stored) : { owner_id, run_id, expires_on };
  const known = new Map((stored?.steps ?? []).map((step) => [step.step_id, step]));
  const steps = new Map(known);
  for (const step of mapped.steps) {
    const created_at = known.get(step.step_id)?.created_at ?? at;
    steps.set(step.step_id, stepRow(step, place, created_at));
  }
  if (steps.size > RUN_LIMITS.steps)
    return refuse(`a trace must not have more than ${RUN_LIMITS.steps} spans`);
  const was_ended = stored !== null && stored.status !== 'running';
  const derived = deriveRun(wireTimes([...steps.values()]), was_ended);
  const head: RunRow = {
    ...place,
    source: 'otlp',
    heard_at: at,
    created_at: stored?.created_at ?? at,
    parent_run_id: null,
    breadcrumb_id: null,
    metadata: { otel: { trace_id: mapped.trace_id } },
    // It was closed when nothing was heard of it, and its root has come after all.
    end_reason: derived.is_root_ended ? null : (stored?.end_reason ?? null),
    ...said(derived, steps.size),
  };
  return settle(head, derived, steps, stored);
}

/** Closes a trace whose root never came: what its spans say without it. */
export function completeSpans(reason: string, stored: StoredRun): Changed {
  const derived = deriveRun(wireTimes(stored.steps), true);
  const steps = new Map(stored.steps.map((step) => [step.step_id, step]));
  const head = { ...headOf(stored), ...said(derived, steps.size), end_reason: reason };
  return settle(head, derived, steps, stored);
}

/** What the run says of itself. */
function said(derived: DerivedRun, steps_count: number) {
  const { agent_id, agent_version, environment, status, started_at, ended_at } = derived;
  return {
    agent_id,
    agent_version,
    environment,
    status,
    started_at,
    ended_at,
    steps_count,
    ...figuresOf(derived.usage),
    conversation_id: derived.conversation_id,
  };
}

function settle(
  head: RunRow,
  derived: DerivedRun,
  unordered: ReadonlyMap<string, StepRow>,
  stored: StoredRun | null,
): Changed {
  const steps = derived.order
    .map((step_id) => unordered.get(step_id))
    .filter((step) => step !== undefined)
    .map((step, seq) => ({ ...step, seq }));
  const before = new Map((stored?.steps ?? []).map((step) => [step.step_id, contentOf(step)]));
  const failures = failureRows(derived.failures, placeOf(head), head.heard_at);
  const kept = new Set(failures.map(({ failure_id }) => failure_id));
  const after: StoredRun = {
    ...head,
    steps,
    failures,
    decisions: [],
    quality_signals: [],
    decisions_count: 0,
    signals_count: 0,
  };
  return {
    rows: {
      ...noRows(),
      runs: [head],
      run_steps: steps.filter((step) => before.get(step.step_id) !== contentOf(step)),
      run_failures: failures,
    },
    gone: (stored?.failures ?? []).filter(({ failure_id }) => !kept.has(failure_id)),
    counted: { before: stored ? counted(stored) : null, after: counted(after) },
    answer: answerRun(rowsOfStored(after)),
    progress: null,
  };
}

function counted(run: StoredRun): Counted {
  return { ...run, figures: figuresOf(run) };
}

function wireTimes(steps: readonly StepRow[]): StepRow[] {
  return steps.map((step) => ({
    ...step,
    started_at: wireTime(step.started_at),
    ended_at: wireTime(step.ended_at),
  }));
}

function contentOf(step: StepRow): string {
  const { started_at, ended_at, created_at: _, ...rest } = step;
  return checksum([rest, wireTime(started_at), wireTime(ended_at)]);
}

function refuse(why: string): Changed {
  const refused = new AppError('conflict', why);
  return { refused, rows: noRows(), counted: null, answer: null, progress: null };
}
