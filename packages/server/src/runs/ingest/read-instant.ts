/** A point in time with microseconds, as PostgreSQL keeps it. */
export interface Instant {
  /** Milliseconds since 1970, rounded down. */
  readonly ms: number;
  /** Microseconds beyond these, 0 to 999. */
  readonly us: number;
  /** RFC 3339 in UTC: no fraction, or six digits of it. */
  readonly text: string;
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?(?: ?([Zz])|([+-])(\d\d)(?::?(\d\d))?)?)?$/;
const NUMBER = /^[+-]?\d{1,18}(?:\.\d{1,12})?$/;
/** Numbers beyond this are milliseconds, else seconds: it lies in the year 2603 of the one and in 1970 of the other. */
const SECONDS_MAX = 2e10;
const MS_MIN = Date.parse('0001-01-01T00:00:00Z');
const MS_MAX = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Reads a time laxly: ISO 8601 with any offset, without one (then it is UTC), a date alone (its midnight), or the seconds
 * or milliseconds since 1970 as number or text. Null when it is none of these, or not in the years 1 to 9999.
 */
export function readInstant(value: unknown): Instant | null {
  if (typeof value === 'number') return fromNumber(value);
  if (typeof value !== 'string' || value.length > 60) return null;
  const match = ISO.exec(value);
  if (!match) return NUMBER.test(value) ? fromNumber(Number(value)) : null;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = ''] = match;
  const date = `${year}-${month}-${day}`;
  if (hour > '23') return null;
  const local_ms = Date.parse(`${date}T${hour}:${minute}:${second}Z`);
  // The engine would read the 30th of February as the 2nd of March.
  const may_not_exist = day !== undefined && day > '28';
  if (Number.isNaN(local_ms) || (may_not_exist && toDay(local_ms) !== date)) return null;
  const offset_min = readOffset(match[9], match[10], match[11]);
  if (offset_min === null) return null;
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'));
  if (offset_min === 0 && local_ms >= MS_MIN) {
    // The common case needs no calendar.
    const text = `${date}T${hour}:${minute}:${second}${micros === 0 ? 'Z' : `.${String(micros).padStart(6, '0')}Z`}`;
    return { ms: local_ms + Math.floor(micros / 1_000), us: micros % 1_000, text };
  }
  return toInstant(local_ms - offset_min * 60_000 + Math.floor(micros / 1_000), micros % 1_000);
}

function readOffset(sign?: string, hours = '0', minutes = '0'): number | null {
  if (sign === undefined) return 0;
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function fromNumber(value: number): Instant | null {
  if (!Number.isFinite(value)) return null;
  const ms = Math.abs(value) > SECONDS_MAX ? value : value * 1_000;
  const whole_ms = Math.floor(ms);
  const us = Math.round((ms - whole_ms) * 1_000);
  return us === 1_000 ? toInstant(whole_ms + 1, 0) : toInstant(whole_ms, us);
}

function toInstant(ms: number, us: number): Instant | null {
  if (!(ms >= MS_MIN && ms <= MS_MAX)) return null;
  const iso = new Date(ms).toISOString();
  const is_whole = us === 0 && iso.endsWith('.000Z');
  const text = is_whole
    ? `${iso.slice(0, 19)}Z`
    : `${iso.slice(0, 23)}${String(us).padStart(3, '0')}Z`;
  return { ms, us, text };
}

function toDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Negative when `a` is before `b`, 0 when they are the same. */
export function compareInstants(a: Instant, b: Instant): number {
  return a.ms - b.ms || a.us - b.us;
}

/** PostgreSQL's JSON of a time in UTC (`2026-01-01T00:00:00.005+00:00`) as the wire has it: no fraction, or six digits. */
export function wireTime(text: string): string {
  const whole = text.slice(0, 19);
  const fraction = /^\.(\d{1,6})/.exec(text.slice(19))?.[1]?.padEnd(6, '0') ?? '000000';
  return fraction === '000000' ? `${whole}Z` : `${whole}.${fraction}Z`;
}
