import { CairnConnectionError, CairnError, CairnTimeoutError } from './errors.ts';
import type { Timing } from './timing.ts';

/** How the waits between tries grow. */
export interface Backoff {
  /** The first wait is at most this long, in milliseconds. */
  readonly base_ms: number;
  /** No wait is longer than this, in milliseconds. */
  readonly max_ms: number;
}

/** A server that asks for a longer wait than this is not waited for: the caller gets the error and decides. */
const LONGEST_RETRY_AFTER_MS = 30_000;

/** Statuses of answers that say "not now" and that did not take effect, or may safely be asked for again. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** True when the same request may succeed later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof CairnConnectionError || error instanceof CairnTimeoutError) return true;
  if (!(error instanceof CairnError)) return false;
  return PASSING_STATUSES.has(error.status);
}

/**
 * Milliseconds to wait before try number `attempt` + 1 (counted from 0), or null when the server asks for more
 * patience than is sensible. Half of the wait is random, so that clients that failed together do not return together.
 */
export function retryDelay(
  error: unknown,
  attempt: number,
  timing: Timing,
  backoff: Backoff,
): number | null {
  const asked = error instanceof CairnError ? (error.retry_after_ms ?? 0) : 0;
  if (asked > LONGEST_RETRY_AFTER_MS) return null;
  const ceiling = Math.min(backoff.max_ms, backoff.base_ms * 2 ** Math.min(attempt, 20));
  return Math.max(asked, Math.round((ceiling / 2) * (1 + timing.random())));
}

/** Reads a `Retry-After` header, seconds or an HTTP date, as milliseconds from now; null when absent or unreadable. */
export function parseRetryAfter(header: string | null, now_ms: number): number | null {
  if (header === null || header.trim() === '') return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now_ms);
}
