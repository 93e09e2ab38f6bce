import { SECRET_OVERLAP_S } from '@cairn/protocol';

/** For how long the secret before may go on signing, in seconds, as choices. */
export const OVERLAPS: readonly { readonly seconds: number; readonly name: string }[] = [
  { seconds: SECRET_OVERLAP_S, name: 'for a day' },
  { seconds: 3_600, name: 'for an hour' },
  { seconds: 604_800, name: 'for a week' },
  { seconds: 0, name: 'not at all' },
];

/** The longest signing secret, in characters. */
export const SIGNING_CHARS = 255;

const CHARS_MIN = 8;

/** What is wrong with a signing secret that a person chose; null when nothing is. The server knows the rest. */
export function faultOf(secret: string): string | null {
  return secret.length >= CHARS_MIN ? null : `At least ${CHARS_MIN} characters`;
}
