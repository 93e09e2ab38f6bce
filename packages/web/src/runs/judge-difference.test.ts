import { describe, expect, it } from 'vitest';
import { judgeDifference, nameOfMetric } from './judge-difference.ts';

const MANY = { total_runs: 1_000, success_rate: 90 };
const FEW = { total_runs: 29, success_rate: 90 };

describe('a difference between two versions', () => {
  it.each([
    ['run_p95_ms', 300, 0.4, 'higher'],
    ['cost_usd_per_step', -0.001, -0.3, 'lower'],
    ['run_p50_ms', 1, 0.001, 'same'],
    ['run_p50_ms', 0, null, 'same'],
    ['steps_per_run', 2, 0.5, 'higher'],
    ['run_p50_ms', null, null, 'unknown'],
    ['run_p50_ms', 10, null, 'higher'],
  ] as const)('of %s by %s (%s) is %s', (metric, absolute, relative, verdict) => {
    expect(judgeDifference({ metric, absolute, relative }, MANY, MANY)).toBe(verdict);
  });

  it('of few runs is not judged, but their number is', () => {
    const slower = { metric: 'run_p95_ms', absolute: 300, relative: 0.4 };
    expect(judgeDifference(slower, MANY, FEW)).toBe('few');
    expect(judgeDifference({ ...slower, metric: 'total_runs' }, MANY, FEW)).toBe('higher');
  });

  it.each([
    [643, 88.8, 220, 90.9, 'within_chance'],
    [6_430, 88.8, 2_200, 90.9, 'higher'],
    [643, 90.9, 220, 80, 'lower'],
    [10, 50, 10, 100, 'few'],
    [1_000, 99.9, 1_000, 100, 'few'],
    [0, 0, 10, 100, 'few'],
    [643, 88.8, 220, 88.8, 'same'],
  ] as const)(
    'of success, %s runs at %s to %s at %s percent, is %s',
    (n, of_n, m, of_m, verdict) => {
      const absolute = of_m - of_n;
      const difference = { metric: 'success_rate', absolute, relative: absolute / 100 };
      const a = { total_runs: n, success_rate: of_n };
      const b = { total_runs: m, success_rate: of_m };
      expect(judgeDifference(difference, a, b)).toBe(verdict);
    },
  );

  it('has a name, also when the server knows more than the page', () => {
    expect(nameOfMetric('run_p95_ms')).toBe('Run duration, p95');
    expect(nameOfMetric('new_one')).toBe('new_one');
  });
});
