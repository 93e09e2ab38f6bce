import { SCHEMAS } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { systemQuery } from '../live/queries.ts';
import { useReadAgainOn } from '../live/use-events.ts';
import { useSession } from '../session/session.ts';
import { needsOf, type Need } from './needs.ts';
import { useFailedKinds } from './use-failed-kinds.ts';

/** What tells no events is looked at this often while the page is visible. */
const REFRESH_MS = 15_000;
const READ_AT_MOST = 50;

/** All that needs a person besides approvals; undefined while it is read, with the first error there was. */
export function useNeeds(): {
  readonly needs: readonly Need[] | undefined;
  readonly error: unknown;
} {
  const { client } = useSession();
  const system = useQuery(systemQuery(client));
  const is_curator = system.data?.roles.includes('curator') ?? false;
  useReadAgainOn(['home', 'agents'], ({ schema_name }) => schema_name === SCHEMAS.agent_status);
  const failures = useFailedKinds();
  const drift = useQuery({
    queryKey: ['home', 'drift'],
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) =>
      client.drift.list({ resolved: false, limit: READ_AT_MOST }, { signal }),
  });
  const agents = useQuery({
    queryKey: ['home', 'agents'],
    queryFn: async ({ signal }) => (await client.registry.agents({}, { signal })).items,
  });
  const dead_letters = useQuery({
    queryKey: ['home', 'dead_letters'],
    refetchInterval: REFRESH_MS,
    enabled: is_curator,
    queryFn: async ({ signal }) =>
      (await client.dead_letters.list({ limit: READ_AT_MOST }, { signal })).items,
  });
  const circuits = useQuery({
    queryKey: ['home', 'circuits'],
    refetchInterval: REFRESH_MS,
    enabled: is_curator,
    queryFn: ({ signal }) => client.registry.circuits({ signal }),
  });
  const sources = {
    dead_letters: dead_letters.data,
    failures: failures.data,
    drift: drift.data,
    circuits: circuits.data,
    agents: agents.data,
  };
  const all = [failures, drift, agents, ...(is_curator ? [dead_letters, circuits] : [])];
  return {
    needs: all.every(({ data }) => data === undefined) ? undefined : needsOf(sources),
    error: all.find(({ error }) => error !== null)?.error ?? null,
  };
}
