import type { BehaviorDrift } from '@cairn/protocol';

/** A drift of decisions, of today unless the changes say otherwise. */
export function testDrift(changes: Partial<BehaviorDrift> = {}): BehaviorDrift {
  return {
    drift_id: 'drift',
    baseline_id: 'baseline',
    agent_id: 'support',
    agent_version: '1',
    environment: 'production',
    drift_type: 'decision',
    metric: 'tool_selection/web_search',
    baseline_value: 0.25,
    observed_value: 0.65,
    delta: 0.4,
    delta_percent: 160,
    significance: 0.000_1,
    test_method: 'chi_square',
    effect_size: 0.4,
    severity: 'medium',
    detected_at: '2026-03-10T12:00:00Z',
    last_detected_at: '2026-03-10T12:00:00Z',
    observation_window_start: '2026-03-09T12:00:00Z',
    observation_window_end: '2026-03-10T12:00:00Z',
    observation_sample_size: 300,
    resolved_at: null,
    ...changes,
  };
}
