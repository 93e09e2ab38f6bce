const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Pauses after each failed attempt, in milliseconds: eight attempts in about 18 hours. */
export const RETRY_PAUSES_MS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
];

export const ATTEMPTS_MAX = RETRY_PAUSES_MS.length + 1;

/**
 * An attempt that fails at a webhook this old is its last. It bounds what piles up behind an endpoint that is down: those
 * that waited for an earlier version do not begin a schedule of their own after it.
 */
export const LIFETIME_MS = 24 * HOUR;

/** How much of a pause is random, so that what failed together does not come back together. */
const JITTER = 0.2;

/** The longest that a receiver can ask us to wait. */
const RETRY_AFTER_MAX_MS = 24 * HOUR;

/** Milliseconds to wait after failed attempt `attempt`. `random` is in [0, 1). */
export function pauseAfter(attempt: number, random: number): number {
  const pause = RETRY_PAUSES_MS[Math.min(attempt, RETRY_PAUSES_MS.length) - 1] ?? 5 * SECOND;
  return Math.round(pause * (1 - JITTER + 2 * JITTER * random));
}

/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date; null when it says nothing of use. */
export function readRetryAfter(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? '';
  const ms = /^\d{1,10}$/.test(text)
    ? Number(text) * SECOND
    : /^[A-Z][a-z]{2}, /.test(text)
      ? Date.parse(text) - now
      : Number.NaN;
  return ms > 0 ? Math.min(ms, RETRY_AFTER_MAX_MS) : null;
}
