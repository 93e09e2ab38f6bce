import type { BehaviorProfile, DriftType } from '@cairn/protocol';
import { addBuckets, percentileOf } from '../measure-latency.ts';
import type { Behaviour, Window } from './contract.ts';
import type { ProfileRow, RollupSum } from './drift-store.ts';
import type { Counts } from './statistics.ts';

const HOUR_MS = 3_600_000;

/** A window of whole hours: rollups have no smaller parts. Null when nothing is left of it. */
export function windowOf(start: string, end: string): Window | null {
  const [from, to] = [start, end].map((each) => Math.floor(Date.parse(each) / HOUR_MS) * HOUR_MS);
  if (from === undefined || to === undefined || !(from < to)) return null;
  return { start: new Date(from).toISOString(), end: new Date(to).toISOString() };
}

/** What sums over the hours of a window say of behaviour. */
export function readBehaviour(sums: readonly RollupSum[]): Behaviour {
  const decisions: Record<string, Record<string, number>> = {};
  const signals: Record<string, Record<string, number>> = {};
  let [sample_size, latency_total] = [0, 0];
  let latency_buckets: number[] = [];
  for (const { metric, key, n, total, buckets } of sums) {
    if (metric === 'run') {
      sample_size += n;
      latency_total += total;
      latency_buckets = (buckets ?? []).reduce(
        (sum, each) => addBuckets(sum, each),
        latency_buckets,
      );
    } else if (metric === 'decision') {
      // `type/choice/reason`: of these only the choice may have a slash in it.
      const type = key.slice(0, key.indexOf('/'));
      count(decisions, type, key.slice(type.length + 1, key.lastIndexOf('/')), n);
    } else {
      const [type = '', code = '', value] = key.split('/');
      count(signals, type, value === 'false' ? `${code}=false` : code, n);
    }
  }
  return { sample_size, decisions, signals, latency_buckets, latency_total };
}

function count(
  all: Record<string, Record<string, number>>,
  type: string,
  choice: string,
  n: number,
): void {
  const counts = (all[type] ??= {});
  counts[choice] = (counts[choice] ?? 0) + n;
}

/**
 * What a window had of a metric that drifts are about: `type/choice` as a part of all choices of the type, `types/type` as
 * a part of all types. Null when the window had none of which it could be a part.
 */
export function partOf(behaviour: Behaviour, drift_type: DriftType, metric: string): number | null {
  const all = drift_type === 'signal' ? behaviour.signals : behaviour.decisions;
  const at = metric.indexOf('/');
  const [type, choice] = [metric.slice(0, at), metric.slice(at + 1)];
  const counts =
    type === 'types'
      ? Object.fromEntries(Object.entries(all).map(([name, each]) => [name, sumOf(each)]))
      : (all[type] ?? {});
  const total = sumOf(counts);
  return total === 0 ? null : (counts[choice] ?? 0) / total;
}

function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}

/** A profile as it is answered: parts instead of counts. */
export function toProfile(row: ProfileRow): BehaviorProfile {
  const {
    owner_id: _,
    decisions,
    signals,
    latency_buckets,
    latency_total,
    created_at,
    ...rest
  } = row;
  const sample_count = latency_buckets.reduce((sum, each) => sum + each, 0);
  const percentile = (p: number) => round(percentileOf(latency_buckets, p));
  return {
    ...rest,
    decision_distributions: partsOf(decisions),
    signal_distributions: partsOf(signals),
    latency_stats: {
      mean: sample_count === 0 ? null : round(latency_total / sample_count),
      p50: percentile(0.5),
      p95: percentile(0.95),
      p99: percentile(0.99),
      sample_count,
    },
    created_at,
  };
}

function partsOf(all: Readonly<Record<string, Counts>>): Record<string, Record<string, number>> {
  return Object.fromEntries(
    Object.entries(all).map(([type, counts]) => {
      const total = sumOf(counts);
      return [
        type,
        Object.fromEntries(Object.entries(counts).map(([choice, n]) => [choice, n / total])),
      ];
    }),
  );
}

/** To a hundredth of a millisecond: buckets know no better. */
function round(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 100) / 100;
}
