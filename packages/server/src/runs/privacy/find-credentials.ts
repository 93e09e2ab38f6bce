import { type TextHit } from './contract.ts';

/**
 * Keys of providers by how they begin. Each is a fixed beginning and one class repeated to its end, with nothing after it
 * that could fail, so that no text makes the search go back over what it has read.
 */
const PREFIXED = new RegExp(
  `(?<![A-Za-z0-9])(?:${[
    'sk-[\\w-]{16,}',
    '(?:sk|rk)_(?:live|test)_\\w{8,}',
    'whsec_[\\w+/=-]{16,}',
    'gh[opsur]_\\w{16,}',
    'github_pat_\\w{16,}',
    'glpat-[\\w-]{16,}',
    '(?:AKIA|ASIA)[A-Z0-9]{12,}',
    'xox[abeoprs]-[\\w-]{8,}',
    'xapp-[\\w-]{8,}',
    'AIza[\\w-]{24,}',
    'ya29\\.[\\w-]{16,}',
    'npm_\\w{24,}',
    'pypi-[\\w-]{24,}',
    'hf_\\w{16,}',
    'gsk_\\w{16,}',
    'xai-[\\w-]{20,}',
    'pplx-\\w{20,}',
    'tvly-[\\w-]{16,}',
    'r8_\\w{20,}',
    'SG\\.[\\w-]{16,}[\\w.-]*',
    'do[opr]_v1_\\w{16,}',
    'shp(?:at|ca|pa|ss)_\\w{16,}',
    'dckr_pat_[\\w-]{16,}',
    'hv[bs]\\.[\\w-]{16,}',
    'lin_api_\\w{16,}',
    'cairn_[0-9a-f]{32}_[\\w-]*',
  ].join('|')})`,
  'g',
);

/** Starts only where a run of its characters starts, so the one retreat to the dot is paid once a run. */
const JWT = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*){0,3}/g;

const PEM = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/g;

const SCHEME = /(?<![A-Za-z0-9])(bearer|basic)\s{1,4}(?=([\w.~+/=-]+))/gi;

/** A key and what stands between it and its value: `password=`, `"api_key": `, `password is `. */
const NAMED = new RegExp(
  '(password|passwd|passphrase|pwd|secret|api[ _-]?key|access[ _-]?key|secret[ _-]?key|account[ _-]?key|' +
    'private[ _-]?key|signing[ _-]?key|token|credentials?|authorization|cookie|signature|session[ _-]?id)' +
    '["\'\\])]{0,2}(\\s{0,4}(?:=>|:=|==?|:)\\s{0,4}|\\s{1,3}(?:is|was)\\s{1,3})',
  'gi',
);

/** What can stand between a name and its value; without it there is none to look for. */
const BETWEEN = /[:=]|\s(?:is|was)\s/i;

/** What follows `token:` or `password is` in a sentence about it. */
const PROSE = new Set(
  (
    'none null undefined nil nan true false missing required invalid expired empty not is was must should cannot can ' +
    'incorrect wrong unknown rejected refused denied revoked unset blank absent mismatch mismatched malformed ' +
    'unexpected too failed failure error ok valid optional hidden redacted masked omitted removed string number ' +
    'object array boolean integer text bytes type field eof eos end base64 base64-encoded utf-8 utf8 sha256 a an the ' +
    'no never disabled enabled changed reset unavailable unsupported rotated needed given provided deprecated'
  ).split(' '),
);

/** A longer value is one, whatever it looks like; a shorter one that is none may be read again, which this bounds. */
const DOUBTFUL_CHARS_MAX = 64;

/**
 * Finds credentials: keys of providers, JSON Web Tokens, private keys, `Bearer` values, a name followed by its value, and
 * passwords in addresses. A name alone is none: "token limit exceeded" and "password: required" say nothing secret.
 */
export function findCredentials(text: string, hits: TextHit[]): void {
  for (const match of text.matchAll(PREFIXED)) {
    // `sk-learn-pipeline-step` has the form of a key, but no key is words only.
    if (/[A-Z0-9]/.test(match[0].slice(3))) push(hits, match.index, match[0].length);
  }
  if (text.includes('eyJ'))
    for (const match of text.matchAll(JWT)) push(hits, match.index, match[0].length);
  if (text.includes('-----BEGIN ')) findPrivateKeys(text, hits);
  if (BETWEEN.test(text)) findNamed(text, hits);
  for (const match of text.matchAll(SCHEME)) {
    const value = match[2] ?? '';
    if (looksRandom(value)) push(hits, match.index + match[0].length, value.length);
  }
  findUserinfo(text, hits);
}

function push(hits: TextHit[], start: number, length: number): void {
  hits.push({ start, end: start + length, rule: 'credential' });
}

function looksRandom(value: string): boolean {
  if (value.length < 8) return false;
  if (/[0-9]/.test(value) && /[A-Za-z]/.test(value)) return true;
  return value.length >= 12 && /[a-z][A-Z]/.test(value);
}

function findPrivateKeys(text: string, hits: TextHit[]): void {
  let until = 0;
  for (const match of text.matchAll(PEM)) {
    if (match.index < until) continue;
    const footer = text.indexOf('-----END ', match.index);
    const close = footer === -1 ? -1 : text.indexOf('-----', footer + 9);
    // Without an end the rest of the text is the key.
    until = close === -1 ? text.length : close + 5;
    push(hits, match.index, until - match.index);
  }
}

function findNamed(text: string, hits: TextHit[]): void {
  const pattern = new RegExp(NAMED);
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const from = match.index + match[0].length;
    const value = readValue(text, from, match[1] ?? '');
    const verdict = judgeValue(match[1] ?? '', match[2] ?? '', value, text);
    if (verdict) push(hits, value.start, value.end - value.start);
    pattern.lastIndex = verdict ? value.end : value.start;
  }
}

interface Value {
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
}

/** From its first character to its end: the closing quote, or the next character that cannot belong to it. */
function readValue(text: string, at: number, name: string): Value {
  const quote = text[at];
  if (quote === '"' || quote === "'" || quote === '`') {
    let end = at + 1;
    while (end < text.length && text[end] !== quote) end += text[end] === '\\' ? 2 : 1;
    return { start: at + 1, end: Math.min(end, text.length), quoted: true };
  }
  const end = endOfWord(text, at);
  if (
    /^authorization$/i.test(name) &&
    /^(token|digest|apikey|negotiate)$/i.test(text.slice(at, end))
  ) {
    const second = text[end] === ' ' ? end + 1 : end;
    return { start: second, end: endOfWord(text, second), quoted: false };
  }
  return { start: at, end, quoted: false };
}

function endOfWord(text: string, at: number): number {
  const ending = /[\s,;&"'<>)}\]]/g;
  ending.lastIndex = at;
  return ending.exec(text)?.index ?? text.length;
}

const PLAIN = /^[A-Za-z]+(?:[-_./][A-Za-z]+)*$/;
const ENVIRONMENT_NAME = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;
const PLACEHOLDER =
  /^(?:\$\{|\$[A-Z_]+$|%[sdv(]|\{\{?[\w. -]*$|<[\w. -]*$|\[redacted|\*{2}|[•…]|x{3,}$)|\*{3}|\.{3}/i;

/** Whether a text only stands for a value: `***`, `${PASSWORD}`, `<token>`, a marker of this module. */
export function isPlaceholder(text: string): boolean {
  return text.length <= DOUBTFUL_CHARS_MAX && PLACEHOLDER.test(text);
}

/** Whether a value behind a name is a credential, and not a word of a sentence, a number of tokens or a placeholder. */
function judgeValue(name: string, between: string, value: Value, text: string): boolean {
  const raw = text.slice(value.start, value.end);
  const shown = value.quoted ? raw : raw.replace(/[.!?:)]{1,8}$/, '');
  if (value.end - value.start > DOUBTFUL_CHARS_MAX) return true;
  if (shown === '' || isPlaceholder(shown) || PROSE.has(shown.toLowerCase())) return false;
  if (!/[A-Za-z0-9]/.test(shown)) return false;
  const password = /^(?:pass|pwd)/i.test(name);
  const weak = /^(?:token|credential|signature|cookie|session)/i.test(name);
  const tight = !/\s/.test(between);
  const sentence = /[a-z]/i.test(between);
  if (sentence) return !weak && looksRandom(shown.padEnd(8, shown.slice(-1))) && shown.length >= 6;
  if (/^[\d.,/%]+$/.test(shown))
    return password ? shown.length >= (tight ? 4 : 6) : !weak && shown.length >= 10;
  if (PLAIN.test(shown) && shown.length <= 40 && !/[a-z][A-Z]/.test(shown)) {
    // `secret:read` is a scope, `secret=swordfish` and `"secret":"swordfish"` are none.
    const assigned = value.quoted || between.includes('=');
    if (tight)
      return shown.length >= 3 && (password || (assigned && !ENVIRONMENT_NAME.test(shown)));
    return password && !ENVIRONMENT_NAME.test(shown) && (value.quoted || endsHere(text, value.end));
  }
  if (weak)
    return shown.length >= 16 || (shown.length >= 6 && /\d/.test(shown) && /[A-Za-z]/.test(shown));
  return shown.length >= 3;
}

/** Whether the sentence ends with this word; "password: please enter one" goes on. */
function endsHere(text: string, end: number): boolean {
  return /^(?:[,;)}\]"'\n]|\s*$)/.test(text.slice(end, end + 4));
}

const ADDRESS_CHARS_MAX = 512;

/** `postgres://user:password@host`: what stands between `//` and the last `@` before the host. */
function findUserinfo(text: string, hits: TextHit[]): void {
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3)) {
    const start = at + 3;
    const end = endOfAddress(text, start);
    const address = text.slice(start, end);
    if (address.startsWith('[redacted:')) continue;
    const host = address.search(/[/?#]/);
    const authority = host === -1 ? address : address.slice(0, host);
    const colon = authority.indexOf(':');
    if (colon === -1) continue;
    let close = authority.lastIndexOf('@');
    // A slash in a password ends the authority too early: a port has digits only.
    if (close === -1 && !/^\d*$/.test(authority.slice(colon + 1))) close = address.lastIndexOf('@');
    if (close <= colon + 1) continue;
    if (isPlaceholder(address.slice(colon + 1, close))) continue;
    push(hits, start, close);
  }
}

function endOfAddress(text: string, start: number): number {
  const stop = Math.min(text.length, start + ADDRESS_CHARS_MAX);
  let end = start;
  while (end < stop && !/[\s"'<>`]/.test(text[end] ?? ' ')) {
    // The next address has its own turn: a row of `://` is read once each.
    if (text[end] === ':' && text.startsWith('://', end)) break;
    end++;
  }
  return end;
}
