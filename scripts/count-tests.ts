/**
 * Names every test that failed, and prints "<N> passed, <M> failed" as the last line, over the reports that vitest's
 * JSON reporter wrote (`node scripts/count-tests.ts a.json b.json`). A report that is missing, and a test file that did
 * not get as far as a test, each count as one failure.
 */
import fs from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

interface Report {
  success: boolean;
  testResults: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { status: string; title: string; failureMessages?: string[] | null }[];
  }[];
}

/** What a run came to; `failures` has a line for each failure. */
export interface Tally {
  readonly passed: number;
  readonly failures: readonly string[];
}

/** A line is short, since what is at hand of a run elsewhere may be no more than its end. */
const LINE_CHARS = 300;

/** Counts one report; undefined is a run that wrote none. `root` is left out of the names of files. */
export function countTests(report: Report | undefined, root = ''): Tally {
  if (!report) return { passed: 0, failures: ['a run wrote no report'] };
  const failures = report.testResults.flatMap((file) => {
    const name = relative(root, file.name);
    const failed = file.assertionResults.filter(({ status }) => status === 'failed');
    if (failed.length > 0)
      return failed.map(({ title, failureMessages }) =>
        line(`${name}: ${title}`, failureMessages?.[0]),
      );
    return file.status === 'failed' ? [line(name, file.message)] : [];
  });
  const passed = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'passed'),
  ).length;
  if (!report.success && failures.length === 0)
    failures.push('a run failed, and none of its tests');
  return { passed, failures };
}

function line(what: string, message = ''): string {
  const text = stripVTControlCharacters(`${what}: ${message}`).replaceAll(/\s+/g, ' ');
  return text.length > LINE_CHARS ? `${text.slice(0, LINE_CHARS)}…` : text;
}

if (import.meta.main) {
  const tallies = process.argv
    .slice(2)
    .map((file) =>
      countTests(
        fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Report) : undefined,
        process.cwd(),
      ),
    );
  const failures = tallies.flatMap((each) => each.failures);
  const passed = tallies.reduce((total, each) => total + each.passed, 0);
  for (const each of failures) console.log(`failed: ${each}`);
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}
