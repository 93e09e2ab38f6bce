const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago `at` was, in a few characters: `now`, `42 s`, `5 min`, `3 h`, `2 d`, then the date. Both in milliseconds. */
export function formatAgo(at: number, now: number): string {
  if (!Number.isFinite(at)) return '';
  const seconds = Math.floor((now - at) / 1_000);
  // Clocks differ a little; a moment in the near future is now.
  if (seconds < 10) return 'now';
  if (seconds < MINUTE) return `${Math.floor(seconds / 10) * 10} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  if (seconds < 7 * DAY) return `${Math.floor(seconds / DAY)} d`;
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(at);
}

/** As `formatAgo`, within a sentence: `just now`, `5 min ago`, `on 3 Nov 2026`. */
export function sayAgo(at: number, now: number): string {
  const text = formatAgo(at, now);
  if (text === '' || text === 'now') return text === 'now' ? 'just now' : text;
  return now - at < 7 * DAY * 1_000 ? `${text} ago` : `on ${text}`;
}

/** The moment in full, for a tooltip. */
export function formatMoment(at: number): string {
  if (!Number.isFinite(at)) return 'unknown time';
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }).format(
    at,
  );
}

/** A duration in milliseconds as people read it: `<1 ms`, `38 ms`, `1.2 s`, `2 min 5 s`, `3 h 20 min`, `2 d 5 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1) return ms === 0 ? '0 ms' : '<1 ms';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ${seconds % MINUTE} s`;
  const minutes = Math.round(seconds / MINUTE);
  if (seconds < DAY) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(seconds / HOUR);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
