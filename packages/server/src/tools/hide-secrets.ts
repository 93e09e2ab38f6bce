/** A secret shorter than this is not looked for in what is told: it would be found everywhere. */
const HIDDEN_CHARS_MIN = 6;
const HIDDEN = '[secret]';

/** Takes secrets out of what is told to others. */
export interface SecretHider {
  text(text: string): string;
  /** The same JSON with the secrets taken out of all texts in it, names of fields too. */
  json<T>(value: T): T;
}

/** Hides these values as they are; what a tool made of one, such as its Base64, is not known again. */
export function hideSecrets(values: readonly string[]): SecretHider {
  // One may begin with another: what was left of it would be told.
  const hidden = values
    .filter((value) => value.length >= HIDDEN_CHARS_MIN)
    .toSorted((a, b) => b.length - a.length);
  const text = (given: string) =>
    hidden.reduce((left, value) => left.replaceAll(value, HIDDEN), given);
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [text(name), walk(each)]),
    );
  };
  return {
    text,
    // What it made is of the same shape, but for names that held a secret.
    json: <T>(value: T) => (hidden.length === 0 ? value : (walk(value) as T)),
  };
}
