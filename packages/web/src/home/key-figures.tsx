import type { StatsSeries } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { readMoment } from '../runs/read-range.ts';
import { useSession } from '../session/session.ts';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { formatShort, formatCost, totalTokens } from '../ui/format-figures.ts';
import { formatDuration } from '../ui/format-time.ts';
import { Stat } from '../ui/stat.tsx';

const REFRESH_MS = 30_000;

/** The figures of the last 24 hours, each with how it went by the hour. */
export function KeyFigures() {
  const { client } = useSession();
  const stats = useQuery({
    queryKey: ['home', 'stats'],
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }) => {
      const filter = { start_time: dayAgo() };
      const [totals, latency, usage] = await Promise.all([
        client.runs.stats(filter, { signal }),
        client.runs.latency(filter, { signal }),
        client.runs.usage(filter, { signal }),
      ]);
      return { totals, latency, usage };
    },
  });
  const { totals, latency, usage } = stats.data ?? {};
  const p95 = latency?.runs.p95_ms;
  const runs = useSeries('runs');
  const tokens_in = useSeries('input_tokens');
  const tokens_out = useSeries('output_tokens');
  const cost = useSeries('cost_usd');
  if (stats.isError && stats.data === undefined) {
    return (
      <ErrorNotice
        title="The figures could not be read"
        error={stats.error}
        onRetry={() => void stats.refetch()}
      />
    );
  }
  return (
    <div>
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Stat
          name="Runs"
          value={totals?.total_runs.toLocaleString()}
          points={runs}
          detail={
            totals &&
            (totals.total_runs === 0
              ? 'none ended'
              : `${totals.total_failures} failed, ${totals.success_rate.toFixed(1)} % succeeded`)
          }
        />
        <Stat
          name="95 % of runs within"
          value={p95 === undefined ? undefined : p95 === null ? '–' : formatDuration(p95)}
          detail={latency && `half within ${formatMs(latency.runs.p50_ms)}`}
        />
        <Stat
          name="Tokens"
          value={usage && formatShort(totalTokens(usage))}
          points={tokens_in.map((input_tokens, at) =>
            totalTokens({ input_tokens, output_tokens: tokens_out[at] ?? null }),
          )}
          detail={usage && `${formatShort(usage.output_tokens)} of them written`}
        />
        <Stat
          name="Cost"
          value={usage === undefined ? undefined : formatCost(usage.cost_usd)}
          points={cost}
          detail={usage && (usage.cost_usd === null ? 'no provider reported any' : 'as reported')}
        />
      </div>
      <p className="mt-2 text-2xs text-ink-faint">
        The last 24 hours.{' '}
        <Link to="/statistics" className="underline underline-offset-4 hover:text-ink">
          All statistics
        </Link>
      </p>
    </div>
  );
}

/** The hours of the last day, as points of a line; of the first only what lies in the day. */
function useSeries(metric: StatsSeries): readonly (number | null)[] {
  const { client } = useSession();
  const series = useQuery({
    queryKey: ['home', 'series', metric],
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) =>
      client.runs.timeseries({ metric, bucket: 'hour', start_time: dayAgo() }, { signal }),
  });
  return series.data?.points.map(({ value }) => value) ?? [];
}

/** A day ago, as the lists of runs take it. */
function dayAgo(): string {
  return readMoment('24h', Date.now()) ?? '';
}

function formatMs(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms);
}
