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

/** What a timeline shows: durations, and parts of what was decided and observed. They have different scales. */
export interface DriftCharts {
  readonly latency: readonly ChartSeries[];
  readonly latency_marks: readonly ChartMark[];
  readonly parts: readonly ChartSeries[];
  readonly part_marks: readonly ChartMark[];
}

/** Lines of what was observed, with a mark for each drift. `drifts` are those that the timeline names, newest first. */
export function layOutDrift(
  { timeline }: DriftTimeline,
  drifts: readonly BehaviorDrift[],
): DriftCharts {
  const observed = timeline.filter((each) => !each.drift_detected);
  const latency = [...Map.groupBy(observed, ({ metric }) => metric)].map(
    ([metric, points], at) => ({
      name: nameMetric('latency', metric),
      look: LOOKS[at % LOOKS.length] ?? 'text-accent',
      points: points.map(({ timestamp, value }) => ({ at: Date.parse(timestamp), value })),
    }),
  );
  const counted = drifts.filter(({ drift_type }) => drift_type !== 'latency');
  const metrics = [...Map.groupBy(counted, (each) => nameMetric(each.drift_type, each.metric))];
  const shown = metrics.slice(0, LINES_MAX);
  return {
    latency: latency.slice(0, LINES_MAX),
    latency_marks: drifts.filter(({ drift_type }) => drift_type === 'latency').map(markOf),
    parts: shown.map(([name, all], at) => ({
      name,
      look: LOOKS[at % LOOKS.length] ?? 'text-accent',
      points: all.flatMap(fromTo).toSorted((a, b) => a.at - b.at),
    })),
    part_marks: shown.flatMap(([, all]) => all.map(markOf)),
  };
}

/** A drift as a stretch: from what the baseline has, at the beginning of what was looked at, to what was observed. */
function fromTo(drift: BehaviorDrift) {
  return [
    { at: Date.parse(drift.observation_window_start), value: drift.baseline_value },
    { at: Date.parse(drift.detected_at), value: drift.observed_value },
  ];
}

function markOf(drift: BehaviorDrift): ChartMark {
  return {
    at: Date.parse(drift.detected_at),
    value: drift.observed_value,
    label: describeDrift(drift),
    href: `/behaviour/${drift.drift_id}`,
  };
}
