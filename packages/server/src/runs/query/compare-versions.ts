import type { Compared, Comparison } from '@cairn/protocol';
import type { RunFilter } from './contract.ts';
import type { RunStatistics } from './stats-queries.ts';
import type { Metric, Sum } from './stats-store.ts';
import { breakdowns, rates, round, total, usageStats } from './sum-up.ts';

/** Two versions of an agent side by side, with what differs as numbers: what it means is for the reader. */
export async function compareVersions(
  statistics: RunStatistics,
  owner_id: string,
  filter: RunFilter & { readonly agent_id: string },
  versions: { readonly a: string; readonly b: string },
): Promise<Comparison> {
  const [a, b] = await Promise.all(
    [versions.a, versions.b].map((version) => measure(statistics, owner_id, filter, version)),
  );
  if (!a || !b) throw new Error('two versions were measured');
  const differences = [
    ...METRICS.map(([metric, read]) => differ(metric, read(a.figures), read(b.figures))),
    ...PER_STEP.map(([name, metric, key]) =>
      differ(name, meanOf(a.sums, metric, key), meanOf(b.sums, metric, key)),
    ),
  ];
  return { agent_id: filter.agent_id, a: a.figures, b: b.figures, differences };
}

async function measure(
  statistics: RunStatistics,
  owner_id: string,
  filter: RunFilter,
  agent_version: string,
): Promise<{ figures: Compared; sums: Sum[] }> {
  const of_version = { ...filter, agent_version };
  const [sums, latency] = await Promise.all([
    statistics.sumsOf(owner_id, of_version),
    statistics.latency(owner_id, of_version),
  ]);
  const figures = {
    agent_version,
    ...rates(sums),
    ...breakdowns(sums),
    run_latency: latency.runs,
    step_latency: latency.steps,
    usage: usageStats(sums),
  };
  return { figures, sums };
}

const METRICS: readonly (readonly [string, (each: Compared) => number | null])[] = [
  ['total_runs', (each) => each.total_runs],
  ['success_rate', (each) => (each.total_runs === 0 ? null : each.success_rate)],
  ['avg_latency_ms', (each) => (each.total_steps === 0 ? null : each.avg_latency_ms)],
  ['run_p50_ms', (each) => each.run_latency.p50_ms],
  ['run_p95_ms', (each) => each.run_latency.p95_ms],
  ['step_p50_ms', (each) => each.step_latency.p50_ms],
  ['step_p95_ms', (each) => each.step_latency.p95_ms],
  ['steps_per_run', (each) => (each.total_runs === 0 ? null : each.total_steps / each.total_runs)],
];

/** The mean over the runs that reported it: those that said nothing are not zeros. */
const PER_STEP = [
  ['input_tokens_per_step', 'tokens', 'input'],
  ['output_tokens_per_step', 'tokens', 'output'],
  ['cost_usd_per_step', 'cost', 'usd'],
] as const;

function meanOf(sums: readonly Sum[], metric: Metric, key: string): number | null {
  const { n, total: amount } = total(sums, metric, (each) => each === key);
  return n === 0 ? null : amount / n;
}

function differ(metric: string, a: number | null, b: number | null) {
  const absolute = a === null || b === null ? null : precise(b - a);
  const relative = absolute === null || a === null || a === 0 ? null : precise(absolute / a);
  return {
    metric,
    a: a === null ? null : precise(a),
    b: b === null ? null : precise(b),
    absolute,
    relative,
  };
}

/** Six significant digits: costs of a run are small fractions of a dollar. */
function precise(value: number): number {
  return Math.abs(value) >= 100 ? round(value) : Number(value.toPrecision(6));
}
