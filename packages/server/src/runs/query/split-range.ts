import { DAY_MS, ceilHour, floorHour, nextMicrosecond, toText, type Instant } from './instant.ts';

/** Which runs are meant: those that began in this time, both ends included. Absent means without end. */
export interface TimeRange {
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
}

/** A stretch of time for the database: from `from`, which belongs to it, to `before`, which does not. */
export interface Stretch {
  readonly from: string | null;
  readonly before: string | null;
}

/** A range in parts that do not overlap and leave nothing out. */
export interface SplitRange {
  /** Whole days (in UTC), which the sums of days answer; null when there is none. */
  readonly days: Stretch | null;
  /** Whole hours at the ends of them, which the rollups answer: at most two stretches. */
  readonly hours: readonly Stretch[];
  /** The parts of hours at the ends, which only the runs themselves can answer: at most two. */
  readonly edges: readonly Stretch[];
}

/** Splits a range into whole days, whole hours and what is left at its ends. */
export function splitRange({ from, to }: TimeRange): SplitRange {
  const end = to === undefined ? undefined : nextMicrosecond(to);
  if (from && end && !isBefore(from, end)) return { days: null, hours: [], edges: [] };
  const first_ms = from && ceilHour(from);
  const last_ms = end && floorHour(end);
  if (from && end && first_ms !== undefined && last_ms !== undefined && first_ms > last_ms)
    // Both ends lie within the same hour.
    return { days: null, hours: [], edges: [{ from: toText(from), before: toText(end) }] };
  const first = first_ms === undefined ? null : toText({ ms: first_ms, us: 0 });
  const last = last_ms === undefined ? null : toText({ ms: last_ms, us: 0 });
  const edges: Stretch[] = [];
  if (from && toText(from) !== first) edges.push({ from: toText(from), before: first });
  if (end && toText(end) !== last) edges.push({ from: last, before: toText(end) });
  return { ...splitHours(first_ms, last_ms), edges };
}

/** Whole hours from the one moment to the other, of which those of whole days stand for themselves. */
function splitHours(
  first_ms: number | undefined,
  last_ms: number | undefined,
): Omit<SplitRange, 'edges'> {
  const day_ms = first_ms === undefined ? undefined : Math.ceil(first_ms / DAY_MS) * DAY_MS;
  const before_ms = last_ms === undefined ? undefined : Math.floor(last_ms / DAY_MS) * DAY_MS;
  const hours: Stretch[] = [];
  if (day_ms !== undefined && before_ms !== undefined && day_ms >= before_ms) {
    addStretch(hours, first_ms, last_ms);
    return { days: null, hours };
  }
  if (day_ms !== undefined) addStretch(hours, first_ms, day_ms);
  if (before_ms !== undefined) addStretch(hours, before_ms, last_ms);
  return { days: stretch(day_ms, before_ms), hours };
}

function addStretch(list: Stretch[], from_ms?: number, before_ms?: number): void {
  if (from_ms !== before_ms) list.push(stretch(from_ms, before_ms));
}

function stretch(from_ms?: number, before_ms?: number): Stretch {
  const text = (ms: number | undefined) => (ms === undefined ? null : toText({ ms, us: 0 }));
  return { from: text(from_ms), before: text(before_ms) };
}

/** The whole hours of a range in one piece, for who tells hours apart. */
export function withoutDays(split: SplitRange): SplitRange {
  if (!split.days) return split;
  const [first, second] = [split.hours.at(0), split.hours.at(-1)];
  const from = first && first.before === split.days.from ? first.from : split.days.from;
  const before = second && second.from === split.days.before ? second.before : split.days.before;
  return { days: null, hours: [{ from, before }], edges: split.edges };
}

function isBefore(a: Instant, b: Instant): boolean {
  return a.ms < b.ms || (a.ms === b.ms && a.us < b.us);
}
