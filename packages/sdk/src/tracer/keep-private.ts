/** Keys that the metadata of a step may not have. */
export const STEP_KEYS: ReadonlySet<string> = new Set(
  'prompt response output input content text message'.split(' '),
);

/** Keys that the metadata of a decision or a quality signal may not have. */
export const RECORD_KEYS: ReadonlySet<string> = new Set([
  ...STEP_KEYS,
  ...'reasoning thought chain_of_thought explanation rationale'.split(' '),
]);

/** What takes the place of a failure message that may not leave the process. */
export const SANITIZED_MESSAGE = 'Failure occurred (details sanitized for privacy)';

/** Words that say: here is what was said. */
const CONTENT_WORDS: ReadonlySet<string> = new Set([
  ...STEP_KEYS,
  ...'reasoning thought explanation rationale completion transcript utterance instruction scratchpad'.split(
    ' ',
  ),
]);

/** Words that tell the same where they stand inside another: `userprompt`. */
const EMBEDDED = /prompt|transcript|rationale|explanation|scratchpad|chainofthought/;

/** A key that ends in one of these measures or names content and does not hold it: `prompt_tokens`, `message_id`. */
const MEASURES: ReadonlySet<string> = new Set(
  (
    'token count length len size byte char character word line item m ms us ns sec second minute time timestamp at ' +
    'latency duration date day id uuid type format mime code status model name version hash sha sha1 sha256 md5 ' +
    'digest checksum fingerprint language lang locale encoding rate ratio percent score cost usd price max min avg ' +
    'mean limit total index number num effort level enabled supported present valid ok success finish reason source ' +
    'role tier kind modality stream streaming streamed cached cache truncated redacted empty schema required'
  ).split(' '),
);

/** The ends of keys that hold a credential. */
const CREDENTIAL_END =
  /(?:^| )(?:password|passwd|passphrase|pwd|secret|token|apikey|authorization|cookie|credential|connection string|(?:api|access|secret|private|signing|encryption|account) key)$/;

/** What makes a `token` a piece of text or a place in a list. */
const HARMLESS_TOKEN =
  /(?:^| )(?:stop|eos|bos|pad|unk|mask|sep|cls|start|end|special|next|page|continuation|per|first|last) token$/;

/**
 * True for a key of `names`, and, where its value can hold text, for one that names content or a credential in other
 * words: `user_prompt`, `promptText`, `api-key`.
 */
export function isPrivateKey(
  key: string,
  names: ReadonlySet<string>,
  holds_text: boolean,
): boolean {
  if (names.has(key.trim().toLowerCase())) return true;
  if (!holds_text) return false;
  const words = splitWords(key);
  const joined = words.join(' ');
  if (CREDENTIAL_END.test(joined) && !HARMLESS_TOKEN.test(joined)) return true;
  const last = words.at(-1);
  if (last === undefined || MEASURES.has(last)) return false;
  return words.some((word) => CONTENT_WORDS.has(word) || EMBEDDED.test(word));
}

/** In lower case and singular, without numbers that only count. Of `tokens` there are many: that is a count. */
function splitWords(key: string): string[] {
  return key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && !/^\d+$/.test(word))
    .map((word) => {
      if (word === 'tokens') return 'count';
      const is_plural = word.length > 3 && word.endsWith('s') && !/(?:ss|us|is)$/.test(word);
      return is_plural ? word.slice(0, -1) : word;
    });
}
