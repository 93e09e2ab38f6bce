/** How long a provider asks us to wait, in milliseconds, or null: `retry-after-ms`, or `retry-after` in seconds or as a date. */
export function readRetryAfter(headers: Headers, now: number): number | null {
  const exact = amount(headers.get('retry-after-ms'));
  if (exact !== null) return exact;
  const header = headers.get('retry-after');
  const seconds = amount(header);
  if (seconds !== null) return seconds * 1000;
  // A date has a month in letters; Date.parse would take "-5" for one too.
  const date = header !== null && /[a-z]/i.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

function amount(text: string | null): number | null {
  if (text === null || !/^\d{1,12}(?:\.\d+)?$/.test(text.trim())) return null;
  return Math.ceil(Number(text));
}
