import { describe, expect, it } from 'vitest';
import { layOutDrift, LINES_MAX } from './lay-out-drift.ts';
import { testDrift } from './testing.ts';

const point = (metric: string, value: number | null) => ({
  timestamp: '2026-03-10T12:00:00Z',
  metric,
  value,
  drift_detected: false,
  drift_id: null,
});
const timeline = (points: ReturnType<typeof point>[]) => ({
  agent_id: 'support',
  agent_version: 'all',
  environment: 'all',
  timeline: points,
});

describe('the charts of a timeline', () => {
  it('keep durations and parts apart, for they have different scales', () => {
    const latency = testDrift({ drift_id: 'l', drift_type: 'latency', metric: 'p95' });
    const charts = layOutDrift(
      timeline([point('mean', 100), point('p95', 300), point('tool_selection/web_search', 0.4)]),
      [testDrift(), latency],
    );
    expect(charts.latency.map(({ name }) => name)).toEqual([
      'mean run duration',
      'p95 of run duration',
      'p95 of run duration, baseline',
    ]);
    expect(charts.latency_marks).toMatchObject([{ href: '/behaviour/l' }]);
    expect(charts.parts.map(({ name }) => name)).toEqual([
      'web_search in tool_selection',
      'web_search in tool_selection, baseline',
    ]);
    expect(charts.part_marks).toHaveLength(1);
  });

  it('draw what each window had, and the baseline beside it as a line of its own', () => {
    const at = (day: string, value: number | null) => {
      return { ...point('tool_selection/web_search', 0), timestamp: `2026-03-${day}`, value };
    };
    const observed = [at('08', 0.2), at('09', null), at('10', 0.6)];
    const [line, baseline] = layOutDrift(timeline(observed), [testDrift()]).parts;
    expect(line?.points.map(({ value }) => value)).toEqual([0.2, null, 0.6]);
    expect(line?.is_reference).toBeUndefined();
    expect(baseline).toMatchObject({ is_reference: true, look: line?.look });
    expect(baseline?.points).toEqual(line?.points.map((each) => ({ at: each.at, value: 0.25 })));
  });

  it('have no more lines than can be told apart', () => {
    const many = Array.from({ length: 20 }, (_, at) =>
      testDrift({ metric: `tool_selection/${at}` }),
    );
    const { parts } = layOutDrift(timeline([]), many);
    expect(parts.filter((each) => !each.is_reference)).toHaveLength(LINES_MAX);
  });
});
