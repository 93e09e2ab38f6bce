import type {
  DecisionsSummary,
  Latency,
  RunStats,
  SignalsSummary,
  UsageStats,
} from '@cairn/protocol';
import { addBuckets, bucketOf, percentileOf } from '../measure-latency.ts';
import type { BucketCount, DurationCount, Metric, Sum } from './stats-store.ts';

/** Entries of one list of a summary; what is rarer is part of the counts only. */
const LISTED = 100;

/** Sums of one metric, over all keys or those that `fits`. */
export function total(
  sums: readonly Sum[],
  metric: Metric,
  fits: (key: string) => boolean = () => true,
): { n: number; total: number } {
  return sums
    .filter((each) => each.metric === metric && fits(each.key))
    .reduce((all, each) => ({ n: all.n + each.n, total: all.total + each.total }), {
      n: 0,
      total: 0,
    });
}

/** Counts of one metric by key, most frequent first. */
function breakdown(sums: readonly Sum[], metric: Metric): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { key, n } of sums.filter((each) => each.metric === metric && each.n !== 0))
    counts.set(key, (counts.get(key) ?? 0) + n);
  return Object.fromEntries(byCount(counts));
}

function byCount(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** The rates that every view of statistics has. Zeros when there is nothing. */
export function rates(sums: readonly Sum[]) {
  const total_runs = total(sums, 'run').n;
  const total_failures = total(sums, 'run', (key) => key === 'failure').n;
  const steps = total(sums, 'step');
  return {
    total_runs,
    total_failures,
    success_rate: total_runs === 0 ? 0 : round(((total_runs - total_failures) / total_runs) * 100),
    total_steps: steps.n,
    avg_latency_ms: steps.n === 0 ? 0 : round(steps.total / steps.n),
  };
}

/** The answer of `GET /v1/stats`: exactly its six keys. */
export function runStats(sums: readonly Sum[]): RunStats {
  const { total_runs, total_failures, success_rate, avg_latency_ms } = rates(sums);
  return {
    total_runs,
    total_failures,
    success_rate,
    avg_latency_ms,
    ...breakdowns(sums),
  };
}

export function breakdowns(sums: readonly Sum[]) {
  return {
    failure_breakdown: breakdown(sums, 'failure'),
    step_type_breakdown: breakdown(sums, 'step'),
  };
}

/** What was used; null, and not zero, where nobody said. */
export function usageStats(sums: readonly Sum[]): UsageStats {
  const reported = (metric: Metric, key: string) => {
    const { n, total: amount } = total(sums, metric, (each) => each === key);
    return n === 0 ? null : amount;
  };
  return {
    total_runs: total(sums, 'run').n,
    input_tokens: reported('tokens', 'input'),
    output_tokens: reported('tokens', 'output'),
    cached_input_tokens: reported('tokens', 'cached_input'),
    reasoning_tokens: reported('tokens', 'reasoning'),
    cost_usd: reported('cost', 'usd'),
  };
}

/** Keys are `type/selected/reason`; what was selected may have slashes of its own. */
export function summarizeDecisions(sums: readonly Sum[]): DecisionsSummary {
  const types = new Map<string, { selected: Counts; reasons: Counts }>();
  for (const { key, n } of sums) {
    const [type, rest] = cut(key, key.indexOf('/'));
    const [selected, reason] = cut(rest, rest.lastIndexOf('/'));
    const entry = types.get(type) ?? { selected: new Map(), reasons: new Map() };
    types.set(type, entry);
    entry.selected.set(selected, (entry.selected.get(selected) ?? 0) + n);
    entry.reasons.set(reason, (entry.reasons.get(reason) ?? 0) + n);
  }
  const by_type = [...types]
    .map(([decision_type, { selected, reasons }]) => ({
      decision_type,
      count: [...reasons.values()].reduce((sum, n) => sum + n, 0),
      selected: list(selected).map(([name, count]) => ({ selected: name, count })),
      reasons: list(reasons).map(([reason_code, count]) => ({ reason_code, count })),
    }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count || (a.decision_type < b.decision_type ? -1 : 1));
  return { total: by_type.reduce((sum, { count }) => sum + count, 0), by_type };
}

type Counts = Map<string, number>;

function list(counts: Counts): [string, number][] {
  return byCount(counts)
    .filter(([, n]) => n > 0)
    .slice(0, LISTED);
}

function cut(text: string, at: number): [string, string] {
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

interface Votes {
  true: number;
  false: number;
}

/** Keys are `type/code/true` or `type/code/false`. */
export function summarizeSignals(sums: readonly Sum[]): SignalsSummary {
  const types = new Map<string, Map<string, Votes>>();
  for (const { key, n } of sums) {
    const [type, rest] = cut(key, key.indexOf('/'));
    const [code, value] = cut(rest, rest.lastIndexOf('/'));
    const codes = types.get(type) ?? new Map<string, Votes>();
    types.set(type, codes);
    const votes = codes.get(code) ?? { true: 0, false: 0 };
    codes.set(code, votes);
    votes[value === 'true' ? 'true' : 'false'] += n;
  }
  const by_type = [...types]
    .map(([signal_type, votes]) => {
      const codes = [...votes]
        .map(([signal_code, each]) => ({ signal_code, ...each }))
        .filter((each) => size(each) > 0)
        .toSorted((a, b) => size(b) - size(a) || (a.signal_code < b.signal_code ? -1 : 1));
      return { signal_type, ...add(codes), codes: codes.slice(0, LISTED) };
    })
    .filter((each) => size(each) > 0)
    .toSorted((a, b) => size(b) - size(a) || (a.signal_type < b.signal_type ? -1 : 1));
  const all = add(by_type);
  return { total: size(all), ...all, by_type };
}

function size(votes: Votes): number {
  return votes.true + votes.false;
}

function add(all: readonly Votes[]): Votes {
  return all.reduce<Votes>(
    (sum, each) => ({ true: sum.true + each.true, false: sum.false + each.false }),
    {
      true: 0,
      false: 0,
    },
  );
}

/** Counts by bucket for each metric and key, of whole hours and of single durations together. */
export function mergeHistograms(
  counts: readonly BucketCount[],
  durations: readonly DurationCount[],
): { metric: 'run' | 'step'; key: string; buckets: readonly number[] }[] {
  const merged = new Map<string, { metric: 'run' | 'step'; key: string; buckets: number[] }>();
  const all = [...counts, ...durations.map((each) => ({ ...each, bucket: bucketOf(each.ms) }))];
  for (const { metric, key, bucket, n } of all) {
    const id = `${metric}/${key}`;
    const entry = merged.get(id) ?? { metric, key, buckets: [] };
    merged.set(id, entry);
    while (entry.buckets.length <= bucket) entry.buckets.push(0);
    entry.buckets[bucket] = (entry.buckets[bucket] ?? 0) + n;
  }
  return [...merged.values()];
}

/** A distribution from its histogram and the sum of its durations. */
export function latency(histograms: readonly (readonly number[])[], sum_ms: number): Latency {
  const buckets = histograms.reduce<readonly number[]>((all, each) => addBuckets(all, each), []);
  const count = buckets.reduce((all, n) => all + n, 0);
  const at = (p: number) => {
    const ms = percentileOf(buckets, p);
    return ms === null ? null : round(ms);
  };
  return {
    count,
    mean_ms: count === 0 ? null : round(sum_ms / count),
    p50_ms: at(0.5),
    p90_ms: at(0.9),
    p95_ms: at(0.95),
    p99_ms: at(0.99),
  };
}

/** Two decimals, as the contract has them. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
