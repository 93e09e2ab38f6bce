import type { SecretAction, SecretAudit } from '@cairn/protocol';
import type { Tone } from '../../ui/badge.tsx';

/** What was done to a secret, in words. */
export const ACTION_WORDS: Readonly<Record<SecretAction, { word: string; tone: Tone }>> = {
  create: { word: 'Created', tone: 'good' },
  update: { word: 'Value changed', tone: 'good' },
  delete: { word: 'Deleted', tone: 'warn' },
  grant: { word: 'Granted', tone: 'good' },
  revoke: { word: 'Grant taken back', tone: 'good' },
  decrypt: { word: 'Revealed', tone: 'warn' },
  decrypt_refused: { word: 'Refused', tone: 'bad' },
  decrypt_failed: { word: 'Not readable', tone: 'bad' },
  use: { word: 'Used by the server', tone: 'calm' },
};

const ACCESSES: ReadonlySet<SecretAction> = new Set(['decrypt', 'use']);

/** When each secret was read last, by its id, as far as the lines tell. Lines come newest first. */
export function lastAccesses(lines: readonly SecretAudit[]): ReadonlyMap<string, SecretAudit> {
  const last = new Map<string, SecretAudit>();
  for (const line of lines) {
    if (ACCESSES.has(line.action) && !last.has(line.secret_id)) last.set(line.secret_id, line);
  }
  return last;
}
