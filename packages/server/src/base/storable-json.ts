import { LIMITS } from '@cairn/protocol';

/**
 * Says why a parsed JSON value cannot be stored, or null when it can.
 * PostgreSQL refuses NUL characters and unpaired surrogates, JSON has no infinite numbers (`1e999` parses to one),
 * and depth is limited so that nothing downstream overflows its stack.
 */
export function whyNotStorable(value: unknown, path = '', depth = 0): string | null {
  if (typeof value === 'string') return whyBadString(value, () => placeOf(path));
  if (typeof value === 'number') {
    return Number.isFinite(value) ? null : `${placeOf(path)} is a number out of range`;
  }
  if (typeof value !== 'object' || value === null) return null;
  if (depth >= LIMITS.json_depth) {
    return `${placeOf(path)} is nested deeper than ${LIMITS.json_depth} levels`;
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const why = whyNotStorable(value[index], `${path}[${index}]`, depth + 1);
      if (why) return why;
    }
    return null;
  }
  for (const key of Object.keys(value)) {
    const at = path ? `${path}.${key}` : key;
    const why =
      whyBadString(key, () => `the key ${JSON.stringify(shorten(key))}`) ??
      whyNotStorable((value as Record<string, unknown>)[key], at, depth + 1);
    if (why) return why;
  }
  return null;
}

function whyBadString(text: string, place: () => string): string | null {
  if (text.includes('\0')) return `${place()} contains a NUL character`;
  if (!text.isWellFormed()) return `${place()} contains half of a surrogate pair`;
  return null;
}

function placeOf(path: string): string {
  return path === '' ? 'the value' : shorten(path);
}

/** Keys come from the caller and can be as long as a body: an answer repeats only their beginning. */
function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100).toWellFormed()}…` : text;
}
