import { textOf } from '@cairn/web';
import type { Errand } from '../worker-words.ts';

/** Anything that is no errand is none. */
export function parseErrand(raw: unknown): Errand | null {
  const kind = textOf(raw, 'kind');
  if (kind === 'save_page') return { kind };
  const text = textOf(raw, 'text');
  if (kind !== 'ask' || text === null) return null;
  return { kind, text, url: textOf(raw, 'url') ?? '' };
}
