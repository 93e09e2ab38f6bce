import { describe, expect, it } from 'vitest';
import {
  candidatesOf,
  countFailures,
  curlCommand,
  findStep,
  groupSignals,
  sumByType,
} from './sum-up-run.ts';
import { testRun, testStep } from './testing.ts';

describe('a run summed up', () => {
  const steps = [
    testStep(0, [0, 10], { step_type: 'plan' }),
    testStep(1, [10, 60], { step_type: 'other' }),
    testStep(2, [60, 70], { step_type: 'plan' }),
  ];

  it('has every type of step, the longest first', () => {
    expect(sumByType(steps)).toEqual([
      { step_type: 'other', count: 1, latency_ms: 50 },
      { step_type: 'plan', count: 2, latency_ms: 20 },
    ]);
  });

  it('finds a step with its number from one', () => {
    const run = testRun({ steps });
    expect(findStep(run, 'step-1')?.number).toBe(2);
    expect(findStep(run, null)).toBeNull();
    expect(findStep(run, 'gone')).toBeNull();
  });

  it('counts kinds of failures', () => {
    const failure = {
      failure_id: 'f',
      run_id: 'run',
      step_id: null,
      failure_type: 'tool' as const,
      failure_code: 'timeout',
      message: '',
      created_at: '',
    };
    const other = { ...failure, failure_code: 'other' };
    expect(countFailures([other, failure, failure])).toEqual([
      { kind: 'tool/timeout', count: 2 },
      { kind: 'tool/other', count: 1 },
    ]);
  });

  it('groups signals by type with both values', () => {
    const signal = {
      signal_id: 's',
      run_id: 'run',
      step_id: null,
      signal_type: 'schema_valid',
      signal_code: 'full_match',
      value: true,
      weight: null,
      metadata: {},
      recorded_at: '',
      created_at: '',
    };
    expect(groupSignals([signal, { ...signal, value: false }])).toMatchObject([
      { signal_type: 'schema_valid', true: 1, false: 1 },
    ]);
  });

  it('takes only texts as candidates', () => {
    expect(candidatesOf({ candidates: ['a', 1, null, 'b'] })).toEqual(['a', 'b']);
    expect(candidatesOf({ candidates: 'a' })).toEqual([]);
  });

  it('can be read with curl, without a key in it and whatever the id', () => {
    expect(curlCommand('http://localhost:1', "x'; rm -rf /")).toBe(
      `curl -H "Authorization: Bearer $CAIRN_KEY" 'http://localhost:1/v1/runs/x%27%3B%20rm%20-rf%20%2F?view=full'`,
    );
  });
});
