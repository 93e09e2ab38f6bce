import { expect, it } from 'vitest';
import { countTests } from './count-tests.ts';

const file = (status: string, ...tests: string[]) => ({
  name: '/home/app/a.test.ts',
  status,
  message: status === 'failed' ? 'no such module' : '',
  assertionResults: tests.map((each) => ({
    status: each,
    title: 'does it',
    failureMessages: each === 'failed' ? ['\u001B[31mError: no\u001B[39m\n  at a.test.ts:3'] : [],
  })),
});

it('counts what passed, and names what failed and why, but nothing that was skipped', () => {
  const testResults = [
    file('passed', 'passed', 'skipped', 'passed'),
    file('failed', 'failed', 'passed'),
  ];
  expect(countTests({ success: false, testResults }, '/home/app')).toEqual({
    passed: 3,
    failures: ['a.test.ts: does it: Error: no at a.test.ts:3'],
  });
});

it('counts a file that broke before its first test, a failed run without a failed test, and a missing report as failures', () => {
  const broken = { success: false, testResults: [file('failed'), file('passed', 'passed')] };
  expect(countTests(broken, '/home/app')).toEqual({
    passed: 1,
    failures: ['a.test.ts: no such module'],
  });
  expect(countTests({ success: false, testResults: [file('passed', 'passed')] })).toEqual({
    passed: 1,
    failures: ['a run failed, and none of its tests'],
  });
  expect(countTests(undefined)).toEqual({ passed: 0, failures: ['a run wrote no report'] });
});

it('keeps a line short', () => {
  const long = file('failed');
  const testResults = [{ ...long, message: 'x'.repeat(5_000) }];
  const [line = ''] = countTests({ success: false, testResults }).failures;
  expect(line.length).toBeLessThan(310);
});
