/**
 * `npm run bench`: how fast it is, beside what it could be at most, in one run.
 *
 *     npm run bench                        everything, in less than ten minutes
 *     npm run bench -- --quick             everything, shorter, in less than two
 *     npm run bench -- create read         only these groups
 *     npm run bench -- --json              one line of JSON per figure
 */
import { ServiceUnavailable } from '../scripts/service-processes.ts';
import type { Figure, Measurement } from './figure.ts';
import { FIGURES } from './figures.ts';
import { Bench } from './harness.ts';
import { coresBusyElsewhere, describeMachine } from './machine.ts';
import { readOptions, USAGE, UsageError, type BenchOptions } from './options.ts';
import { describeMeasurements, toJsonLine } from './report.ts';
import { round } from './statistics.ts';

async function run(options: BenchOptions): Promise<void> {
  const { json, names } = options;
  const chosen = FIGURES.filter(({ name }) => names.length === 0 || names.includes(name));
  const url = process.env.DATABASE_URL ?? '';
  const tell = (line: string) => process[json ? 'stderr' : 'stdout'].write(`${line}\n`);
  const bench = await Bench.open(options, url === '' ? null : url);
  const measurements: Measurement[] = [];
  const take = (measurement: Measurement) => {
    measurements.push(measurement);
    if (json) process.stdout.write(`${JSON.stringify(toJsonLine(measurement))}\n`);
  };
  try {
    for (const line of describeMachine(bench.settings)) tell(line);
    if (options.quick) tell('Quick       short rounds: roughly how fast, and no more');
    await Promise.race([measureAll(bench, chosen, take), interruption(options)]);
  } finally {
    tell('');
    for (const line of describeMeasurements(measurements)) tell(line);
    await bench.close();
  }
}

async function measureAll(
  bench: Bench,
  figures: readonly Figure[],
  take: (measurement: Measurement) => void,
): Promise<void> {
  for (const figure of figures) {
    const busy = await coresBusyElsewhere();
    bench.say(`${figure.name}: ${figure.title}`);
    const elsewhere =
      busy === null ? [] : [`others kept ${round(busy)} cores busy before it began`];
    for (const { notes, ...measured } of await figure.measure(bench))
      take({ ...measured, notes: [...notes, ...elsewhere] });
  }
}

/** Rejects when the run takes too long or somebody ends it, so that what it made is removed also then. */
function interruption({ limit_ms }: BenchOptions): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new Error(`not done after ${limit_ms / 60_000} minutes`));
    setTimeout(end, limit_ms).unref();
    process.once('SIGINT', () => reject(new Error('interrupted')));
  });
}

try {
  const groups = FIGURES.map(({ name }) => name);
  const options = readOptions(process.argv.slice(2), groups);
  await run(options);
} catch (error) {
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n${USAGE}\n`);
  else if (error instanceof ServiceUnavailable)
    process.stderr.write(`${error.message}; set DATABASE_URL to use one that runs elsewhere\n`);
  else process.stderr.write(`${(error as Error).stack}\n`);
  // A run that was cut off leaves measurements behind that would go on.
  process.exit(error instanceof UsageError ? 2 : 1);
}
