import { PLACES, type Place } from './places.ts';

/** How long after `g` the letter of a place counts. */
const SEQUENCE_MS = 1_200;

/** What a key asks for. */
export type Shortcut =
  | { readonly does: 'go'; readonly to: Place['to'] }
  | { readonly does: 'palette' | 'help' | 'filter' | 'rows' };

/** A pressed key, as `KeyboardEvent` tells it; `is_typing` when a field has the focus. */
export interface PressedKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly is_typing: boolean;
  /** Milliseconds. */
  readonly at: number;
}

/** Reads keys as shortcuts: `Ctrl K`, `?`, `/`, `j` and `k`, and `g` with the letter of a place. One reader for each page. */
export function createShortcutReader(): (pressed: PressedKey) => Shortcut | null {
  let g_at = Number.NEGATIVE_INFINITY;
  return ({ key, ctrlKey, metaKey, altKey, is_typing, at }) => {
    if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'k') return { does: 'palette' };
    if (ctrlKey || metaKey || altKey || is_typing) return null;
    const is_second = at - g_at <= SEQUENCE_MS;
    g_at = key === 'g' && !is_second ? at : Number.NEGATIVE_INFINITY;
    if (is_second) {
      const place = PLACES.find((each) => each.key === key);
      return place === undefined ? null : { does: 'go', to: place.to };
    }
    if (key === '?') return { does: 'help' };
    if (key === '/') return { does: 'filter' };
    if (key === 'j' || key === 'k') return { does: 'rows' };
    return null;
  };
}
