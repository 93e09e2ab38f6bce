import { describe, expect, it } from 'vitest';
import { layOutDrift, LINES_MAX } from './lay-out-drift.ts';
import { testDrift } from './testing.ts';

const point = (metric: string, value: number) => ({
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
    const charts = layOutDrift(timeline([point('mean', 100), point('p95', 300)]), [
      testDrift(),
      latency,
    ]);
    expect(charts.latency.map(({ name }) => name)).toEqual([
      'mean run duration',
      'p95 of run duration',
    ]);
    expect(charts.latency_marks).toMatchObject([{ href: '/behaviour/l' }]);
    expect(charts.parts).toMatchObject([
      { name: 'web_search in tool_selection', points: [{ value: 0.25 }, { value: 0.65 }] },
    ]);
    expect(charts.part_marks).toHaveLength(1);
  });

  it('have no more lines than can be told apart', () => {
    const many = Array.from({ length: 20 }, (_, at) =>
      testDrift({ metric: `tool_selection/${at}` }),
    );
    expect(layOutDrift(timeline([]), many).parts).toHaveLength(LINES_MAX);
  });
});
