import { markerOf, type PrivacyRule, type TextHit } from './contract.ts';
import { findCredentials } from './find-credentials.ts';
import { findCards, findEmails, findSocialSecurityNumbers } from './find-personal-data.ts';

/** What was found in a text, each rule once, and the text without it. */
export interface RedactedText {
  readonly text: string;
  readonly rules: readonly PrivacyRule[];
}

/** Nothing of what is looked for is shorter than this; most codes and many names are. */
const SHORTEST = 6;

/** Without one of these no pattern can match; most names and codes are done here. */
const WORTH_LOOKING =
  /[@:=\d]|-----|bearer|basic|\s(?:is|was)\s|[A-Za-z0-9][-_.][\w-]{8}|AKIA|ASIA|AIza|eyJ/i;

/** What each search begins with; most texts have neither. */
const SIGN = /@|%40/;
const NINE_DIGITS = /\d(?:[ -]?\d){8}/;

/** One in many ids has the digits of a card: ids are passed over, by letters of the same number in their place. */
const UUID = /(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])/gi;
const NO_NUMBER = 'x'.repeat(36);

/**
 * Replaces what is private in a text by typed markers, as in `[redacted:email]`. With `only_credentials` personal data
 * stay. Linear in the length of the text, whatever is in it.
 */
export function redactText(text: string, only_credentials = false): RedactedText {
  if (text.length < SHORTEST || !WORTH_LOOKING.test(text)) return { text, rules: [] };
  const hits: TextHit[] = [];
  findCredentials(text, hits);
  if (!only_credentials) {
    if (SIGN.test(text)) findEmails(text, hits);
    if (NINE_DIGITS.test(text)) {
      const numbers = text.replace(UUID, NO_NUMBER);
      findSocialSecurityNumbers(numbers, hits);
      findCards(numbers, hits);
    }
  }
  if (hits.length === 0) return { text, rules: [] };
  return replaceHits(text, hits);
}

/** Hits that overlap become one, under the rule of the first. */
function replaceHits(text: string, hits: TextHit[]): RedactedText {
  hits.sort((a, b) => a.start - b.start || b.end - a.end);
  const rules = new Set<PrivacyRule>();
  const pieces: string[] = [];
  let written = 0;
  for (const { start, end, rule } of hits) {
    if (start >= written) {
      pieces.push(text.slice(written, start), markerOf(rule));
      rules.add(rule);
    }
    written = Math.max(written, end);
  }
  pieces.push(text.slice(written));
  return { text: pieces.join(''), rules: [...rules] };
}
