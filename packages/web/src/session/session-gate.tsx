import { CairnClient, CairnError } from '@cairn/sdk';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { systemQuery } from '../live/queries.ts';
import { createLive } from '../live/live.ts';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Logo } from '../ui/logo.tsx';
import { keepKey, readKey } from './key-storage.ts';
import { SessionContext } from './session.ts';
import { SignIn } from './sign-in.tsx';

const RETRY_MS = 3_000;

/** Shows its children once the server is there and lets us in; until then the reason why not. */
export function SessionGate({ children }: { children: ReactNode }) {
  const cache = useQueryClient();
  const [key, setKey] = useState(readKey);
  const client = useMemo(
    () => new CairnClient({ base_url: '', ...(key === null ? {} : { api_key: key }) }),
    [key],
  );
  const system = useQuery({
    ...systemQuery(client),
    refetchInterval: ({ state }) =>
      state.status === 'error' && !isRefused(state.error) ? RETRY_MS : false,
  });
  const [revoked, setRevoked] = useState<CairnError | null>(null);

  const changeKey = useCallback(
    (next: string | null) => {
      keepKey(null);
      setRevoked(null);
      cache.clear();
      setKey(next);
    },
    [cache],
  );
  const signOut = useMemo(() => (key === null ? null : () => changeKey(null)), [key, changeKey]);
  useEffect(() => {
    // Only a key that was accepted is kept.
    if (system.isSuccess) keepKey(key);
  }, [system.isSuccess, key]);

  const refusal = revoked ?? (isRefused(system.error) ? system.error : null);
  if (refusal !== null) {
    return (
      <SignIn
        problem={key === null ? null : `That key was not accepted: ${refusal.detail}`}
        is_checking={system.isFetching}
        onKey={changeKey}
      />
    );
  }
  if (system.isError && system.data === undefined)
    return <ServerGone error={system.error} onRetry={() => void system.refetch()} />;
  if (system.isPending) return <Opening />;
  return (
    <SignedIn key={key} client={client} signOut={signOut} onRevoked={setRevoked}>
      {children}
    </SignedIn>
  );
}

/** Holds the live connection for as long as one key, or none in dev mode, is used. */
function SignedIn({
  client,
  signOut,
  onRevoked,
  children,
}: {
  client: CairnClient;
  signOut: (() => void) | null;
  onRevoked: (refusal: CairnError) => void;
  children: ReactNode;
}) {
  const cache = useQueryClient();
  const [live] = useState(() => createLive(client, cache, globalThis.window));
  useEffect(() => {
    live.start();
    const unwatch = live.refusal.subscribe(() => {
      const refusal = live.refusal.get();
      if (isRefused(refusal)) onRevoked(refusal);
    });
    return () => {
      unwatch();
      live.stop();
    };
  }, [live, onRevoked]);
  const session = useMemo(() => ({ client, live, signOut }), [client, live, signOut]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

function isRefused(error: unknown): error is CairnError {
  return error instanceof CairnError && error.status === 401;
}

function Opening() {
  return (
    <main className="flex min-h-full items-center justify-center" aria-busy="true">
      <Logo className="size-12 text-ink-faint" is_working />
      <span className="sr-only">Opening Cairn…</span>
    </main>
  );
}

function ServerGone({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <main className="flex min-h-full items-center justify-center p-6">
      <div className="w-full max-w-md">
        <Logo className="mb-6 size-12 text-ink-faint" />
        <ErrorNotice title="The server does not answer" error={error} onRetry={onRetry} />
        <p className="mt-3 text-xs text-ink-faint" role="status">
          The page looks again every three seconds and opens by itself.
        </p>
      </div>
    </main>
  );
}
