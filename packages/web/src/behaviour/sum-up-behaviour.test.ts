import type { AgentOverview, BehaviorBaseline } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { narrowBehaviour, sumUpBehaviour } from './sum-up-behaviour.ts';
import { testDrift } from './testing.ts';

const SEEN = { failures: 0, running: 0, first_seen: null, last_seen: null };
const version = (agent_version: string, runs: number) => ({
  agent_version,
  environment: 'production',
  runs,
  ...SEEN,
});
const AGENT: AgentOverview = {
  agent_id: 'support',
  environments: ['production'],
  runs: 12,
  ...SEEN,
  versions: [version('1', 5), version('2', 7)],
};
const BASELINE: BehaviorBaseline = {
  baseline_id: 'b',
  profile_id: 'p',
  agent_id: 'support',
  agent_version: '2',
  environment: 'production',
  baseline_type: 'version',
  approved_by: null,
  approved_at: null,
  description: null,
  is_active: true,
  created_at: '',
};
const DRIFTS = [
  testDrift({ drift_id: 'new' }),
  testDrift({ drift_id: 'old', resolved_at: '2026-03-10T13:00:00Z' }),
];

describe('behaviour summed up', () => {
  const rows = sumUpBehaviour([AGENT], [BASELINE], DRIFTS);

  it('has a row for each version, those with unresolved drift first', () => {
    expect(rows).toMatchObject([
      { agent_version: '1', runs: 5, baseline: null, drifts: 2, unresolved: 1 },
      { agent_version: '2', runs: 7, baseline: { baseline_id: 'b' }, drifts: 0, unresolved: 0 },
    ]);
    expect(rows[0]?.latest?.drift_id).toBe('new');
  });

  it('also has who drifted and is no longer among the agents', () => {
    expect(sumUpBehaviour([], [], DRIFTS)).toMatchObject([{ agent_id: 'support', runs: 0 }]);
  });

  it('can be narrowed', () => {
    const of = (q: string | undefined, has_drift: boolean, environment?: string) =>
      narrowBehaviour(rows, { q, has_drift, environment }).length;
    expect(of(undefined, false)).toBe(2);
    expect(of('SUPPORT 2', false)).toBe(1);
    expect(of(undefined, true)).toBe(1);
    expect(of(undefined, false, 'test')).toBe(0);
  });
});
