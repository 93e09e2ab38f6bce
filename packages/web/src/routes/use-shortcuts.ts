import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { createShortcutReader } from './shortcuts.ts';

/**
 * Listens to the keys of the whole page. `/` puts the focus into the page's filter, marked with `data-page-filter`, `j` and
 * `k` onto the first row of its list.
 */
export function useShortcuts({ onPalette, onHelp }: { onPalette: () => void; onHelp: () => void }) {
  const navigate = useNavigate();
  useEffect(() => {
    const read = createShortcutReader();
    const listen = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const { key, ctrlKey, metaKey, altKey, timeStamp: at } = event;
      const pressed = { key, ctrlKey, metaKey, altKey, at, is_typing: isTyping(event.target) };
      const shortcut = read(pressed);
      // Whatever is open over the page has the keyboard to itself.
      if (shortcut === null || document.querySelector('[role=dialog]') !== null) return;
      if (shortcut.does === 'filter') {
        if (!focusOn('[data-page-filter]')) return;
      } else if (shortcut.does === 'rows') {
        // Between rows the list itself goes on.
        const is_in_row = event.target instanceof Element && event.target.closest('[data-row]');
        if (is_in_row || !focusOn('[data-row-link]')) return;
      } else if (shortcut.does === 'go') void navigate({ to: shortcut.to });
      else if (shortcut.does === 'palette') onPalette();
      else onHelp();
      event.preventDefault();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [navigate, onPalette, onHelp]);
}

/** Puts the focus on the first such element that can be seen; false when there is none. */
function focusOn(selector: string): boolean {
  const all = [...document.querySelectorAll<HTMLElement>(selector)];
  const first = all.find((each) => each.getClientRects().length > 0);
  first?.focus();
  return first !== undefined;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select'))
  );
}
