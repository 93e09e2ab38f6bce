import { textOf } from '../assemble-conversation.ts';

/** Characters that a token has at most, but for odd texts: more of a text is not even looked at. */
const CHARS_PER_TOKEN = 8;

/**
 * The content if it costs no more than `most`, else its beginning as text, which says that it was shortened. With a
 * limit that is too small even for that, it is empty and may cost more.
 */
export async function shortenContent(
  content: unknown,
  most: number,
  cost: (content: unknown) => Promise<number>,
): Promise<{ content: unknown; tokens: number }> {
  const whole = typeof content === 'string' ? content : JSON.stringify(content);
  if (whole.length <= most * CHARS_PER_TOKEN) {
    const tokens = await cost(content);
    if (tokens <= most) return { content, tokens };
  }
  const text = typeof content === 'string' ? content : (textOf(content) ?? whole);
  const note = `… (shortened: ${text.length} characters)`;
  let length = Math.min(text.length, most * CHARS_PER_TOKEN);
  while (length > 0) {
    const shown = `${text.slice(0, length).toWellFormed()}${note}`;
    const tokens = await cost(shown);
    if (tokens <= most) return { content: shown, tokens };
    length = Math.floor(length * Math.min(0.9, (most / tokens) * 0.95));
  }
  const tokens = await cost('');
  return { content: '', tokens };
}
