/**
 * Round marks of an axis from `low` to `high`, both included when they are round: about `count` of them, in steps of 1, 2 or 5
 * times a power of ten. A range that is next to nothing beside its values has one mark: more could not be told apart.
 */
export function axisTicks(low: number, high: number, count: number): readonly number[] {
  const span = high - low;
  const is_point = !(span > Math.max(Math.abs(low), Math.abs(high)) * 1e-9);
  if (is_point || !Number.isFinite(span) || count < 1) return [low];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((each) => each * power >= rough * 0.999_999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Of whole numbers, so that 0.1 + 0.2 is 0.3.
  return Array.from({ length: last - first + 1 }, (_, at) =>
    Number(((first + at) * step).toPrecision(12)),
  );
}

/** The range that an axis of these values has: from zero, unless some are below it, to a round mark above all of them. */
export function axisRange(values: readonly number[]): readonly [low: number, high: number] {
  const low = values.reduce((least, each) => Math.min(least, each), 0);
  const most = values.reduce((largest, each) => Math.max(largest, each), 0);
  if (most === low) return [low, low + 1];
  const ticks = axisTicks(low, most, 4);
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0) || most - low;
  const last = ticks.at(-1) ?? most;
  return [low, last >= most ? last : Number((last + step).toPrecision(12))];
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** What is round on a clock, from a second up. */
const CLOCK_STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR_MS),
];

/** Round marks of a duration in milliseconds from its beginning, at most about `count`: beyond a second as a clock has them. */
export function durationTicks(total_ms: number, count: number): readonly number[] {
  const rough = total_ms / count;
  if (!(rough > SECOND_MS) || !Number.isFinite(rough)) return axisTicks(0, total_ms, count);
  const step =
    CLOCK_STEPS_MS.find((each) => each >= rough * 0.999_999) ?? Math.ceil(rough / DAY_MS) * DAY_MS;
  return Array.from({ length: Math.floor(total_ms / step + 1e-9) + 1 }, (_, at) => at * step);
}
