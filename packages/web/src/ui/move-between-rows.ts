import type { KeyboardEvent } from 'react';

/**
 * `j`, `k` and the arrows move the focus from row to row, Home and End to the first and the last. After the last row comes
 * the button that reads more. `keys` are all rows in their order; `draw` has one drawn that is out of view.
 */
export function moveBetweenRows(
  event: KeyboardEvent<HTMLElement>,
  keys: readonly string[],
  draw: (key: string) => void,
): void {
  const { target, currentTarget: list } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLElement)) return;
  if (target.matches('input, textarea, select')) return;
  const from = target.closest<HTMLElement>('[data-row]')?.dataset['row'];
  const at = from === undefined ? -1 : keys.indexOf(from);
  const next = nextPlace(event.key, at, keys.length);
  if (next === null) return;
  const key = keys[next];
  if (key === undefined) {
    if (next < keys.length) return;
    list.closest('[data-list]')?.querySelector<HTMLElement>('[data-more]')?.focus();
  } else {
    draw(key);
    const row = list.querySelector(`[data-row="${CSS.escape(key)}"]`);
    const link = row?.querySelector<HTMLElement>('[data-row-link]');
    // A list without links has nowhere to go.
    if (!link) return;
    link.focus();
  }
  event.preventDefault();
}

/** Where a key leads; one beyond the last row to what follows the list. Null when it leads nowhere. */
function nextPlace(key: string, at: number, count: number): number | null {
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
  return step === undefined ? null : at + step;
}
