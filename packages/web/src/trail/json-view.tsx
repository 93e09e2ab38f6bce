import { useMemo } from 'react';
import { tokenizeJson, type JsonToken } from './tokenize-json.ts';

/** Above this many characters JSON is shown without colours: each piece would be an element of its own. */
const COLOURED_CHARS = 40_000;
/** Above this many characters only the beginning is drawn; copying still takes all. */
const SHOWN_CHARS = 400_000;

const LOOKS: Readonly<Record<JsonToken['kind'], string>> = {
  key: 'text-kind-message',
  string: 'text-kind-answer',
  number: 'text-kind-request',
  word: 'text-kind-definition',
  plain: 'text-ink-soft',
};

/** A value as indented JSON. Whatever stands in it is text, never markup. */
export function JsonView({ value }: { value: unknown }) {
  const json = useMemo(() => JSON.stringify(value, null, 2) ?? 'undefined', [value]);
  const tokens = useMemo(() => (json.length <= COLOURED_CHARS ? tokenizeJson(json) : null), [json]);
  return (
    <pre className="overflow-x-auto font-mono text-xs break-words whitespace-pre-wrap text-ink-soft">
      {tokens === null
        ? json.slice(0, SHOWN_CHARS)
        : tokens.map((token, at) => (
            <span key={at} className={LOOKS[token.kind]}>
              {token.text}
            </span>
          ))}
      {json.length > SHOWN_CHARS && (
        <span className="mt-2 block text-warn">
          … {json.length - SHOWN_CHARS} more characters. Copy takes all of it.
        </span>
      )}
    </pre>
  );
}
