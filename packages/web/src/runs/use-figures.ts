import type { CairnClient, RunFilter } from '@cairn/sdk';
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { TextSearch } from '../routes/search.ts';
import { useSession } from '../session/session.ts';
import { readRunFilter } from './read-run-query.ts';

/** Figures are read again this often, while they are looked at. */
const REFRESH_MS = 15_000;
/** The span of statistics when the address says none. */
export const STATISTICS_SINCE = '7d';

/** The part of an address that chooses what figures are of. */
export function figuresOf({ agent, version, environment, since, until }: TextSearch): TextSearch {
  const chosen = { agent, version, environment, until, since: since ?? STATISTICS_SINCE };
  return Object.fromEntries(
    Object.entries(chosen).filter((each): each is [string, string] => each[1] !== undefined),
  );
}

/** Reads figures of the runs that the address chooses. What is shown stays until the next answer is there. */
export function useFigures<T>(
  name: string | readonly string[],
  search: TextSearch,
  read: (client: CairnClient, filter: RunFilter, signal: AbortSignal) => Promise<T>,
): UseQueryResult<T> {
  const { client } = useSession();
  const chosen = figuresOf(search);
  return useQuery({
    queryKey: ['statistics', name, chosen],
    queryFn: ({ signal }) => read(client, readRunFilter(chosen, Date.now()), signal),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}
