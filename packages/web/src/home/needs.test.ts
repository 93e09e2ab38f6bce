import type { BehaviorDrift, DeadLetter, RegistryAgent, RunSummary } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { needsOf } from './needs.ts';

const letter = (id: string, endpoint_id: string, created_at: string) =>
  ({
    id,
    endpoint_id,
    url: 'https://hooks.example/x',
    last_error: '500',
    created_at,
  }) as DeadLetter;
const run = (run_id: string, agent_id: string, started_at: string) =>
  ({
    run_id,
    agent_id,
    started_at,
    failure: 'tool/timeout',
    end_reason: null,
  }) as RunSummary;
const drift = (drift_id: string, delta_percent: number | null) =>
  ({
    drift_id,
    agent_id: 'support',
    agent_version: '1',
    environment: 'production',
    metric: 'p95',
    severity: 'high',
    delta_percent,
    last_detected_at: '2026-11-20T00:00:00Z',
  }) as BehaviorDrift;

describe('what needs a person', () => {
  it('is nothing when nothing was found, or nothing may be seen', () => {
    expect(needsOf({})).toEqual([]);
    expect(needsOf({ dead_letters: [], failed_runs: [], drift: [] })).toEqual([]);
  });

  it('puts alike ones into one line that leads to all of them, and one alone to itself', () => {
    const needs = needsOf({
      dead_letters: [
        letter('3', 'e', '2026-11-21T03:00:00Z'),
        letter('1', 'e', '2026-11-21T01:00:00Z'),
      ],
      failed_runs: [
        run('r2', 'a', '2026-11-21T02:00:00Z'),
        run('r1', 'b & c', '2026-11-21T00:30:00Z'),
      ],
    });
    expect(needs.map(({ title, to, count }) => [title, to, count])).toEqual([
      ['2 events could not be delivered', '/operations/dead-letters?endpoint=e', 2],
      ['a failed', '/runs/r2', 1],
      ['b & c failed', '/runs/r1', 1],
    ]);
    const many = needsOf({
      failed_runs: [
        run('2', 'b & c', '2026-11-21T02:00:00Z'),
        run('1', 'b & c', '2026-11-21T01:00:00Z'),
      ],
    });
    expect(many[0]?.to).toBe('/runs?status=failure&since=24h&agent=b%20%26%20c');
  });

  it('puts what keeps agents from working before everything that is newer', () => {
    const agent = {
      id: 'x',
      name: 'clerk',
      status: 'invalid',
      reason: 'no prompt',
      last_seen: null,
    };
    const needs = needsOf({
      agents: [agent as RegistryAgent, { ...agent, id: 'y', status: 'active' } as RegistryAgent],
      failed_runs: [run('r', 'a', '2026-11-21T02:00:00Z')],
    });
    expect(needs.map(({ kind }) => kind)).toEqual(['definition', 'failed_run']);
    expect(needs[0]?.detail).toBe('no prompt');
  });

  it('says how much behaviour changed, also where there was none before', () => {
    expect(needsOf({ drift: [drift('1', 42.26)] })[0]?.detail).toBe('p95 +42.3 %, high severity');
    expect(needsOf({ drift: [drift('1', -250)] })[0]?.detail).toBe('p95 −250 %, high severity');
    expect(needsOf({ drift: [drift('2', null), drift('1', 1)] })[0]?.detail).toBe(
      '2 changes, the latest: p95 appeared',
    );
  });
});
