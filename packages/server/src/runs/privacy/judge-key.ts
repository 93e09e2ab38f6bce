import { type PrivacyRule } from './contract.ts';

/** The keys that the contract refuses at the top of a step's metadata. */
export const STEP_KEYS: ReadonlySet<string> = new Set([
  'prompt',
  'response',
  'output',
  'input',
  'content',
  'text',
  'message',
]);

/** The keys that the contract refuses in the metadata of a decision or a signal. */
export const STRUCTURED_KEYS: ReadonlySet<string> = new Set([
  ...STEP_KEYS,
  'reasoning',
  'thought',
  'chain_of_thought',
  'explanation',
  'rationale',
]);

/** Words that say: here is what was said. Plurals are read as singulars. */
const CONTENT_WORDS: ReadonlySet<string> = new Set([
  ...STEP_KEYS,
  'reasoning',
  'thought',
  'explanation',
  'rationale',
  'completion',
  'transcript',
  'utterance',
  'instruction',
  'scratchpad',
]);

/** Words that tell the same where they stand inside another: `userprompt`. */
const EMBEDDED = /prompt|transcript|rationale|explanation|scratchpad|chainofthought/;

/** A key that ends in one of these measures or names content instead of holding it: `prompt_tokens`, `message_id`. */
const MEASURE_WORDS: ReadonlySet<string> = new Set(
  (
    'token count length len size byte char character word line item m ms us ns sec second minute time timestamp at ' +
    'latency duration date day id uuid type format mime code status model name version hash sha sha1 sha256 md5 ' +
    'digest checksum fingerprint language lang locale encoding rate ratio percent score cost usd price max min avg ' +
    'mean limit total index number num effort level enabled supported present valid ok success finish reason source ' +
    'role tier kind modality stream streaming streamed cached cache truncated redacted empty schema required'
  ).split(' '),
);

/** The ends of keys that hold a credential, as words. */
const CREDENTIAL_ENDS: readonly (readonly string[])[] = [
  ['password'],
  ['passwd'],
  ['passphrase'],
  ['pwd'],
  ['secret'],
  ['token'],
  ['apikey'],
  ['authorization'],
  ['cookie'],
  ['credential'],
  ['api', 'key'],
  ['access', 'key'],
  ['secret', 'key'],
  ['private', 'key'],
  ['signing', 'key'],
  ['encryption', 'key'],
  ['account', 'key'],
  ['connection', 'string'],
];

/** What makes a `token` a piece of text or a place in a list instead of a credential. */
const HARMLESS_TOKENS: ReadonlySet<string> = new Set(
  'stop eos bos pad unk mask sep cls start end special next page continuation per first last'.split(
    ' ',
  ),
);

/** Longer keys are refused as text before they come here; this only bounds the work. */
const KEY_CHARS_MAX = 200;

/**
 * What a key says of its value beyond the contract's own sets, at any depth and in any spelling (`userPrompt`,
 * `user-prompt`, `user.prompt`): `content_key`, `credential`, or null for neither. Only for values that can hold text:
 * a number under `output` is a count.
 */
export function judgeKey(key: string): PrivacyRule | null {
  if (key.length > KEY_CHARS_MAX) return 'long_text';
  const words = splitWords(key);
  const last = words.at(-1);
  if (last === undefined) return null;
  if (holdsCredential(words)) return 'credential';
  if (MEASURE_WORDS.has(last)) return null;
  return words.some((word) => CONTENT_WORDS.has(word) || EMBEDDED.test(word))
    ? 'content_key'
    : null;
}

/** Whether a text has one of the words that the contract has for content, as a whole word: `context` has none. */
export function namesContent(text: string): boolean {
  return splitWords(text).some((word) => STRUCTURED_KEYS.has(word));
}

function holdsCredential(words: readonly string[]): boolean {
  return CREDENTIAL_ENDS.some((end) => {
    const from = words.length - end.length;
    if (from < 0 || !end.every((word, index) => words[from + index] === word)) return false;
    return end[0] !== 'token' || !HARMLESS_TOKENS.has(words[from - 1] ?? '');
  });
}

/** The words of a key in lower case and singular, without numbers that only count. */
export function splitWords(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && !/^\d+$/.test(word))
    .map(singular);
}

/** `tokens` is more than one credential at most, but nearly always a count: it stays as it is for `holdsCredential`. */
function singular(word: string): string {
  if (word === 'tokens') return 'count';
  return word.length > 3 && word.endsWith('s') && !/(ss|us|is)$/.test(word)
    ? word.slice(0, -1)
    : word;
}
