import type { BehaviorDrift } from '@cairn/protocol';
import { Facts } from '../runs/facts.tsx';
import { formatCount } from '../ui/format-figures.ts';
import { formatMoment } from '../ui/format-time.ts';
import {
  DRIFT_TYPES,
  METHODS,
  showDelta,
  showRelative,
  showSignificance,
  showValue,
} from './describe-drift.ts';
import { ResolvedBadge, SeverityBadge } from './drift-looks.tsx';

/** Everything that is known of a drift. */
export function DriftFacts({ drift }: { drift: BehaviorDrift }) {
  const { drift_type } = drift;
  return (
    <Facts
      facts={[
        ['State', <ResolvedBadge key="state" drift={drift} />],
        ['Severity', <SeverityBadge key="severity" severity={drift.severity} />],
        ['Agent', `${drift.agent_id} ${drift.agent_version}`],
        ['Environment', drift.environment],
        ['Kind', DRIFT_TYPES[drift_type]],
        ['Metric', drift.metric],
        ['Baseline', showValue(drift_type, drift.baseline_value)],
        ['Observed', showValue(drift_type, drift.observed_value)],
        ['Absolute change', showDelta(drift)],
        ['Relative change', showRelative(drift)],
        ['Window from', formatMoment(Date.parse(drift.observation_window_start))],
        ['Window until', formatMoment(Date.parse(drift.observation_window_end))],
        ['Runs looked at', formatCount(drift.observation_sample_size)],
        ['Significance', `${showSignificance(drift.significance)}, corrected for all tests`],
        ['Method', METHODS[drift.test_method]],
        ['Effect size', drift.effect_size.toFixed(2)],
        ['Detected', formatMoment(Date.parse(drift.detected_at))],
        ['Last seen', formatMoment(Date.parse(drift.last_detected_at))],
        [
          'Resolved',
          drift.resolved_at === null ? null : formatMoment(Date.parse(drift.resolved_at)),
        ],
      ]}
    />
  );
}
