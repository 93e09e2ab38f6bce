import { Outlet } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useState } from 'react';
import { Toasts } from '../ui/toasts.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { PhoneTabBar, PhoneTopBar } from './phone-bars.tsx';
import { ShortcutHelp } from './shortcut-help.tsx';
import { Sidebar } from './sidebar.tsx';
import { useShortcuts } from './use-shortcuts.ts';

const CommandPalette = lazy(async () => {
  const { CommandPalette: loaded } = await import('./command-palette.tsx');
  return { default: loaded };
});

/** What stands around every page: navigation, the state of the connection, the palette, toasts. */
export function Frame() {
  const [shown, setShown] = useState<'palette' | 'help' | null>(null);
  const openPalette = useCallback(() => setShown('palette'), []);
  const openHelp = useCallback(() => setShown('help'), []);
  const close = useCallback(() => setShown(null), []);
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
        <Suspense>
          <CommandPalette onClose={close} onHelp={openHelp} />
        </Suspense>
      )}
      {shown === 'help' && <ShortcutHelp onClose={close} />}
    </Toasts>
  );
}
