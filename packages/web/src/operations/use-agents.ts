import type { AgentItem, RegistryAgent } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useSession } from '../session/session.ts';
import { orderAgents } from './agent-names.ts';
import { operationKeys } from './operation-keys.ts';

const NAMED_AT_MOST = 500;
/** Agents come with their first token or definition, which no event tells of. */
const REFRESH_MS = 15_000;
const NO_DEFINITIONS: readonly RegistryAgent[] = [];

/** The definitions of agents, for their names; empty while they are read. */
export function useDefinitions(): readonly RegistryAgent[] {
  const { client } = useSession();
  const { data } = useQuery({
    queryKey: operationKeys.definitions,
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }) =>
      (await client.registry.agents({ limit: NAMED_AT_MOST }, { signal })).items,
  });
  return data ?? NO_DEFINITIONS;
}

/** The agents of the tenant as principals, those with a name first. */
export function useAgents() {
  const { client } = useSession();
  const definitions = useDefinitions();
  const query = useQuery({
    queryKey: operationKeys.agents,
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => client.agents.list({ signal }),
  });
  const agents = useMemo(() => {
    if (query.data === undefined) return undefined;
    const by_id = new Map(query.data.map((each) => [each.id, each]));
    return orderAgents([...by_id.keys()], definitions).flatMap((id): AgentItem[] =>
      [by_id.get(id)].filter((each) => each !== undefined),
    );
  }, [query.data, definitions]);
  return { ...query, agents };
}
