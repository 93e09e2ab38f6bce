import { createHash } from 'node:crypto';
import type { FailureCreate } from '@cairn/protocol';

/** Characters of a message that tell failures apart; what follows is mostly data. */
const CHARS = 500;

/** What differs between two occurrences of one fault, the most telling form first. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/g, '<id>'],
  [/\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'<>]+/g, '<url>'],
  [/[^\s"'<>@]{1,64}@[^\s"'<>@]{1,255}/g, '<address>'],
  [/"[^"]{0,200}"|'[^']{0,200}'|`[^`]{0,200}`/g, '<text>'],
  [/(?:[\w.~-]*[/\\]){2,}[\w.~-]*/g, '<path>'],
  [/\b0x[0-9a-f]+\b/g, '<number>'],
  [/\b(?=[a-f]*\d)[0-9a-f]{12,}\b/g, '<id>'],
  [/[+-]?\d+(?:[.,:]\d+)*/g, '<number>'],
];

/** The message of a failure without what changes from one occurrence to the next. */
export function generalize(message: string): string {
  const text = message.slice(0, CHARS).toLowerCase();
  return VARIABLE.reduce((rest, [form, name]) => rest.replace(form, name), text)
    .replace(/\s+/g, ' ')
    .trim();
}

/** What two failures share when they are the same one: type, code, and the message without numbers, ids and names. */
export function fingerprintOf(
  failure: Pick<FailureCreate, 'failure_type' | 'failure_code' | 'message'>,
): string {
  const { failure_type, failure_code, message } = failure;
  return createHash('sha256')
    .update(JSON.stringify([failure_type, failure_code, generalize(message)]))
    .digest('hex')
    .slice(0, 32);
}
