/** Turns PostgreSQL's text of a `timestamptz` (in UTC) into RFC 3339, milliseconds and `Z`. */
export function parseTimestamp(text: string): string {
  if (text === 'infinity' || text === '-infinity') return text;
  const iso = `${text.slice(0, 10)}T${text.slice(11)}`.replace(/([+-]\d\d)$/, '$1:00');
  return new Date(iso).toISOString();
}

/** Sequences and counts stay far below 2^53, so a plain number holds them. */
export function parseBigint(text: string): number {
  return Number(text);
}
