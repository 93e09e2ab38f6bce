/** Which way a figure of a version is better; figures that are not here are neither. */
const BETTER: Readonly<Record<string, 'more' | 'less'>> = {
  success_rate: 'more',
  avg_latency_ms: 'less',
  run_p50_ms: 'less',
  run_p95_ms: 'less',
  step_p50_ms: 'less',
  step_p95_ms: 'less',
  input_tokens_per_step: 'less',
  output_tokens_per_step: 'less',
  cost_usd_per_step: 'less',
};

const NAMES: Readonly<Record<string, string>> = {
  total_runs: 'Runs',
  success_rate: 'Success rate',
  avg_latency_ms: 'Mean step latency',
  run_p50_ms: 'Run duration, p50',
  run_p95_ms: 'Run duration, p95',
  step_p50_ms: 'Step latency, p50',
  step_p95_ms: 'Step latency, p95',
  steps_per_run: 'Steps per run',
  input_tokens_per_step: 'Input tokens per model step',
  output_tokens_per_step: 'Output tokens per model step',
  cost_usd_per_step: 'Cost per model step',
};

/** Changes smaller than this part are called none. */
const SAME_WITHIN = 0.02;

/** What a difference between two versions means. */
export type Verdict = 'better' | 'worse' | 'same' | 'differs' | 'unknown';

/** Judges a difference of b to a. */
export function judgeDifference(difference: {
  readonly metric: string;
  readonly absolute: number | null;
  readonly relative: number | null;
}): Verdict {
  const { metric, absolute, relative } = difference;
  if (absolute === null) return 'unknown';
  if (absolute === 0 || (relative !== null && Math.abs(relative) < SAME_WITHIN)) return 'same';
  const better = BETTER[metric];
  if (better === undefined) return 'differs';
  return absolute > 0 === (better === 'more') ? 'better' : 'worse';
}

/** A figure's name for people. */
export function nameOfMetric(metric: string): string {
  return NAMES[metric] ?? metric;
}
