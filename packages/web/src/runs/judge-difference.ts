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
/** A figure of fewer runs says little about the next ones. */
const FEWEST_RUNS = 30;
/** Beyond so many standard errors a difference of two rates comes about by chance once in 20 times. */
const Z_OF_5_PERCENT = 1.96;
/** The normal distribution stands for the binomial one from so many of either outcome. */
const FEWEST_OF_EACH = 5;

/** What is known of a difference between two versions. Whether it is good is for the reader to say. */
export type Verdict = 'higher' | 'lower' | 'same' | 'within_chance' | 'few' | 'unknown';

/** The runs that a figure was taken of. */
interface Sample {
  readonly total_runs: number;
  /** Percent. */
  readonly success_rate: number;
}

/** Judges a difference of b to a by its size, and by how many runs stand behind it. */
export function judgeDifference(
  difference: {
    readonly metric: string;
    readonly absolute: number | null;
    readonly relative: number | null;
  },
  a: Sample,
  b: Sample,
): Verdict {
  const { metric, absolute, relative } = difference;
  if (absolute === null) return 'unknown';
  if (absolute === 0) return 'same';
  const way = absolute > 0 ? 'higher' : 'lower';
  // How many runs there were is no sample of anything.
  if (metric === 'total_runs') return way;
  if (metric === 'success_rate') return judgeRates(a, b) ?? way;
  if (relative !== null && Math.abs(relative) < SAME_WITHIN) return 'same';
  return Math.min(a.total_runs, b.total_runs) < FEWEST_RUNS ? 'few' : way;
}

/** The test of two proportions; null when they differ by more than chance. */
function judgeRates(a: Sample, b: Sample): 'within_chance' | 'few' | null {
  const runs = a.total_runs + b.total_runs;
  const [rate_a, rate_b] = [a.success_rate / 100, b.success_rate / 100];
  const rate = runs === 0 ? 0 : (rate_a * a.total_runs + rate_b * b.total_runs) / runs;
  const expected = Math.min(a.total_runs, b.total_runs) * Math.min(rate, 1 - rate);
  if (expected < FEWEST_OF_EACH) return 'few';
  const error = Math.sqrt(rate * (1 - rate) * (1 / a.total_runs + 1 / b.total_runs));
  return Math.abs(rate_b - rate_a) < Z_OF_5_PERCENT * error ? 'within_chance' : null;
}

/** A figure's name for people. */
export function nameOfMetric(metric: string): string {
  return NAMES[metric] ?? metric;
}
