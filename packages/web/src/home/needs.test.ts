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
const failed = (agent_id: string, count: number, started_at: string, code: string | null) => ({
  agent_id,
  code,
  count,
  is_bounded: false,
  newest: { run_id: `r-${agent_id}`, started_at, end_reason: null } as RunSummary,
});
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
    expect(needsOf({ dead_letters: [], failures: [], drift: [] })).toEqual([]);
  });

  it('puts alike ones into one line that leads to all of them, and one alone to itself', () => {
    const needs = needsOf({
      dead_letters: [
        letter('3', 'e', '2026-11-21T03:00:00Z'),
        letter('1', 'e', '2026-11-21T01:00:00Z'),
      ],
      failures: [
        failed('a', 1, '2026-11-21T02:00:00Z', 'timeout'),
        failed('b & c', 1, '2026-11-21T00:30:00Z', null),
      ],
    });
    expect(needs.map(({ title, to, count }) => [title, to, count])).toEqual([
      ['2 events could not be delivered', '/operations/dead-letters?endpoint=e', 2],
      ['a failed', '/runs/r-a', 1],
      ['b & c failed', '/runs/r-b & c', 1],
    ]);
    const many = needsOf({
      failures: [
        failed('b & c', 1_234, '2026-11-21T02:00:00Z', 'http_500'),
        failed('b & c', 7, '2026-11-21T01:00:00Z', null),
      ],
    });
    expect(many.map(({ title, detail, to }) => [title, detail, to])).toEqual([
      [
        'b & c failed 1,234 times',
        'http_500',
        '/runs?status=failure&since=24h&agent=b+%26+c&q=http_500',
      ],
      ['b & c failed', 'without a reason', '/runs?status=failure&since=24h&agent=b+%26+c'],
    ]);
  });

  it('tells what could not be delivered once, by the dead letters of those who see them', () => {
    const failures = [failed('cairn.webhooks', 3, '2026-11-21T02:00:00Z', 'http_500')];
    expect(needsOf({ failures })).toHaveLength(1);
    expect(needsOf({ failures, dead_letters: [] })).toEqual([]);
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
      failures: [failed('a', 1, '2026-11-21T02:00:00Z', 'timeout')],
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
