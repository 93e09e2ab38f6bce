import type { DriftTimeline, BehaviorDrift } from '@cairn/protocol';
import type { ChartMark, ChartSeries } from '../runs/line-chart.tsx';
import { describeDrift, nameMetric } from './describe-drift.ts';

const LOOKS = [
  'text-accent',
  'text-kind-definition',
  'text-kind-message',
  'text-kind-response',
  'text-kind-request',
];
/** Lines of one chart: more are not told apart. */
export const LINES_MAX = LOOKS.length;

const LATENCY = ['mean', 'p95'];

/** What a timeline shows: durations, and parts of what was decided and observed. They have different scales. */
export interface DriftCharts {
  readonly latency: readonly ChartSeries[];
  readonly latency_marks: readonly ChartMark[];
  readonly parts: readonly ChartSeries[];
  readonly part_marks: readonly ChartMark[];
}

/**
 * Lines of what was observed, each with its baseline beside it, and a mark for each drift. `drifts` are those that the
 * timeline names, newest first.
 */
export function layOutDrift(
  { timeline }: DriftTimeline,
  drifts: readonly BehaviorDrift[],
): DriftCharts {
  const observed = Map.groupBy(
    timeline.filter((each) => !each.drift_detected),
    ({ metric }) => metric,
  );
  const latency = LATENCY.filter((metric) => observed.has(metric));
  const of_latency = drifts.filter(({ drift_type }) => drift_type === 'latency');
  const counted = drifts.filter(({ drift_type }) => drift_type !== 'latency');
  const shown = [...Map.groupBy(counted, ({ metric }) => metric)].slice(0, LINES_MAX);
  return {
    latency: latency.flatMap((metric, at) => {
      const drift = of_latency.find((each) => each.metric === metric);
      return linesOf(nameMetric('latency', metric), at, observed.get(metric), drift);
    }),
    latency_marks: of_latency.map(markOf),
    parts: shown.flatMap(([metric, [newest]], at) =>
      linesOf(
        nameMetric(newest?.drift_type ?? 'decision', metric),
        at,
        observed.get(metric),
        newest,
      ),
    ),
    part_marks: shown.flatMap(([, all]) => all.map(markOf)),
  };
}

/** What was observed of a metric, and what the baseline has of it where there is a drift to tell. */
function linesOf(
  name: string,
  at: number,
  observed: DriftTimeline['timeline'] = [],
  drift?: BehaviorDrift,
): ChartSeries[] {
  const look = LOOKS[at % LOOKS.length] ?? 'text-accent';
  const points = observed.map(({ timestamp, value }) => ({ at: Date.parse(timestamp), value }));
  const line = { name, look, points };
  if (drift === undefined) return [line];
  const baseline = points.map((point) => ({ at: point.at, value: drift.baseline_value }));
  return [line, { name: `${name}, baseline`, look, points: baseline, is_reference: true }];
}

function markOf(drift: BehaviorDrift): ChartMark {
  return {
    at: Date.parse(drift.detected_at),
    value: drift.observed_value,
    label: describeDrift(drift),
    href: `/behaviour/${drift.drift_id}`,
  };
}
