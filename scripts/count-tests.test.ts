import { expect, it } from 'vitest';
import { countTests } from './count-tests.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

it('counts what passed and what failed, and nothing that was skipped', () => {
  const testResults = [
    file('passed', 'passed', 'skipped', 'passed'),
    file('failed', 'failed', 'passed'),
  ];
  expect(countTests({ success: false, testResults })).toEqual({ passed: 3, failed: 1 });
});

it('counts a file that broke before its first test, a failed run without a failed test, and a missing report as failures', () => {
  const broken = { success: false, testResults: [file('failed'), file('passed', 'passed')] };
  expect(countTests(broken)).toEqual({ passed: 1, failed: 1 });
  expect(countTests({ success: false, testResults: [file('passed', 'passed')] })).toEqual({
    passed: 1,
    failed: 1,
  });
  expect(countTests(undefined)).toEqual({ passed: 0, failed: 1 });
});
