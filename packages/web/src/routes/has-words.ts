/** Whether every word of a text stands in a name, whatever the case. */
export function hasWords(name: string, text: string): boolean {
  const whole = name.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word));
}

/** Whether a text can be the beginning of an id. */
export function isIdPrefix(text: string): boolean {
  return /^[0-9a-f]{4}[0-9a-f-]{0,32}$/i.test(text);
}
