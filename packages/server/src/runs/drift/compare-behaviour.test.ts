import { describe, expect, it } from 'vitest';
import { bucketOf } from '../measure-latency.ts';
import { compareBehaviour } from './compare-behaviour.ts';
import type { Behaviour } from './contract.ts';

function behaviour(given: Partial<Behaviour> & { durations?: readonly number[] } = {}): Behaviour {
  const { durations = [], ...rest } = given;
  const latency_buckets: number[] = [];
  for (const ms of durations) {
    const bucket = bucketOf(ms);
    while (latency_buckets.length <= bucket) latency_buckets.push(0);
    latency_buckets[bucket] = (latency_buckets[bucket] ?? 0) + 1;
  }
  const latency_total = durations.reduce((sum, each) => sum + each, 0);
  return { sample_size: 100, decisions: {}, signals: {}, latency_buckets, latency_total, ...rest };
}

const tools = (search: number, browse: number) =>
  behaviour({ decisions: { tool_selection: { search, browse } } });

describe('what has changed', () => {
  it('is nothing when nothing has, or when there are too few to tell', () => {
    expect(compareBehaviour(tools(65, 35), tools(650, 350))).toEqual([]);
    expect(compareBehaviour(tools(13, 7), tools(9, 11))).toEqual([]);
    expect(compareBehaviour(behaviour(), behaviour())).toEqual([]);
    expect(compareBehaviour(tools(65, 35), behaviour())).toEqual([]);
  });

  it('is told with both parts, the difference, and how certain and how large it is', () => {
    const [found, ...more] = compareBehaviour(tools(650, 350), tools(450, 550));
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      drift_type: 'decision',
      metric: 'tool_selection/browse',
      baseline_value: 0.35,
      observed_value: 0.55,
      test_method: 'chi_square',
      severity: 'low',
    });
    expect(found?.delta).toBeCloseTo(0.2, 10);
    expect(found?.delta_percent).toBeCloseTo(57.14, 2);
    expect(found?.significance).toBeLessThan(1e-15);
    expect(found?.effect_size).toBeCloseTo(0.201, 3);
  });

  it('is not told when it is certain but too small to matter', () => {
    expect(compareBehaviour(tools(50_000, 50_000), tools(51_000, 49_000))).toEqual([]);
  });

  it('is a choice, a type or a value that is new', () => {
    const [choice] = compareBehaviour(tools(100, 0), tools(60, 40));
    expect(choice).toMatchObject({ metric: 'tool_selection/browse', baseline_value: 0 });
    expect(choice).toMatchObject({ delta_percent: null, severity: 'high' });
    const types = { tool_selection: { search: 100 }, response_mode: { batch: 60 } };
    const [type] = compareBehaviour(tools(100, 0), behaviour({ decisions: types }));
    expect(type?.metric).toMatch(/^types\//);
    const signals = (ok: number, not: number) =>
      behaviour({ signals: { tool_success: { first_attempt: ok, 'first_attempt=false': not } } });
    const [signal] = compareBehaviour(signals(95, 5), signals(40, 60));
    expect(signal).toMatchObject({ drift_type: 'signal', severity: 'high' });
  });

  it('is that runs take longer, or shorter', () => {
    const durations = Array.from({ length: 200 }, (_, index) => 100 + index);
    const slower = behaviour({ durations: durations.map((each) => each * 1.6) });
    const [found] = compareBehaviour(behaviour({ durations }), slower);
    expect(found).toMatchObject({ drift_type: 'latency', test_method: 'mann_whitney' });
    expect(found?.delta_percent).toBeGreaterThan(50);
    expect(found?.severity).toBe('high');
    const [back] = compareBehaviour(slower, behaviour({ durations }));
    expect(back?.delta).toBeLessThan(0);
    expect(compareBehaviour(behaviour({ durations }), behaviour({ durations }))).toEqual([]);
  });

  it('is held to a stricter measure the more is looked at', () => {
    const some = { search: 60, browse: 40 };
    const other = { search: 46, browse: 54 };
    const calm = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`calm_${index}`, { a: 50, b: 50 }]),
    );
    const one = compareBehaviour(
      behaviour({ decisions: { tool_selection: some } }),
      behaviour({ decisions: { tool_selection: other } }),
    );
    expect(one).toHaveLength(1);
    const many = compareBehaviour(
      behaviour({ decisions: { ...calm, tool_selection: some } }),
      behaviour({ decisions: { ...calm, tool_selection: other } }),
    );
    expect(many).toEqual([]);
  });
});
