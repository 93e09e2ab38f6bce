import { createHash } from 'node:crypto';

/**
 * The id of something that came without one: made from its run and its place there, so that a repeat of the same report
 * is the same report. A UUID of version 8, whose bits are the maker's own.
 */
export function deriveId(run_id: string, kind: string, place: number | string): string {
  const hex = createHash('sha256').update(`${run_id}/${kind}/${place}`).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
