import { describe, expect, it } from 'vitest';
import type { Measurement } from './figure.ts';
import { describeMeasurements, toJsonLine } from './report.ts';

const create: Measurement = {
  figure: 'create',
  unit: '/s',
  ours: [900, 1_100, 1_000],
  baseline: [2_000, 500, 1_000],
  goal: { of: 'ratio', at_least: 1 },
  notes: ['body 100 bytes'],
};

describe('the report', () => {
  it('gives the medians, their ratio and whether the goal is met', () => {
    expect(toJsonLine(create)).toEqual({
      figure: 'create',
      ours: 1_000,
      baseline: 1_000,
      ratio: 1,
      goal: '≥ 1',
      met: true,
    });
    expect(toJsonLine({ ...create, baseline: [1_001, 1_001, 1_001] }).met).toBe(false);
  });

  it('judges our own value where the goal is an absolute one', () => {
    const stream = {
      ...create,
      unit: 'ms',
      baseline: null,
      goal: { of: 'ours', at_most: 60 },
    } as const;
    expect(toJsonLine({ ...stream, ours: [59, 60, 61] })).toMatchObject({
      baseline: null,
      ratio: null,
      goal: '≤ 60 ms',
      met: true,
    });
    expect(toJsonLine({ ...stream, ours: [61, 60.5, 60] }).met).toBe(false);
  });

  it('does not count a figure that could not be measured as met', () => {
    expect(toJsonLine({ ...create, ours: [] }).met).toBe(false);
  });

  it('shows people the table, the spread and the notes', () => {
    const lines = describeMeasurements([create]);
    expect(lines[2]).toMatch(/^create +1000 \/s +1000 \/s +1 +≥ 1 +yes$/);
    expect(lines.join('\n')).toContain('ratio of a round from 0.45 to 2.2');
    expect(lines.at(-1)).toBe('  body 100 bytes');
  });
});
