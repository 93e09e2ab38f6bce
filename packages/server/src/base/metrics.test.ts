import { describe, expect, it } from 'vitest';
import { Metrics } from './metrics.ts';

describe('metrics', () => {
  it('are collected as Prometheus reads them, with durations in seconds', async () => {
    const metrics = new Metrics();
    metrics.counter('things_total', 'Things.', ['kind']).add({ kind: 'good' }, 2);
    metrics.duration('work_seconds', 'Work.').observe({}, 20);
    metrics.gauge('depth', 'Depth.', ['queue'], async () => [
      { labels: { queue: 'tools' }, value: 7 },
    ]);
    const { text, content_type } = await metrics.collect();
    expect(content_type).toContain('text/plain');
    expect(text).toContain('things_total{kind="good"} 2');
    expect(text).toContain('work_seconds_bucket{le="0.025"} 1');
    expect(text).toContain('work_seconds_bucket{le="0.01"} 0');
    expect(text).toContain('depth{queue="tools"} 7');
  });

  it('do not call a value zero that cannot be read', async () => {
    const metrics = new Metrics();
    metrics.counter('fine_total', 'Fine.').add({});
    metrics.gauge('broken', 'Broken.', [], () => Promise.reject(new Error('no database')));
    const { text } = await metrics.collect();
    expect(text).toContain('fine_total 1');
    expect(text).toMatch(/^broken Nan$/im);
  });
});
