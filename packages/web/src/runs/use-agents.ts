import type { AgentOverview } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { useSession } from '../session/session.ts';

const FRESH_MS = 30_000;

/** The agents that reported runs, with their versions and environments; empty until they are read. */
export function useAgents(): readonly AgentOverview[] {
  const { client } = useSession();
  const { data } = useQuery({
    queryKey: ['runs', 'agents'],
    queryFn: ({ signal }) => client.runs.agents({}, { signal }),
    staleTime: FRESH_MS,
  });
  return data ?? NONE;
}

const NONE: readonly AgentOverview[] = [];
