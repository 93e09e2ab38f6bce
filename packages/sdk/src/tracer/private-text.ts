/** Keys of providers, by how they begin. */
const PREFIXED =
  /(?<![A-Za-z0-9])(?:sk-[\w-]{16,}|[srp]k_(?:live|test)_\w{8,}|whsec_[\w+/=-]{16,}|gh[opsur]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|xox[abeoprs]-[\w-]{8,}|xapp-[\w-]{8,}|AIza[\w-]{24,}|ya29\.[\w-]{16,}|npm_\w{24,}|pypi-[\w-]{24,}|hf_\w{16,}|gsk_\w{16,}|xai-[\w-]{20,}|pplx-\w{20,}|tvly-[\w-]{16,}|r8_\w{20,}|SG\.[\w-]{16,}|do[opr]_v1_\w{16,}|shp(?:at|ca|pa|ss)_\w{16,}|dckr_pat_[\w-]{16,}|hv[bs]\.[\w-]{16,}|lin_api_\w{16,}|cairn_[0-9a-f]{32}_[\w-]*)/g;

const SHAPED: readonly RegExp[] = [
  /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}/,
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/,
];

const SCHEME = /(?<![A-Za-z0-9])(?:bearer|basic)\s{1,4}([\w.~+/=-]{8,})/gi;

/** A user and a password in an address. */
const USERINFO = /:\/\/[^\s"'<>`:@/?#]{0,200}:([^\s"'<>`@]{1,200})@/g;

/** A name, what stands between it and its value, and the value, quoted or up to where it cannot go on. */
const NAMED =
  /(password|passwd|passphrase|pwd|secret|api[ _-]?key|access[ _-]?key|secret[ _-]?key|account[ _-]?key|private[ _-]?key|signing[ _-]?key|token|credentials?|authorization|cookie|signature|session[ _-]?id)["'\])]{0,2}(\s{0,4}(?:=>|:=|==?|:)\s{0,4}|\s{1,3}(?:is|was)\s{1,3})(?:(?:token|digest|apikey|negotiate) )?(?:"([^"]{0,200})|'([^']{0,200})|([^\s,;&"'<>)}\]]{1,200}))/gi;

/** What follows `token:` or `password is` in a sentence about it. */
const PROSE: ReadonlySet<string> = new Set(
  (
    'none null undefined nil nan true false missing required invalid expired empty not is was must should cannot can ' +
    'incorrect wrong unknown rejected refused denied revoked unset blank absent mismatch mismatched malformed ' +
    'unexpected too failed failure error ok valid optional hidden redacted masked omitted removed string number ' +
    'object array boolean integer text bytes type field eof eos end base64 base64-encoded utf-8 utf8 sha256 a an the ' +
    'no never disabled enabled changed reset unavailable unsupported rotated needed given provided deprecated'
  ).split(' '),
);

const PLACEHOLDER = /^(?:\$\{|\$[A-Z_]+$|%[sdv(]|\{\{?|<|\[redacted|[•…]|x{3,}$)|\*{2}|\.{3}/i;
const PLAIN = /^[A-Za-z]+(?:[-_./][A-Za-z]+)*$/;
const ENVIRONMENT_NAME = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;

const EMAIL =
  /([\p{L}\p{N}._%+'-]{1,64})(?:@|%40)(?:[\p{L}\p{N}][\p{L}\p{N}-]{0,62}\.){1,8}\p{L}{2,24}/gu;
const SOCIAL_SECURITY = /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/;
const NAMED_SOCIAL_SECURITY =
  /(?:ssn|social[ _-]?security(?:[ _-]?(?:number|no))?)\W{0,8}(?:is\s)?\d{3}[ -]?\d\d[ -]?\d{4}(?!\d)/i;
const CARD = /(?<![A-Za-z0-9]|\d[.-])[2-6]\d{1,18}(?:[ -]\d{2,6}){0,6}(?![A-Za-z0-9]|\.\d)/g;
const ISSUED = /^(?:4|5[1-5]|2[2-7]|3[0-9]|6[0-9]|50|58)/;

/**
 * What a text looks like that may not leave the process: "a credential", "an e-mail address", …; null when it may. A word
 * alone gives nothing away: "token limit exceeded" and "password: required" may leave.
 */
export function looksPrivate(text: string): string | null {
  if (holdsCredential(text)) return 'a credential';
  if (holdsEmail(text)) return 'an e-mail address';
  if (SOCIAL_SECURITY.test(text) || NAMED_SOCIAL_SECURITY.test(text)) {
    return 'a social-security number';
  }
  return holdsCard(text) ? 'a card number' : null;
}

function holdsCredential(text: string): boolean {
  // `sk-learn-pipeline-step` has the form of a key, but no key is words only.
  if (matches(PREFIXED, text).some(([found]) => /[A-Z0-9]/.test(found.slice(3)))) return true;
  if (SHAPED.some((pattern) => pattern.test(text))) return true;
  if (matches(SCHEME, text).some(([, value = '']) => looksRandom(value))) return true;
  if (text.includes('://') && matches(USERINFO, text).some(holdsPassword)) return true;
  return matches(NAMED, text).some(isNamedCredential);
}

function holdsPassword([, password = '']: RegExpExecArray): boolean {
  // `host:8443/path?x=a@b` is a port.
  return !PLACEHOLDER.test(password) && !/^\d{1,5}[/?#]/.test(password);
}

/** Whether what stands behind a name is a credential, and not a word of a sentence or a number of tokens. */
function isNamedCredential(match: RegExpExecArray): boolean {
  const [, name = '', between = '', double, single, bare = ''] = match;
  const is_quoted = (double ?? single) !== undefined;
  const value = double ?? single ?? bare.replace(/[.!?:]{1,8}$/, '');
  if (PLACEHOLDER.test(value) || PROSE.has(value.toLowerCase())) return false;
  if (!/[A-Za-z0-9]/.test(value)) return false;
  const is_password = /^(?:pass|pwd)/i.test(name);
  const is_weak = /^(?:token|credential|signature|cookie|session)/i.test(name);
  const is_tight = !/\s/.test(between);
  if (/[a-z]/i.test(between)) {
    return !is_weak && value.length >= 6 && /\d/.test(value) && /[A-Za-z]/.test(value);
  }
  if (/^[\d.,/%]+$/.test(value)) {
    return is_password ? value.length >= (is_tight ? 4 : 6) : !is_weak && value.length >= 10;
  }
  if (PLAIN.test(value) && value.length <= 40 && !/[a-z][A-Z]/.test(value)) {
    if (is_tight) return value.length >= 3 && (is_password || !ENVIRONMENT_NAME.test(value));
    const rest = match.input.slice(match.index + match[0].length);
    const is_last = is_quoted || /^(?:[,;)}\]\n]|\s*$)/.test(rest.slice(0, 4));
    return is_password && !ENVIRONMENT_NAME.test(value) && is_last;
  }
  if (!is_weak) return value.length >= 3;
  return value.length >= 16 || (value.length >= 6 && /\d/.test(value) && /[A-Za-z]/.test(value));
}

function looksRandom(value: string): boolean {
  if (/\d/.test(value) && /[A-Za-z]/.test(value)) return true;
  return value.length >= 12 && /[a-z][A-Z]/.test(value);
}

function holdsEmail(text: string): boolean {
  if (!text.includes('@') && !text.includes('%40')) return false;
  return matches(EMAIL, text).some(([, local]) => local !== 'git');
}

function holdsCard(text: string): boolean {
  return matches(CARD, text).some(([found]) => {
    const digits = found.replaceAll(/\D/g, '');
    const is_long = digits.length >= 13 && digits.length <= 19;
    return is_long && ISSUED.test(digits) && passesLuhn(digits);
  });
}

function passesLuhn(text: string): boolean {
  const digits = [...text].map(Number).reverse();
  const sum = digits.reduce((total, digit, at) => {
    const weighed = at % 2 === 0 ? digit : digit * 2;
    return total + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return sum % 10 === 0;
}

function matches(pattern: RegExp, text: string): RegExpExecArray[] {
  return [...text.matchAll(pattern)];
}
