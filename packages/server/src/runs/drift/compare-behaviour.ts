import type { DriftType, Severity } from '@cairn/protocol';
import { percentileOf } from '../measure-latency.ts';
import type { Behaviour, Finding } from './contract.ts';
import {
  chiSquareTest,
  correctForMany,
  mannWhitneyTest,
  type Counts,
  type TestResult,
} from './statistics.ts';

/** What chance brings about this often is not told of. */
const SIGNIFICANCE_MAX = 0.05;
/** Relative changes smaller than these, in percent, are too small to be worth a look, however certain they are. */
const CHANGE_MIN: Readonly<Record<DriftType, number>> = { decision: 10, signal: 15, latency: 20 };
/** The sizes from which an effect is called medium and large (Cohen 1988 for V, Romano 2006 for Cliff's delta). */
const EFFECTS = { chi_square: [0.3, 0.5], mann_whitney: [0.33, 0.474] } as const;

/** What was found, before it is known how many tests there were. */
interface Candidate extends Omit<Finding, 'significance' | 'severity'> {
  readonly p: number;
}

/**
 * What has changed from a baseline to later behaviour: the mix of the types of decisions and signals, the choices within
 * each type, and how long runs take. Differences that chance explains are left out, all tests taken together, and so are
 * those too small to matter.
 */
export function compareBehaviour(baseline: Behaviour, observed: Behaviour): Finding[] {
  const candidates = [
    ...compareCounts('decision', baseline.decisions, observed.decisions),
    ...compareCounts('signal', baseline.signals, observed.signals),
    ...compareLatency(baseline, observed),
  ];
  const corrected = correctForMany(candidates.map(({ p }) => p));
  return candidates.flatMap((each, index) => {
    const { p: _, ...candidate } = each;
    const significance = corrected[index] ?? 1;
    const { drift_type, delta_percent, test_method, effect_size } = candidate;
    // What was not there before has no relative change; that it is there now is one.
    const is_large = delta_percent === null || Math.abs(delta_percent) >= CHANGE_MIN[drift_type];
    if (significance > SIGNIFICANCE_MAX || !is_large) return [];
    return [{ ...candidate, significance, severity: severityOf(test_method, effect_size) }];
  });
}

function severityOf(method: keyof typeof EFFECTS, effect: number): Severity {
  const [medium, large] = EFFECTS[method];
  if (effect >= large) return 'high';
  return effect >= medium ? 'medium' : 'low';
}

function compareCounts(
  drift_type: 'decision' | 'signal',
  before: Behaviour['decisions'],
  after: Behaviour['decisions'],
): Candidate[] {
  const types = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  const totals = (all: Behaviour['decisions']): Counts =>
    Object.fromEntries(Object.entries(all).map(([type, counts]) => [type, sumOf(counts)]));
  const pairs = [
    { name: 'types', a: totals(before), b: totals(after) },
    ...types.map((type) => ({ name: type, a: before[type] ?? {}, b: after[type] ?? {} })),
  ];
  return pairs.flatMap(({ name, a, b }) => {
    const result = chiSquareTest(a, b);
    return result ? [describeChange(drift_type, name, a, b, result)] : [];
  });
}

/** A test is about all categories; what is shown of it is the one that changed most. */
function describeChange(
  drift_type: DriftType,
  name: string,
  a: Counts,
  b: Counts,
  { p, effect }: TestResult,
): Candidate {
  const [n_a, n_b] = [sumOf(a), sumOf(b)];
  const parts = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted().map((category) => {
    const [baseline_value, observed_value] = [(a[category] ?? 0) / n_a, (b[category] ?? 0) / n_b];
    return { category, ...changeOf(baseline_value, observed_value) };
  });
  const most = parts.reduce((x, y) => (Math.abs(y.delta) > Math.abs(x.delta) ? y : x));
  const { category, ...change } = most;
  const metric = `${name}/${category}`;
  return { drift_type, metric, ...change, test_method: 'chi_square', effect_size: effect, p };
}

function compareLatency(baseline: Behaviour, observed: Behaviour): Candidate[] {
  const result = mannWhitneyTest(baseline.latency_buckets, observed.latency_buckets);
  if (!result) return [];
  const mean = changeOf(meanOf(baseline), meanOf(observed));
  const p95 = changeOf(percentile95(baseline), percentile95(observed));
  const is_mean = Math.abs(mean.delta_percent ?? 0) >= Math.abs(p95.delta_percent ?? 0);
  return [
    {
      drift_type: 'latency',
      metric: is_mean ? 'mean' : 'p95',
      ...(is_mean ? mean : p95),
      test_method: 'mann_whitney',
      effect_size: result.effect,
      p: result.p,
    },
  ];
}

function changeOf(baseline_value: number, observed_value: number) {
  const delta = observed_value - baseline_value;
  const delta_percent = baseline_value === 0 ? null : (delta / baseline_value) * 100;
  return { baseline_value, observed_value, delta, delta_percent };
}

function meanOf({ latency_buckets, latency_total }: Behaviour): number {
  const n = latency_buckets.reduce((sum, each) => sum + each, 0);
  return n === 0 ? 0 : latency_total / n;
}

const percentile95 = ({ latency_buckets }: Behaviour) => percentileOf(latency_buckets, 0.95) ?? 0;

function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}
