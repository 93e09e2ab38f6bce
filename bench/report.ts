import type { Goal, Measurement } from './figure.ts';
import { median, round } from './statistics.ts';

/** One figure as `--json` prints it. `baseline` and `ratio` are null where the goal is an absolute one. */
export interface JsonLine {
  readonly figure: string;
  readonly ours: number;
  readonly baseline: number | null;
  readonly ratio: number | null;
  readonly goal: string;
  readonly met: boolean;
}

/** Medians over the rounds; the ratio is that of the medians. */
export function toJsonLine({ figure, unit, ours, baseline, goal }: Measurement): JsonLine {
  const own = median(ours);
  const other = baseline === null ? null : median(baseline);
  const ratio = other === null ? null : own / other;
  const judged = goal.of === 'ratio' ? (ratio ?? Number.NaN) : own;
  return {
    figure,
    ours: round(own),
    baseline: other === null ? null : round(other),
    ratio: ratio === null ? null : Number(ratio.toPrecision(3)),
    goal: describeGoal(goal, unit),
    met: judged >= (goal.at_least ?? -Infinity) && judged <= (goal.at_most ?? Infinity),
  };
}

function describeGoal({ of, at_least, at_most }: Goal, unit: string): string {
  const bound = at_least === undefined ? `≤ ${at_most}` : `≥ ${at_least}`;
  return of === 'ratio' ? bound : `${bound} ${unit}`;
}

const HEADS = ['figure', 'ours', 'baseline', 'ratio', 'goal', 'met'];

/** The table for people, with the spread of the rounds and the notes below it. */
export function describeMeasurements(measurements: readonly Measurement[]): string[] {
  const rows = measurements.map((measurement) => {
    const { figure, ours, baseline, ratio, goal, met } = toJsonLine(measurement);
    const { unit } = measurement;
    return [
      figure,
      `${ours} ${unit}`,
      baseline === null ? '–' : `${baseline} ${unit}`,
      ratio === null ? '–' : String(ratio),
      goal,
      met ? 'yes' : 'NO',
    ];
  });
  const widths = HEADS.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const details = measurements.flatMap((measurement) => [
    '',
    `${measurement.figure}: ${describeSpread(measurement)}`,
    ...measurement.notes.map((note) => `  ${note}`),
  ]);
  return [
    line(HEADS),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map(line),
    ...details,
  ];
}

function describeSpread({ ours, baseline, unit }: Measurement): string {
  const range = (values: readonly number[]) =>
    `${round(Math.min(...values))} to ${round(Math.max(...values))}`;
  if (baseline === null) return `rounds from ${range(ours)} ${unit}`;
  const ratios = ours.map((value, index) => value / (baseline[index] ?? Number.NaN));
  return `rounds from ${range(ours)} ${unit} against ${range(baseline)} ${unit}; ratio of a round from ${range(ratios)}`;
}
