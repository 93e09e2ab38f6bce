import type { StatsSeries } from '@cairn/protocol';
import type { TextSearch } from '../routes/search.ts';
import { Stat } from '../ui/stat.tsx';
import {
  formatCost,
  formatCount,
  formatPercent,
  formatShort,
  formatSpan,
  totalTokens,
} from '../ui/format-figures.ts';
import { bucketFor } from './read-range.ts';
import { figuresOf, useFigures } from './use-figures.ts';

/** The key figures of the chosen runs, each with how it went. */
export function StatsCards({ search }: { search: TextSearch }) {
  const stats = useFigures('totals', search, (client, filter, signal) =>
    client.runs.stats(filter, { signal }),
  ).data;
  const latency = useFigures('latency', search, (client, filter, signal) =>
    client.runs.latency(filter, { signal }),
  ).data;
  const usage = useFigures('usage', search, (client, filter, signal) =>
    client.runs.usage(filter, { signal }),
  ).data;
  const is_none = stats?.total_runs === 0;
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
      <Stat
        name="Runs"
        value={stats && formatCount(stats.total_runs)}
        points={useSeries('runs', search)}
      />
      <Stat
        name="Success rate"
        value={stats && formatPercent(is_none ? null : stats.success_rate)}
        points={useSeries('success_rate', search)}
        detail="partial runs count as success"
      />
      <Stat
        name="Failed runs"
        value={stats && formatCount(stats.total_failures)}
        points={useSeries('failures', search)}
      />
      <Stat name="Run duration, p50" value={latency && formatSpan(latency.runs.p50_ms)} />
      <Stat name="Run duration, p95" value={latency && formatSpan(latency.runs.p95_ms)} />
      <Stat
        name="Step latency, mean"
        value={stats && formatSpan(latency?.steps.mean_ms ?? null)}
        points={useSeries('avg_latency_ms', search)}
      />
      <Stat
        name="Tokens"
        value={usage && formatShort(totalTokens(usage))}
        points={useTokenSeries(search)}
        detail={
          usage && `${formatShort(usage.input_tokens)} in, ${formatShort(usage.output_tokens)} out`
        }
      />
      <Stat
        name="Cost"
        value={usage && formatCost(usage.cost_usd)}
        points={useSeries('cost_usd', search)}
        detail={usage?.cost_usd === null ? 'no run said any' : undefined}
      />
    </div>
  );
}

/** How one figure went over the chosen span. */
export function useTimeSeries(metric: StatsSeries, search: TextSearch) {
  const { since, until } = figuresOf(search);
  return useFigures(['series', metric], search, (client, filter, signal) =>
    client.runs.timeseries(
      { ...filter, metric, bucket: bucketFor(since, until, Date.now()) },
      { signal },
    ),
  );
}

function useSeries(metric: StatsSeries, search: TextSearch): readonly (number | null)[] {
  return useTimeSeries(metric, search).data?.points.map(({ value }) => value) ?? [];
}

function useTokenSeries(search: TextSearch): readonly (number | null)[] {
  const input = useSeries('input_tokens', search);
  const output = useSeries('output_tokens', search);
  return input.map((input_tokens, at) =>
    totalTokens({ input_tokens, output_tokens: output[at] ?? null }),
  );
}
