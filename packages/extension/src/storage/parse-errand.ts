import { numberOf, textOf } from '@cairn/web';
import type { Errand } from '../worker-words.ts';

/** Anything that is no errand is none. */
export function parseErrand(raw: unknown): Errand | null {
  const kind = textOf(raw, 'kind');
  const window_id = numberOf(raw, 'window_id');
  if (window_id === null) return null;
  if (kind === 'save_page') return { window_id, kind };
  const text = textOf(raw, 'text');
  if (kind !== 'ask' || text === null) return null;
  return { window_id, kind, text, url: textOf(raw, 'url') ?? '' };
}
