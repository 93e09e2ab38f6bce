import { APICallError } from 'ai';

/**
 * How long a provider asks us to wait, in milliseconds, or null: `retry-after-ms`, `retry-after` in seconds or as a
 * date, or the `retryDelay` in the body of Google's errors.
 */
export function readRetryAfter(
  headers: Readonly<Record<string, string>>,
  error: unknown,
  now: number,
): number | null {
  const exact = amount(headers['retry-after-ms']);
  if (exact !== null) return exact;
  const header = headers['retry-after'];
  const seconds = amount(header);
  if (seconds !== null) return seconds * 1000;
  // A date has a month in letters; Date.parse would take "-5" for one too.
  const date = header !== undefined && /[a-z]/i.test(header) ? Date.parse(header) : Number.NaN;
  if (!Number.isNaN(date)) return Math.max(0, date - now);
  const body = APICallError.isInstance(error) ? (error.responseBody ?? '') : '';
  const delay = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(body)?.[1];
  return delay === undefined ? null : Math.ceil(Number(delay) * 1000);
}

function amount(text: string | undefined): number | null {
  if (text === undefined || !/^\d+(?:\.\d+)?$/.test(text.trim())) return null;
  return Math.ceil(Number(text));
}
