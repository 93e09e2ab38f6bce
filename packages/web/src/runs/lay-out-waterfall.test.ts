import { describe, expect, it } from 'vitest';
import { layOutWaterfall } from './lay-out-waterfall.ts';
import { STARTED, testRun, testStep } from './testing.ts';

describe('the waterfall', () => {
  it('begins with the wait before the first step', () => {
    const { rows, total_ms } = layOutWaterfall(testRun({ steps: [testStep(0, [250, 500])] }), 0);
    expect(total_ms).toBe(1_000);
    expect(rows).toMatchObject([
      { key: 'queue', step: null, left: 0, width: 25 },
      { key: 'step-0', left: 25, width: 25, attempt: 1, has_failed: false },
    ]);
  });

  it('has a bar of its own for each attempt', () => {
    const same = { name: 'fetch' };
    const steps = [
      testStep(0, [0, 100], { ...same, metadata: { error: 'timeout' } }),
      testStep(1, [200, 300], same),
    ];
    const { rows } = layOutWaterfall(testRun({ steps }), 0);
    expect(rows.map(({ attempt, has_failed, left }) => [attempt, has_failed, left])).toEqual([
      [1, true, 0],
      [2, false, 20],
    ]);
  });

  it('grows with a run that is still going on', () => {
    const run = testRun({ ended_at: null, status: 'running', steps: [testStep(0, [0, 100])] });
    expect(layOutWaterfall(run, STARTED + 2_000).total_ms).toBe(2_000);
  });

  it('has a bar up to now for a step that waits', () => {
    const waits = testStep(0, [500, 500], { metadata: { outcome: 'waiting' } });
    const run = testRun({ ended_at: null, status: 'running', steps: [waits] });
    const bar = (now_ms: number) => layOutWaterfall(run, STARTED + now_ms).rows.at(-1);
    expect(bar(2_000)).toMatchObject({ start_ms: 500, duration_ms: 1_500, left: 25, width: 75 });
    expect(bar(100)).toMatchObject({ start_ms: 500, duration_ms: 0 });
  });

  it('keeps steps on the axis when clocks are wrong', () => {
    const steps = [testStep(0, [-500, 100]), testStep(1, [900, 5_000])];
    const { rows, total_ms } = layOutWaterfall(testRun({ steps }), 0);
    expect(total_ms).toBe(5_000);
    for (const { left, width } of rows) {
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left + width).toBeLessThanOrEqual(100);
    }
  });

  it('takes the latency of a step whose times are the same', () => {
    const { rows } = layOutWaterfall(
      testRun({ steps: [testStep(0, [0, 0], { latency_ms: 400 })] }),
      0,
    );
    expect(rows[0]?.duration_ms).toBe(400);
  });

  it('is empty for a run without steps', () => {
    expect(layOutWaterfall(testRun({ ended_at: null }), STARTED - 1)).toMatchObject({
      rows: [],
      total_ms: 1,
    });
  });
});
