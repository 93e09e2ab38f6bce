import { useQuery } from '@tanstack/react-query';
import { useSession } from '../session/session.ts';

/** The largest list that the API answers at once. */
const ALL = 1_000;
/** What is detected on schedule is seen after this at the latest. */
const REFRESH_MS = 30_000;

/** The baselines that count, newest first. */
export function useActiveBaselines() {
  const { client } = useSession();
  return useQuery({
    queryKey: ['drift', 'baselines', 'active'],
    queryFn: ({ signal }) => client.drift.baselines({ is_active: true, limit: ALL }, { signal }),
    refetchInterval: REFRESH_MS,
  });
}

/** The newest drift, of one agent or of all. */
export function useNewestDrift(agent_id?: string) {
  const { client } = useSession();
  return useQuery({
    queryKey: ['drift', 'newest', agent_id ?? null],
    queryFn: ({ signal }) =>
      client.drift.list(
        { limit: ALL, ...(agent_id === undefined ? {} : { agent_id }) },
        { signal },
      ),
    refetchInterval: REFRESH_MS,
  });
}

/** How much drift there was in the last seven days. */
export function useDriftSummary() {
  const { client } = useSession();
  return useQuery({
    queryKey: ['drift', 'summary'],
    queryFn: ({ signal }) => client.drift.summary({ days: 7 }, { signal }),
    refetchInterval: REFRESH_MS,
  });
}
