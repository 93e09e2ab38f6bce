import { CairnClient, CairnError } from '@cairn/sdk';
import {
  createLive,
  createStore,
  ErrorNotice,
  Logo,
  systemQuery,
  useStore,
  Button,
} from '@cairn/web';
import {
  MutationCache,
  QueryCache,
  QueryClient,
  QueryClientProvider,
  useQuery,
} from '@tanstack/react-query';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { PageSharing } from '../page/page-sharing.ts';
import { useStorage } from '../storage/panel-storage.ts';
import { SessionContext } from './session.ts';
import { SignIn } from './sign-in.tsx';
import { useSignOut } from './use-sign-out.ts';

const RETRY_MS = 3_000;

/** Shows its children once somebody is signed in; until then the way there. Drafts stand outside and outlast it. */
export function SessionGate({ window_id, children }: { window_id: number; children: ReactNode }) {
  const storage = useStorage();
  const { server_url, is_signed_in } = useStore(storage.connection.store);
  const session_key = useStore(storage.session_key.store);
  const lasting_key = useStore(storage.lasting_key.store);
  const api_key = session_key ?? lasting_key;
  const [refusal, setRefusal] = useState<{ of: string; detail: string } | null>(null);
  const identity = `${server_url} ${api_key ?? ''}`;
  const problem = refusal?.of === identity ? refusal.detail : null;
  if (!is_signed_in || problem !== null) {
    return <SignIn problem={problem} onSignedIn={() => setRefusal(null)} />;
  }
  return (
    <Connected
      key={identity}
      server_url={server_url}
      api_key={api_key}
      window_id={window_id}
      onRefused={(detail) => setRefusal({ of: identity, detail })}
    >
      {children}
    </Connected>
  );
}

interface ConnectedProps {
  readonly server_url: string;
  readonly api_key: string | null;
  readonly window_id: number;
  readonly onRefused: (detail: string) => void;
  readonly children: ReactNode;
}

/** One server and one key, with a cache of their own: a refusal anywhere leads back to the sign-in. */
function Connected(props: ConnectedProps) {
  const { server_url, api_key, onRefused } = props;
  const [{ client, cache, refused }] = useState(() => connect(server_url, api_key));
  const refusal = useStore(refused);
  useEffect(() => {
    if (refusal !== null) onRefused(describeRefusal(refusal, api_key));
  }, [refusal, api_key, onRefused]);
  return (
    <QueryClientProvider client={cache}>
      <Opening {...props} client={client} cache={cache} onError={refused.set} />
    </QueryClientProvider>
  );
}

function connect(server_url: string, api_key: string | null) {
  const refused = createStore<CairnError | null>(null);
  const onError = (error: unknown): void => {
    if (isRefused(error)) refused.set(error);
  };
  const cache = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // The client itself tries again what may be tried again; events keep what is loaded fresh.
      queries: {
        retry: false,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
  const client = new CairnClient({
    base_url: server_url,
    ...(api_key === null ? {} : { api_key }),
    // What is taken back when the panel is closed must still go out.
    fetch: (input, init) =>
      globalThis.fetch(input, init?.method === 'DELETE' ? { ...init, keepalive: true } : init),
  });
  return { client, cache, refused };
}

function describeRefusal(refusal: CairnError, api_key: string | null): string {
  return api_key === null
    ? 'The server wants an API key now. What you wrote is kept.'
    : `Your sign-in is not accepted any more: ${refusal.detail}. What you wrote is kept.`;
}

function isRefused(error: unknown): error is CairnError {
  return error instanceof CairnError && error.status === 401;
}

function Opening({
  client,
  cache,
  server_url,
  window_id,
  onError,
  children,
}: ConnectedProps & {
  client: CairnClient;
  cache: QueryClient;
  onError: (error: CairnError) => void;
}) {
  const storage = useStorage();
  const signOut = useSignOut();
  const system = useQuery({
    ...systemQuery(client),
    refetchInterval: ({ state }) =>
      state.status === 'error' && !isRefused(state.error) ? RETRY_MS : false,
  });
  const [live] = useState(() => createLive(client, cache, globalThis.window));
  const { consents, shared } = storage;
  const [sharing] = useState(
    () => new PageSharing({ client, server_url, window_id, consents, shared }),
  );
  const is_ready = system.data !== undefined;
  useEffect(() => {
    if (!is_ready) return;
    live.start();
    const unwatch = live.refusal.subscribe(() => {
      const refusal = live.refusal.get();
      if (isRefused(refusal)) onError(refusal);
    });
    return () => {
      unwatch();
      live.stop();
    };
  }, [live, is_ready, onError]);
  useEffect(() => {
    if (!is_ready) return;
    sharing.start();
    return () => void sharing.stop();
  }, [sharing, is_ready]);
  const session = useMemo(
    () =>
      system.data === undefined ? null : { client, live, sharing, system: system.data, server_url },
    [client, live, sharing, system.data, server_url],
  );
  if (session !== null) return <SessionContext value={session}>{children}</SessionContext>;
  if (system.isError && !isRefused(system.error)) {
    return (
      <main className="flex h-full flex-col justify-center gap-4 p-5">
        <Logo className="size-10 text-ink-faint" />
        <ErrorNotice
          title={`${server_url} does not answer`}
          error={system.error}
          onRetry={() => void system.refetch()}
        />
        <p className="text-xs text-ink-faint" role="status">
          The panel looks again every three seconds and opens by itself.
        </p>
        <Button onClick={() => void signOut()}>Use another server</Button>
      </main>
    );
  }
  return (
    <main className="flex h-full items-center justify-center" aria-busy="true">
      <Logo className="size-10 text-ink-faint" is_working />
      <span className="sr-only">Opening Cairn…</span>
    </main>
  );
}
