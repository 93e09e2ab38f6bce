import { AppError } from '../../base/index.ts';
import { readInstant } from '../ingest/read-instant.ts';

/** A moment to the microsecond, as PostgreSQL keeps it. */
export interface Instant {
  /** Whole milliseconds since 1970. */
  readonly ms: number;
  /** Microseconds after them: 0 to 999. */
  readonly us: number;
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Times further on could end beyond what the database reads. */
const LAST_MS = Date.parse('9998-12-31T23:59:59.999Z');

/**
 * Reads a time of a query as ingest reads times: ISO 8601 with an offset or without one (then it is UTC), a date alone, or
 * the seconds or milliseconds since 1970. A plus that was not escaped arrives as a space, and counts as a plus.
 * @throws AppError validation_failed
 */
export function readTime(name: string, text: string): Instant {
  const instant = readInstant(text.trim().replace(/ (?=\d\d(?::?\d\d)?$)/, pluses(text)));
  if (instant && instant.ms <= LAST_MS) return instant;
  const message = 'must be a time of the years 1 to 9998, such as 2026-01-01T00:00:00Z';
  throw new AppError('validation_failed', `${name} ${message}`, {
    errors: [{ path: name, message }],
  });
}

/** A space between date and time is none of an offset. */
function pluses(text: string): ' ' | '+' {
  return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/i.test(text.trim()) && text.trim().length > 16 ? '+' : ' ';
}

/** As RFC 3339 with six digits of a second, which the database reads without loss. */
export function toText({ ms, us }: Instant): string {
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us).padStart(3, '0')}Z`;
}

const STORED = /^(\d{4,})-(\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;

/**
 * PostgreSQL's text of a `timestamptz` in a session in UTC as the wire has it: `2026-01-01T00:00:00Z`, or with six digits
 * of a second where there are any. The drivers' own reading would stop at milliseconds.
 */
export function toWireTime(stored: string): string {
  const match = STORED.exec(stored);
  if (!match) throw new Error(`"${stored}" is not a time of a session in UTC`);
  const [, year = '', day, time, fraction] = match;
  return `${year}-${day}T${time}${fraction === undefined ? '' : `.${fraction.padEnd(6, '0')}`}Z`;
}

/** The same where there may be none. */
export function toWireTimeOrNull(stored: string | null): string | null {
  return stored === null ? null : toWireTime(stored);
}

/** Milliseconds of the start of the hour that the moment lies in. */
export function floorHour({ ms }: Instant): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

/** Milliseconds of the first start of an hour that is not before the moment. */
export function ceilHour(instant: Instant): number {
  const floor = floorHour(instant);
  return floor === instant.ms && instant.us === 0 ? floor : floor + HOUR_MS;
}

/** The next moment that PostgreSQL can tell apart. */
export function nextMicrosecond({ ms, us }: Instant): Instant {
  return us === 999 ? { ms: ms + 1, us: 0 } : { ms, us: us + 1 };
}
