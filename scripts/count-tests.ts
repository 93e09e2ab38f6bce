/**
 * Prints "<N> passed, <M> failed" over the reports that vitest's JSON reporter wrote (`node scripts/count-tests.ts a.json b.json`).
 * A report that is missing, and a test file that did not get as far as a test, each count as one failure.
 */
import fs from 'node:fs';

interface Report {
  success: boolean;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

/** Counts one report; undefined is a run that wrote none. */
export function countTests(report: Report | undefined): { passed: number; failed: number } {
  if (!report) return { passed: 0, failed: 1 };
  const statuses = report.testResults.flatMap((file) =>
    file.assertionResults.map(({ status }) => status),
  );
  const failed = statuses.filter((status) => status === 'failed').length;
  const broken = report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  ).length;
  const unexplained = !report.success && failed + broken === 0 ? 1 : 0;
  return {
    passed: statuses.filter((status) => status === 'passed').length,
    failed: failed + broken + unexplained,
  };
}

if (import.meta.main) {
  const counts = process.argv
    .slice(2)
    .map((file) =>
      countTests(
        fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Report) : undefined,
      ),
    );
  const sum = (key: 'passed' | 'failed'): number =>
    counts.reduce((total, count) => total + count[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') > 0 ? 1 : 0;
}
