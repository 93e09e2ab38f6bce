import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { createShortcutReader } from './shortcuts.ts';

/** Listens to the keys of the whole page. `/` puts the focus into the page's filter, marked with `data-page-filter`. */
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
        const filter = document.querySelector<HTMLElement>('[data-page-filter]');
        if (filter === null) return;
        filter.focus();
      } else if (shortcut.does === 'go') void navigate({ to: shortcut.to });
      else if (shortcut.does === 'palette') onPalette();
      else onHelp();
      event.preventDefault();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [navigate, onPalette, onHelp]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select'))
  );
}
