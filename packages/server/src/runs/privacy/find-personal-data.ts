import { type TextHit } from './contract.ts';

const LOCAL_CHARS_MAX = 64;
const DOMAIN_CHARS_MAX = 255;
const LOCAL_CHAR = /[\p{L}\p{N}._%+'-]/u;
const DOMAIN = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.){1,8}\p{L}{2,24}/u;

/**
 * Finds e-mail addresses, also with the `@` written as `%40`. Looks outward from each `@`, a bounded way. Not found:
 * `git@host:repository`, which is an address of a repository, and `name@1.2.3.tgz`, a version.
 */
export function findEmails(text: string, hits: TextHit[]): void {
  for (const sign of ['@', '%40']) {
    let floor = 0;
    for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + sign.length)) {
      const least = Math.max(floor, at - LOCAL_CHARS_MAX);
      let start = at;
      while (start > least && LOCAL_CHAR.test(text[start - 1] ?? ' ')) start--;
      const from = at + sign.length;
      const domain = DOMAIN.exec(text.slice(from, from + DOMAIN_CHARS_MAX))?.[0];
      if (start === at || domain === undefined || /^\d+\.\d/.test(domain)) continue;
      if (text.slice(start, at) === 'git') continue;
      floor = from + domain.length;
      hits.push({ start, end: floor, rule: 'email' });
    }
  }
}

const SSN = /(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])/g;
const NAMED_SSN =
  /(?:ssn|social[ _-]?security(?:[ _-]?(?:number|no))?)\W{0,8}(?:is\s)?(\d{3}[ -]?\d\d[ -]?\d{4})(?!\d)/gi;

/** Finds social-security numbers of the United States: with hyphens anywhere, otherwise only behind their name. */
export function findSocialSecurityNumbers(text: string, hits: TextHit[]): void {
  for (const match of text.matchAll(SSN)) {
    hits.push({
      start: match.index,
      end: match.index + match[0].length,
      rule: 'social_security_number',
    });
  }
  for (const match of text.matchAll(NAMED_SSN)) {
    const number = match[1] ?? '';
    const end = match.index + match[0].length;
    hits.push({ start: end - number.length, end, rule: 'social_security_number' });
  }
}

/** What the first digits and the number of digits are at each issuer. */
const ISSUERS: readonly { readonly first: RegExp; readonly digits: readonly number[] }[] = [
  { first: /^4/, digits: [13, 16, 19] },
  { first: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, digits: [16] },
  { first: /^3[47]/, digits: [15] },
  { first: /^(?:6011|64[4-9]|65)/, digits: [16, 17, 18, 19] },
  { first: /^(?:36|38|39|30[0-5]|3095)/, digits: [14, 15, 16, 17, 18, 19] },
  { first: /^35(?:2[89]|[3-8])/, digits: [16, 17, 18, 19] },
  { first: /^62/, digits: [16, 17, 18, 19] },
  { first: /^220[0-4]/, digits: [16, 17, 18, 19] },
  {
    first: /^(?:5018|5020|5038|5893|6304|6759|676[1-3])/,
    digits: [12, 13, 14, 15, 16, 17, 18, 19],
  },
];

/** The number is part of a word or of a decimal fraction. */
const GOES_ON_BEFORE = /[A-Za-z0-9]$|\d\.$/;
const GOES_ON_AFTER = /^[A-Za-z0-9]|^\.\d/;

interface Group {
  readonly start: number;
  readonly end: number;
}

/** Finds payment card numbers: a length and beginning that an issuer has, and a right check digit (Luhn). */
export function findCards(text: string, hits: TextHit[]): void {
  let groups: Group[] = [];
  let separator = '';
  for (const match of text.matchAll(/\d+/g)) {
    const group = { start: match.index, end: match.index + match[0].length };
    const before = groups.at(-1);
    const gap = before ? text.slice(before.end, group.start) : '';
    const joined = before !== undefined && /^[ -]$/.test(gap);
    if (!joined || (separator !== '' && gap !== separator)) {
      judgeGroups(text, groups, hits);
      groups = joined && before ? [before] : [];
    }
    separator = joined ? gap : '';
    groups.push(group);
  }
  judgeGroups(text, groups, hits);
}

function judgeGroups(text: string, groups: readonly Group[], hits: TextHit[]): void {
  for (let from = 0; from < groups.length; from++) {
    const first = groups[from];
    if (!first || GOES_ON_BEFORE.test(text.slice(Math.max(0, first.start - 2), first.start)))
      continue;
    let digits = '';
    for (let to = from; to < groups.length && digits.length < 19; to++) {
      const group = groups[to];
      if (!group || (to > from && group.end - group.start < 2)) break;
      if (digits.length + group.end - group.start > 19) break;
      digits += text.slice(group.start, group.end);
      if (GOES_ON_AFTER.test(text.slice(group.end, group.end + 2)) || !isCard(digits)) continue;
      hits.push({ start: first.start, end: group.end, rule: 'card_number' });
    }
  }
}

/** Whether digits without separators are a card number. */
export function isCard(digits: string): boolean {
  if (digits.length < 12 || digits.length > 19) return false;
  if (!ISSUERS.some((each) => each.digits.includes(digits.length) && each.first.test(digits)))
    return false;
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
