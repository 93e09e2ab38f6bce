import { useQuery } from '@tanstack/react-query';
import { Link, useRouteContext, useRouterState } from '@tanstack/react-router';
import { CircleDot, LoaderCircle, LogOut, RefreshCw, Search, WifiOff } from 'lucide-react';
import type { SystemInfo } from '@cairn/sdk';
import type { ConnectionPhase } from '../live/connection-state.ts';
import { systemQuery } from '../live/queries.ts';
import { useSession } from '../session/session.ts';
import { ThemeToggle } from '../theme/theme-toggle.tsx';
import { IconButton } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { Logo } from '../ui/logo.tsx';
import { useStore } from '../ui/use-store.ts';
import { isPlaceOf, PLACE_GROUPS, type Place } from './places.ts';

/** The navigation of wide screens: places, connection, what runs on the server, theme. */
export function Sidebar({ onSearch }: { onSearch: () => void }) {
  const { client, live, signOut } = useSession();
  const { theme } = useRouteContext({ from: '__root__' });
  const { phase } = useStore(live.connection);
  const system = useQuery(systemQuery(client));
  return (
    <div className="hidden w-52 shrink-0 flex-col border-r border-line bg-ground md:flex">
      <div className="flex h-14 items-center gap-2.5 px-4">
        <Link to="/" className="flex items-center gap-2.5" aria-label="Cairn, to the home page">
          <Logo className="size-7 text-ink-soft" />
          <span className="text-lg font-semibold tracking-tight">Cairn</span>
        </Link>
        <ConnectionState phase={phase} className="ml-auto" />
      </div>
      <div className="px-3 pb-2">
        <SearchButton onSearch={onSearch} />
      </div>
      <nav aria-label="Main" className="min-h-0 flex-1 overflow-y-auto px-3 pb-3">
        {PLACE_GROUPS.map(({ name, places }) => (
          <div key={name ?? 'first'} className="mt-3 first:mt-1">
            {name !== null && (
              <p className="px-2.5 pb-1 text-2xs font-medium text-ink-faint">{name}</p>
            )}
            <ul className="space-y-0.5">
              {places.map((place) => (
                <li key={place.to}>
                  <PlaceLink place={place} />
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <div className="space-y-3 border-t border-line p-3">
        {system.data && <SystemFacts system={system.data} />}
        <div className="flex items-center justify-between">
          <ThemeToggle store={theme} />
          {signOut && (
            <IconButton label="Sign out" onClick={signOut}>
              <LogOut className="size-4" aria-hidden />
            </IconButton>
          )}
        </div>
      </div>
    </div>
  );
}

function PlaceLink({ place }: { place: Place }) {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const is_here = isPlaceOf(place, path);
  const { Icon, name, key, to } = place;
  return (
    <Link
      to={to}
      aria-current={is_here ? 'page' : undefined}
      title={`${name} (g ${key})`}
      className={classNames(
        'flex h-8 items-center gap-2.5 rounded-lg px-2.5 text-sm transition-colors',
        is_here
          ? 'bg-accent-soft font-medium text-ink'
          : 'text-ink-soft hover:bg-sunken hover:text-ink',
      )}
    >
      <Icon className={classNames('size-4', is_here && 'text-accent')} aria-hidden />
      {name}
    </Link>
  );
}

function SearchButton({ onSearch }: { onSearch: () => void }) {
  return (
    <button
      type="button"
      onClick={onSearch}
      aria-keyshortcuts="Control+K Meta+K"
      className="flex h-9 w-full items-center gap-2 rounded-lg border border-line bg-raised px-2.5 text-sm text-ink-faint transition-colors hover:border-line-strong hover:text-ink-soft"
    >
      <Search className="size-4" aria-hidden />
      Go to…
      <kbd className="ml-auto rounded border border-line px-1.5 font-sans text-2xs">Ctrl K</kbd>
    </button>
  );
}

const PHASES = {
  connecting: { word: 'Connecting', Icon: LoaderCircle, look: 'text-ink-soft', spin: true },
  live: { word: 'Live', Icon: CircleDot, look: 'text-accent', spin: false },
  reconnecting: { word: 'Reconnecting', Icon: RefreshCw, look: 'text-warn', spin: true },
  offline: { word: 'Offline', Icon: WifiOff, look: 'text-bad', spin: false },
} as const;

/** Whether the live connection stands: a sign, a colour and a word. */
export function ConnectionState({
  phase,
  className,
}: {
  phase: ConnectionPhase;
  className?: string;
}) {
  const { word, Icon, look, spin } = PHASES[phase];
  return (
    <span
      role="status"
      data-testid="connection"
      data-phase={phase}
      title={word}
      className={classNames(
        'inline-flex items-center gap-1.5 rounded-full border border-line bg-raised px-2 py-0.5 text-2xs font-medium',
        look,
        className,
      )}
    >
      <Icon className={classNames('size-3', spin && 'animate-spin-slow')} aria-hidden />
      <span className={phase === 'reconnecting' || phase === 'connecting' ? 'sr-only' : undefined}>
        {word}
      </span>
    </span>
  );
}

/** How the server is set up, in three facts. */
export function SystemFacts({ system }: { system: SystemInfo }) {
  const facts = [
    {
      name: 'Mode',
      value: system.auth_mode,
      title:
        system.auth_mode === 'dev'
          ? 'Everyone on this machine may do everything. For trying out and development.'
          : 'Every request needs a key.',
    },
    { name: 'Storage', value: system.storage, title: `Bus: ${system.bus}` },
    {
      name: 'Model',
      value: system.model,
      title: system.is_demo_model
        ? 'A small rule-based stand-in, not an AI.'
        : 'The model that agents use unless they name another.',
    },
  ];
  return (
    <dl className="space-y-0.5 px-1 text-2xs" data-testid="system">
      {facts.map(({ name, value, title }) => (
        <div key={name} className="flex min-w-0 gap-1.5" title={title}>
          <dt className="w-12 shrink-0 text-ink-faint">{name}</dt>
          <dd className="truncate font-medium text-ink-soft">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
