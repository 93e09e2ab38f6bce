import { useQuery } from '@tanstack/react-query';
import { Link, useRouteContext, useRouterState } from '@tanstack/react-router';
import { Ellipsis, LogOut, Search, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useState } from 'react';
import { systemQuery } from '../live/queries.ts';
import { useSession } from '../session/session.ts';
import { ThemeToggle } from '../theme/theme-toggle.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { Logo } from '../ui/logo.tsx';
import { useStore } from '../ui/use-store.ts';
import { isPlaceOf, PLACES } from './places.ts';
import { ConnectionState, SystemFacts } from './sidebar.tsx';

const SHOWN = ['/', '/chat', '/trail', '/runs'];

/** The bar at the top of a narrow screen. */
export function PhoneTopBar({ onSearch }: { onSearch: () => void }) {
  const { live } = useSession();
  const { phase } = useStore(live.connection);
  return (
    <header className="flex h-12 shrink-0 items-center gap-2.5 border-b border-line bg-ground px-3 md:hidden">
      <Link to="/" className="flex items-center gap-2" aria-label="Cairn, to the home page">
        <Logo className="size-6 text-ink-soft" />
        <span className="font-semibold tracking-tight">Cairn</span>
      </Link>
      <ConnectionState phase={phase} />
      <IconButton label="Go to…" onClick={onSearch} className="ml-auto">
        <Search className="size-4" aria-hidden />
      </IconButton>
    </header>
  );
}

/** The bar at the bottom of a narrow screen: the places that are used most, and the way to the others. */
export function PhoneTabBar() {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const look = (is_here: boolean) =>
    classNames(
      'flex h-13 flex-1 flex-col items-center justify-center gap-0.5 text-2xs',
      is_here ? 'font-medium text-accent' : 'text-ink-soft',
    );
  return (
    <nav
      aria-label="Main"
      className="flex shrink-0 border-t border-line bg-ground pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {PLACES.filter(({ path: each }) => SHOWN.includes(each)).map((place) => {
        const is_here = isPlaceOf(place, path);
        return (
          <Link
            key={place.to}
            to={place.to}
            aria-current={is_here ? 'page' : undefined}
            className={look(is_here)}
          >
            <place.Icon className="size-5" aria-hidden />
            {place.name}
          </Link>
        );
      })}
      <MorePlaces className={look(false)} />
    </nav>
  );
}

function MorePlaces({ className }: { className: string }) {
  const { client, signOut } = useSession();
  const { theme } = useRouteContext({ from: '__root__' });
  const system = useQuery(systemQuery(client));
  const [is_open, setOpen] = useState(false);
  return (
    <Dialog.Root open={is_open} onOpenChange={setOpen}>
      <Dialog.Trigger className={className}>
        <Ellipsis className="size-5" aria-hidden />
        More
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-ink/30 dark:bg-sunken/70" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-x-0 bottom-0 z-50 max-h-[85dvh] overflow-y-auto rounded-t-2xl border-t border-line bg-surface p-4 pb-[max(1rem,env(safe-area-inset-bottom))] shadow-panel"
        >
          <div className="mb-2 flex items-center justify-between">
            <Dialog.Title className="text-sm font-semibold">All places</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton label="Close">
                <X className="size-4" aria-hidden />
              </IconButton>
            </Dialog.Close>
          </div>
          <ul className="grid grid-cols-2 gap-1.5">
            {PLACES.map(({ to, name, Icon }) => (
              <li key={to}>
                <Link
                  to={to}
                  onClick={() => setOpen(false)}
                  className="flex h-11 items-center gap-2.5 rounded-lg border border-line bg-raised px-3 text-sm"
                >
                  <Icon className="size-4 text-ink-soft" aria-hidden />
                  {name}
                </Link>
              </li>
            ))}
          </ul>
          <div className="mt-4 flex items-center justify-between gap-3">
            {system.data && <SystemFacts system={system.data} />}
            <ThemeToggle store={theme} />
          </div>
          {signOut && (
            <Button className="mt-3 w-full" onClick={signOut}>
              <LogOut className="size-4" aria-hidden />
              Sign out
            </Button>
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
