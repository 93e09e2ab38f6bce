import { Outlet } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { Toasts } from '../ui/toasts.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { PaletteWaiting } from './palette-waiting.tsx';
import { PhoneTabBar, PhoneTopBar } from './phone-bars.tsx';
import { ShortcutHelp } from './shortcut-help.tsx';
import { Sidebar } from './sidebar.tsx';
import { useShortcuts } from './use-shortcuts.ts';

const loadPalette = () => import('./command-palette.tsx');
const CommandPalette = lazy(async () => {
  const { CommandPalette: loaded } = await loadPalette();
  return { default: loaded };
});
/** So long after the start there is nothing left to hold up. */
const PRELOAD_MS = 2_000;

/** What stands around every page: navigation, the state of the connection, the palette, toasts. */
export function Frame() {
  const [shown, setShown] = useState<'palette' | 'help' | null>(null);
  const [typed, setTyped] = useState('');
  const openPalette = useCallback(() => {
    setTyped('');
    setShown('palette');
  }, []);
  const openHelp = useCallback(() => setShown('help'), []);
  const close = useCallback(() => setShown(null), []);
  useEffect(() => {
    // Whoever opens it has typed on before it has come. That it could not be had now is no fault yet.
    const timer = setTimeout(() => void loadPalette().catch(() => null), PRELOAD_MS);
    return () => clearTimeout(timer);
  }, []);
  useShortcuts({ onPalette: openPalette, onHelp: openHelp });
  return (
    <Toasts>
      <div className="flex h-dvh overflow-hidden">
        <a
          href="#page"
          className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-lg focus:bg-raised focus:px-3 focus:py-2 focus:text-sm"
        >
          Skip to the page
        </a>
        <Sidebar onSearch={openPalette} />
        <div className="flex min-w-0 flex-1 flex-col">
          <PhoneTopBar onSearch={openPalette} />
          <ConnectionBanner />
          <div id="page" tabIndex={-1} className="min-h-0 flex-1 outline-none">
            <Outlet />
          </div>
          <PhoneTabBar />
        </div>
      </div>
      {shown === 'palette' && (
        <Suspense fallback={<PaletteWaiting onText={setTyped} onClose={close} />}>
          <CommandPalette initial={typed} onClose={close} onHelp={openHelp} />
        </Suspense>
      )}
      {shown === 'help' && <ShortcutHelp onClose={close} />}
    </Toasts>
  );
}
