import { STATS_SERIES, type StatsSeries } from '@cairn/protocol';
import type { TextSearch } from '../routes/search.ts';
import { formatCost, formatPercent, formatShort, formatSpan } from '../ui/format-figures.ts';
import { LineChart } from './line-chart.tsx';
import { Answered } from './read-section.tsx';
import { useTimeSeries } from './stats-cards.tsx';

const SERIES: Readonly<
  Record<StatsSeries, { readonly name: string; readonly format: (value: number) => string }>
> = {
  runs: { name: 'Runs', format: formatShort },
  failures: { name: 'Failed runs', format: formatShort },
  success_rate: { name: 'Success rate', format: formatPercent },
  steps: { name: 'Steps', format: formatShort },
  avg_latency_ms: { name: 'Mean step latency', format: formatSpan },
  decisions: { name: 'Decisions', format: formatShort },
  signals: { name: 'Quality signals', format: formatShort },
  input_tokens: { name: 'Input tokens', format: formatShort },
  output_tokens: { name: 'Output tokens', format: formatShort },
  cost_usd: { name: 'Cost', format: formatCost },
};

/** One figure over time, chosen in the address. */
export function StatsChart({
  search,
  change,
}: {
  search: TextSearch;
  change: (changes: TextSearch) => void;
}) {
  const metric = STATS_SERIES.find((each) => each === search['series']) ?? 'runs';
  const series = useTimeSeries(metric, search);
  const { name, format } = SERIES[metric];
  return (
    <Answered query={series} what="The time series">
      {({ bucket, points }) => (
        <LineChart
          label={`${name} by ${bucket}`}
          series={[
            {
              name: `${name} by ${bucket}`,
              look: metric === 'failures' ? 'text-bad' : 'text-accent',
              points: points.map(({ start, value }) => ({ at: Date.parse(start), value })),
            },
          ]}
          format={format}
          formatTime={bucket === 'hour' ? formatHour : formatDay}
          actions={
            <select
              aria-label="Figure"
              value={metric}
              onChange={(event) => change({ series: event.target.value })}
              className="h-9 rounded-lg border border-line bg-raised px-2 text-sm"
            >
              {STATS_SERIES.map((each) => (
                <option key={each} value={each}>
                  {SERIES[each].name}
                </option>
              ))}
            </select>
          }
        />
      )}
    </Answered>
  );
}

// Buckets are of UTC, and so are their names.
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const HOUR = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

const formatDay = (at: number) => (Number.isFinite(at) ? DAY.format(at) : '');
const formatHour = (at: number) => (Number.isFinite(at) ? `${HOUR.format(at)} UTC` : '');
