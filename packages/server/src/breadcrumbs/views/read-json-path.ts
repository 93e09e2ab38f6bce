import type { Segments } from '@cairn/protocol';
import parsePath from 'jsonpath-rfc9535/parser';
import { HintError, VIEW_LIMITS } from './view-budget.ts';

/**
 * Reads a path: `$…` as RFC 9535 says, anything else as dotted names (`a.b[0].c`, `a.0`, `a[*].b`), where a name
 * may contain whatever a key may but dots and brackets.
 * @throws HintError when it is neither, and for `match()` and `search()`: their regular expressions can run for ever.
 */
export function readJsonPath(text: string): Segments {
  if (text.length > VIEW_LIMITS.path_chars) {
    throw new HintError(`has a path of more than ${VIEW_LIMITS.path_chars} characters`);
  }
  const path = text.startsWith('$') ? text : fromDotted(text);
  if (/\b(match|search)\s*\(/.test(path)) {
    throw new HintError(`uses match() or search() in ${JSON.stringify(text)}`);
  }
  try {
    return parsePath(path).segments;
  } catch {
    throw new HintError(
      `has the path ${JSON.stringify(text)}; expected RFC 9535, as $.a.b[0], or dotted names`,
    );
  }
}

/** One dotted name with what is in brackets after it. */
const DOTTED = /([^.[\]]+)((?:\[[^\]]*\])*)(\.(?=.)|$)/gsy;

function fromDotted(text: string): string {
  let path = '$';
  let read = 0;
  for (const [part, name = '', brackets = ''] of text.matchAll(DOTTED)) {
    const quoted = JSON.stringify(name);
    // A number names an element of an array and a key of an object.
    path += /^(0|[1-9]\d{0,8})$/.test(name) ? `[${name},${quoted}]` : `[${quoted}]`;
    path += brackets;
    read += part.length;
  }
  return read === text.length && read > 0 ? path : `$[${JSON.stringify(text)}]`;
}
