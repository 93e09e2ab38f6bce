const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Spans of time that end now, as the address names them. */
export const RANGES = [
  { value: '1h', name: 'last hour', ms: HOUR_MS },
  { value: '24h', name: 'last 24 hours', ms: DAY_MS },
  { value: '7d', name: 'last 7 days', ms: 7 * DAY_MS },
  { value: '30d', name: 'last 30 days', ms: 30 * DAY_MS },
  { value: '90d', name: 'last 90 days', ms: 90 * DAY_MS },
] as const;

/** Up to this span figures are shown by the hour, beyond it by the day. */
const HOURLY_MS = 3 * DAY_MS;

/**
 * The moment that a text of the address means, as RFC 3339: the beginning of one of `RANGES` before `now` (milliseconds),
 * or a time. Undefined when it is neither. Long ranges begin with a whole hour: of those the server has sums.
 */
export function readMoment(text: string | undefined, now: number): string | undefined {
  if (text === undefined || text === '') return undefined;
  const range = RANGES.find(({ value }) => value === text);
  const at = range === undefined ? Date.parse(text) : wholeHour(now - range.ms, range.ms);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

function wholeHour(at: number, range_ms: number): number {
  return range_ms > DAY_MS ? Math.floor(at / HOUR_MS) * HOUR_MS : at;
}

/** Whether figures from `since` (as `readMoment` takes it) until now are best shown by the hour or by the day. */
export function bucketFor(
  since: string | undefined,
  until: string | undefined,
  now: number,
): 'hour' | 'day' {
  const from = readMoment(since, now);
  const to = readMoment(until, now);
  if (from === undefined) return 'day';
  const end = to === undefined ? now : Date.parse(to);
  return end - Date.parse(from) <= HOURLY_MS ? 'hour' : 'day';
}

/** A moment of the address as a field for date and time shows it, in the time of the reader; empty for anything else. */
export function toLocalField(text: string | undefined): string {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  if (Number.isNaN(at)) return '';
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return (
    `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}` +
    `T${two(date.getHours())}:${two(date.getMinutes())}`
  );
}

/** The reverse of `toLocalField`, as RFC 3339 in UTC; empty when nothing is filled in. */
export function fromLocalField(value: string): string {
  const at = Date.parse(value);
  return Number.isNaN(at) ? '' : new Date(at).toISOString();
}
