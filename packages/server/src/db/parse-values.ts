const TIMESTAMP = /^(\d{4,})-(\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)(?::?(\d\d))?( BC)?$/;
/** What a time lacks that has no fraction, or one of one to three digits. */
const MISSING = ['.000Z', undefined, '00Z', '0Z', 'Z'];

/**
 * Turns PostgreSQL's text of a `timestamptz` into RFC 3339: UTC, milliseconds and `Z`.
 * Years that RFC 3339 cannot write get the sign and six digits of ISO 8601; the infinities stay as they are.
 */
export function parseTimestamp(text: string): string {
  // As nearly all are: our columns keep milliseconds, in UTC. The database leaves out zeros at the end.
  const missing = MISSING[text.length - 22];
  if (missing !== undefined && text.endsWith('+00') && text[10] === ' ')
    return `${text.slice(0, 10)}T${text.slice(11, -3)}${missing}`;
  const match = TIMESTAMP.exec(text);
  if (!match) return text;
  const [, year = '', day, time, hours, minutes = '00', before_christ] = match;
  // There is no year 0 in PostgreSQL, and in ISO 8601 it is 1 BC.
  const number = before_christ ? 1 - Number(year) : Number(year);
  const iso_year = `${number < 0 ? '-' : '+'}${String(Math.abs(number)).padStart(6, '0')}`;
  const date = new Date(`${iso_year}-${day}T${time}${hours}:${minutes}`);
  return Number.isNaN(date.getTime()) ? text : date.toISOString();
}

/** Sequences and counts stay far below 2^53, so a plain number holds them. */
export function parseBigint(text: string): number {
  return Number(text);
}
