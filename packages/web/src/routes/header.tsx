import { useQuery } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import { CircleDot, LoaderCircle, LogOut, RefreshCw, WifiOff } from 'lucide-react';
import type { SystemInfo } from '@cairn/sdk';
import type { ConnectionPhase } from '../live/connection-state.ts';
import { systemQuery } from '../live/queries.ts';
import { useSession } from '../session/session.ts';
import { ThemeToggle } from '../theme/theme-toggle.tsx';
import { IconButton } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { Logo } from '../ui/logo.tsx';
import { useStore } from '../ui/use-store.ts';

/** Name, connection, what runs on the server, theme. */
export function Header() {
  const { client, live, signOut } = useSession();
  const { theme } = useRouteContext({ from: '__root__' });
  const { phase } = useStore(live.connection);
  const system = useQuery(systemQuery(client));
  return (
    <header className="shrink-0 border-b border-line bg-ground">
      <div className="flex h-14 items-center gap-3 px-4">
        <Logo className="size-7 text-ink-soft" />
        <span className="text-lg font-semibold tracking-tight">Cairn</span>
        <ConnectionState phase={phase} />
        <div className="ml-auto flex items-center gap-3">
          {system.data && <SystemFacts system={system.data} className="hidden md:flex" />}
          <ThemeToggle store={theme} />
          {signOut && (
            <IconButton label="Sign out" onClick={signOut}>
              <LogOut className="size-4" aria-hidden />
            </IconButton>
          )}
        </div>
      </div>
      {system.data && (
        <SystemFacts
          system={system.data}
          className="flex border-t border-line px-4 py-1.5 md:hidden"
        />
      )}
    </header>
  );
}

const PHASES = {
  connecting: { word: 'Connecting', Icon: LoaderCircle, look: 'text-ink-soft', spin: true },
  live: { word: 'Live', Icon: CircleDot, look: 'text-accent', spin: false },
  reconnecting: { word: 'Reconnecting', Icon: RefreshCw, look: 'text-warn', spin: true },
  offline: { word: 'Offline', Icon: WifiOff, look: 'text-bad', spin: false },
} as const;

function ConnectionState({ phase }: { phase: ConnectionPhase }) {
  const { word, Icon, look, spin } = PHASES[phase];
  return (
    <span
      role="status"
      data-testid="connection"
      data-phase={phase}
      className={classNames(
        'inline-flex items-center gap-1.5 rounded-full border border-line bg-raised px-2.5 py-0.5 text-xs font-medium',
        look,
      )}
    >
      <Icon className={classNames('size-3.5', spin && 'animate-spin-slow')} aria-hidden />
      {word}
    </span>
  );
}

function SystemFacts({ system, className }: { system: SystemInfo; className: string }) {
  const is_dev = system.auth_mode === 'dev';
  const facts = [
    {
      name: 'Mode',
      value: system.auth_mode,
      title: is_dev
        ? 'Everyone on this machine may do everything. For trying out and development.'
        : 'Every request needs a key.',
    },
    {
      name: 'Storage',
      value: system.storage,
      title: `Bus: ${system.bus}`,
    },
    {
      name: 'Model',
      value: system.model,
      title: system.model.startsWith('demo')
        ? 'A small rule-based stand-in, not an AI.'
        : 'The model that agents use unless they name another.',
    },
  ];
  return (
    <dl
      className={classNames('items-center gap-x-4 gap-y-0.5 text-xs', className)}
      data-testid="system"
    >
      {facts.map(({ name, value, title }) => (
        <div key={name} className="flex min-w-0 gap-1.5" title={title}>
          <dt className="text-ink-faint">{name}</dt>
          <dd className="truncate font-medium text-ink-soft">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
