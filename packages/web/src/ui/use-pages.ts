import type { Page } from '@cairn/sdk';
import { useInfiniteQuery, type QueryKey } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Rows } from './data-table.tsx';

/** Lists of which more pages than this are shown are not read again by themselves. */
const REFRESHED_PAGES = 3;

/** Whether so much of a list was read that it is left as it is: each of its pages would be a request. */
export function isReadFar(pages: number | undefined): boolean {
  return (pages ?? 0) > REFRESHED_PAGES;
}

/** Who reads on wants more than a glance: later pages are larger than the first. */
const MORE_ROWS = 200;

/** What to ask for a page of the API's lists. */
export function pageAfter(cursor: string | undefined): { cursor?: string; limit?: number } {
  return cursor === undefined ? {} : { cursor, limit: MORE_ROWS };
}

/** What one read of a list is given. */
export interface PageRequest {
  /** Of the page before; absent for the first one. */
  readonly cursor?: string;
  readonly signal: AbortSignal;
}

/**
 * A list that is read page by page, as the rows of a table. `refresh_ms` reads it again now and then while the page is
 * visible, for what tells no events; what is shown stays until the new answer is there.
 */
export function usePages<T>({
  key,
  read,
  refresh_ms = false,
  is_enabled = true,
}: {
  key: QueryKey;
  read: (request: PageRequest) => Promise<Page<T>>;
  refresh_ms?: number | false;
  is_enabled?: boolean;
}): Rows<T> & { readonly is_fetching: boolean } {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      read({ signal, ...(pageParam === null ? {} : { cursor: pageParam }) }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    // All pages are read again, one after the other: who has gone far back does not want the newest.
    refetchInterval: ({ state }) => (isReadFar(state.data?.pages.length) ? false : refresh_ms),
    // Nor when coming back from one of its rows.
    refetchOnMount: ({ state }) => !isReadFar(state.data?.pages.length) || state.isInvalidated,
    enabled: is_enabled,
  });
  const { data: pages, error, refetch, fetchNextPage, hasNextPage, isFetching } = query;
  const data = useMemo(() => pages?.pages.flatMap(({ items }) => items), [pages]);
  return {
    data,
    error,
    refetch,
    more: hasNextPage ? fetchNextPage : null,
    is_loading_more: query.isFetchingNextPage,
    is_fetching: isFetching,
  };
}
