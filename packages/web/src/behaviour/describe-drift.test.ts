import { describe, expect, it } from 'vitest';
import {
  describeDrift,
  nameMetric,
  showDelta,
  showRelative,
  showSignificance,
} from './describe-drift.ts';
import { testDrift } from './testing.ts';

describe('drift in words', () => {
  it('says what was observed and does not judge it', () => {
    const text = describeDrift(testDrift());
    expect(text).toBe('Observed increase of web_search in tool_selection: from 25% to 65%');
    expect(text).not.toMatch(/better|worse|bad|good/);
  });

  it('shows latency as time, never as a percentage', () => {
    const drift = testDrift({
      drift_type: 'latency',
      metric: 'p95',
      baseline_value: 4_200,
      observed_value: 3_000,
      delta: -1_200,
      delta_percent: -28.57,
    });
    expect(describeDrift(drift)).toBe(
      'Observed decrease of p95 of run duration: from 4.2 s to 3.0 s',
    );
    expect([showDelta(drift), showRelative(drift)]).toEqual(['−1.2 s', '−28.6%']);
  });

  it('shows parts in percentage points, and says what was not there before', () => {
    expect(showDelta(testDrift())).toBe('+40.0 percentage points');
    expect(showRelative(testDrift({ delta_percent: null }))).toBe('was not there before');
  });

  it('names metrics', () => {
    expect(nameMetric('signal', 'schema_valid/full_match=false')).toBe(
      'full_match (false) in schema_valid',
    );
    expect(nameMetric('decision', 'types/tool_selection')).toBe('share of tool_selection');
    expect(nameMetric('decision', 'tool_selection/a/b')).toBe('a/b in tool_selection');
    expect(nameMetric('decision', 'odd')).toBe('odd');
  });

  it('never calls a p-value zero', () => {
    expect(showSignificance(4e-40)).toBe('p < 0.001');
    expect(showSignificance(0.0421)).toBe('p = 0.042');
  });
});
