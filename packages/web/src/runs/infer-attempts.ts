import type { FullRun, FullStep } from '@cairn/protocol';

/** What is read of a run to tell attempts apart. */
export type StepsOfRun = Pick<FullRun, 'steps' | 'failures' | 'quality_signals'>;

/** How a step relates to those that tried the same before it. */
export interface Attempt {
  /** From 1. */
  readonly attempt: number;
  readonly has_failed: boolean;
}

const FAILED_WORDS: ReadonlySet<unknown> = new Set(['error', 'failed', 'failure', 'timeout']);

/** The ids of the steps that are known to have failed: a failure, a signal or their own metadata says so. */
export function failedSteps({ steps, failures, quality_signals }: StepsOfRun): ReadonlySet<string> {
  const failed = new Set(failures.flatMap(({ step_id }) => step_id ?? []));
  for (const { step_id, signal_type, value } of quality_signals) {
    const says_failed =
      (signal_type === 'tool_failure' && value) || (signal_type === 'tool_success' && !value);
    if (says_failed && step_id !== null) failed.add(step_id);
  }
  for (const step of steps) if (saysFailed(step)) failed.add(step.step_id);
  return failed;
}

function saysFailed({ metadata }: FullStep): boolean {
  const { outcome, status, error, otel } = metadata;
  if (FAILED_WORDS.has(outcome) || FAILED_WORDS.has(status)) return true;
  if (typeof error === 'string' ? error !== '' : error === true) return true;
  return typeof otel === 'object' && otel !== null && 'failure_code' in otel;
}

/**
 * Which attempt each step is, by its id. `metadata.attempt` says it where it is there; else a step is the next attempt of the
 * one right before it when that has the same name and type and failed. A name that merely comes again is no retry.
 */
export function inferAttempts(run: StepsOfRun): ReadonlyMap<string, Attempt> {
  const failed = failedSteps(run);
  const attempts = new Map<string, Attempt>();
  let before: FullStep | undefined;
  for (const step of run.steps) {
    const said = step.metadata['attempt'];
    const repeats =
      before !== undefined &&
      before.name === step.name &&
      before.step_type === step.step_type &&
      failed.has(before.step_id);
    const inferred = repeats && before ? (attempts.get(before.step_id)?.attempt ?? 1) + 1 : 1;
    attempts.set(step.step_id, {
      attempt: typeof said === 'number' && Number.isInteger(said) && said >= 1 ? said : inferred,
      has_failed: failed.has(step.step_id),
    });
    before = step;
  }
  return attempts;
}
