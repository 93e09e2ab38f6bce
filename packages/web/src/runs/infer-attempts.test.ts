import type { RunSignal } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { failedSteps, inferAttempts } from './infer-attempts.ts';
import { testRun, testStep } from './testing.ts';

const named = (seq: number, name: string, metadata: Record<string, unknown> = {}) =>
  testStep(seq, [seq * 10, seq * 10 + 5], { name, metadata });
const attemptsOf = (run: Parameters<typeof inferAttempts>[0]) =>
  [...inferAttempts(run).values()].map(({ attempt }) => attempt);

describe('attempts', () => {
  it('are those that the metadata says, and the first one is no retry', () => {
    const steps = [named(0, 'a', { attempt: 1 }), named(1, 'b'), named(2, 'a', { attempt: 2 })];
    expect(attemptsOf(testRun({ steps }))).toEqual([1, 1, 2]);
  });

  it('are inferred where the same step comes again right after it failed', () => {
    const steps = [
      named(0, 'a', { outcome: 'error' }),
      named(1, 'a', { outcome: 'error' }),
      named(2, 'a'),
      named(3, 'a'),
    ];
    expect(attemptsOf(testRun({ steps }))).toEqual([1, 2, 3, 1]);
  });

  it('are not inferred from a name alone, nor across other steps', () => {
    const steps = [named(0, 'a'), named(1, 'a'), named(2, 'b', { error: 'x' }), named(3, 'a')];
    expect(attemptsOf(testRun({ steps }))).toEqual([1, 1, 1, 1]);
  });

  it.each([0, -1, 1.5, '2', null])('take no number from an attempt of %j', (attempt) => {
    expect(attemptsOf(testRun({ steps: [named(0, 'a', { attempt })] }))).toEqual([1]);
  });
});

describe('steps that failed', () => {
  it('are known by failures, by signals and by their own metadata', () => {
    const signal: RunSignal = {
      signal_id: 's',
      run_id: 'run',
      step_id: 'step-1',
      signal_type: 'tool_success',
      signal_code: 'first_attempt',
      value: false,
      weight: null,
      metadata: {},
      recorded_at: '',
      created_at: '',
    };
    const run = testRun({
      steps: [
        named(0, 'a'),
        named(1, 'b'),
        named(2, 'c', { status: 'failed' }),
        named(3, 'd', { otel: { failure_code: 'timeout' } }),
        named(4, 'e', { error: '' }),
      ],
      failures: [
        {
          failure_id: 'f',
          run_id: 'run',
          step_id: 'step-0',
          failure_type: 'tool',
          failure_code: 'timeout',
          message: '',
          created_at: '',
        },
      ],
      quality_signals: [signal, { ...signal, step_id: 'step-4', value: true }],
    });
    expect([...failedSteps(run)]).toEqual(['step-0', 'step-1', 'step-2', 'step-3']);
  });
});
