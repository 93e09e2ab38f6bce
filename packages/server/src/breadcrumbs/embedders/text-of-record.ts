/** Characters of the text that is embedded: more than any model here reads, and little enough to send. */
const CHARS_MAX = 32_768;
/** Values looked at, so that a record of a million empty lists costs nothing either. */
const VALUES_MAX = 50_000;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?$/;
/** Hashes, keys, encoded files: 32 letters and digits or more without a break, with both among them. */
const UNBROKEN = /[A-Za-z0-9+]{32,}/g;
const isWordLike = (run: string) => !/\d/.test(run) || !/[A-Za-z]/.test(run);

/** The part of a record that says what it is about. */
export interface RecordText {
  readonly title: string;
  readonly description?: string | null;
  readonly context: unknown;
  readonly tags?: readonly string[];
}

/**
 * The text that is embedded of a record: its title, its description, the strings of its context in the order of the
 * JSON, and its tags, with a space between.
 *
 * Keys are left out: they are the vocabulary of the schema, the same in every record of it, and would make all records
 * of one schema alike and unlike the words people ask with. PostgreSQL's `to_tsvector(jsonb)` leaves them out too. A
 * number, or `true`, says nothing without its key, so there the key stays (`humidity 40`, `gluten_free`). Ids, times
 * and encoded data are left out, for nobody asks for what is like them; so are numbers in lists, which are vectors and
 * measurements. The text ends at 32,768 characters.
 */
export function textOfRecord({ title, description, context, tags = [] }: RecordText): string {
  let text = description ? `${title} ${description}` : title;
  // A stack of its own: JSON may be nested deeper than the runtime's stack. The last one is taken first.
  const waiting: { value: unknown; key: string | null }[] = [{ value: context, key: null }];
  for (let values = 0; values < VALUES_MAX && text.length < CHARS_MAX; values += 1) {
    const next = waiting.pop();
    if (next === undefined) break;
    const { value, key } = next;
    if (Array.isArray(value)) {
      const items: unknown[] = value.slice(0, VALUES_MAX);
      for (const item of items.toReversed()) waiting.push({ value: item, key: null });
    } else if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).slice(0, VALUES_MAX);
      for (const [name, item] of entries.toReversed()) waiting.push({ value: item, key: name });
    } else {
      const words = wordsOf(value, key);
      if (words !== '') text += ` ${words}`;
    }
  }
  return cut([text, ...tags].join(' '));
}

function wordsOf(value: unknown, key: string | null): string {
  if (typeof value === 'string') {
    const words = value.trim().slice(0, CHARS_MAX);
    if (UUID.test(words) || TIMESTAMP.test(words)) return '';
    return words.replace(UNBROKEN, (run) => (isWordLike(run) ? run : '')).trim();
  }
  if (key === null) return '';
  if (typeof value === 'number') return `${key} ${value}`;
  return value === true ? key : '';
}

/** Cuts at the limit without halving a pair of surrogates. */
function cut(text: string): string {
  if (text.length <= CHARS_MAX) return text;
  const last = text.charCodeAt(CHARS_MAX - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? CHARS_MAX - 1 : CHARS_MAX);
}
