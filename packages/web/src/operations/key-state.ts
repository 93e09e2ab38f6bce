import type { ApiKeyItem } from '@cairn/protocol';
import type { Tone } from '../ui/badge.tsx';

/** How a key stands at `now`, in milliseconds. */
export function keyState(
  { revoked_at, expires_at }: Pick<ApiKeyItem, 'revoked_at' | 'expires_at'>,
  now: number,
): { readonly tone: Tone; readonly word: string; readonly is_live: boolean } {
  if (revoked_at !== null) return { tone: 'calm', word: 'Revoked', is_live: false };
  if (expires_at !== null && Date.parse(expires_at) <= now)
    return { tone: 'calm', word: 'Expired', is_live: false };
  return { tone: 'good', word: 'Live', is_live: true };
}

/** The moment that a date field means, as the end of that day here; null for none. RFC 3339. */
export function endOfDay(date: string): string | null {
  const at = new Date(`${date}T23:59:59`);
  return date === '' || Number.isNaN(at.getTime()) ? null : at.toISOString();
}
