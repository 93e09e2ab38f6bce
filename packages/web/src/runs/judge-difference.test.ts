import { describe, expect, it } from 'vitest';
import { judgeDifference, nameOfMetric } from './judge-difference.ts';

describe('a difference between two versions', () => {
  it.each([
    ['success_rate', 5, 0.06, 'better'],
    ['success_rate', -5, -0.06, 'worse'],
    ['run_p95_ms', 300, 0.4, 'worse'],
    ['cost_usd_per_step', -0.001, -0.3, 'better'],
    ['run_p50_ms', 1, 0.001, 'same'],
    ['run_p50_ms', 0, null, 'same'],
    ['steps_per_run', 2, 0.5, 'differs'],
    ['total_runs', 100, 1, 'differs'],
    ['run_p50_ms', null, null, 'unknown'],
    ['run_p50_ms', 10, null, 'worse'],
  ] as const)('of %s by %s (%s) is %s', (metric, absolute, relative, verdict) => {
    expect(judgeDifference({ metric, absolute, relative })).toBe(verdict);
  });

  it('has a name, also when the server knows more than the page', () => {
    expect(nameOfMetric('run_p95_ms')).toBe('Run duration, p95');
    expect(nameOfMetric('new_one')).toBe('new_one');
  });
});
