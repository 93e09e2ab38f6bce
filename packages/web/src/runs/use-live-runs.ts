import { RUN_LIMITS, type RunSummary } from '@cairn/protocol';
import type { RunPage } from '@cairn/sdk';
import { useQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useEffect, useEffectEvent } from 'react';
import type { TextSearch } from '../routes/search.ts';
import { useSession } from '../session/session.ts';
import type { Rows } from '../ui/data-table.tsx';
import { usePages } from '../ui/use-pages.ts';
import { compareHead, mergeHead } from './merge-runs.ts';
import { readRunQuery } from './read-run-query.ts';

const PAGE_ROWS = 50;
/** Who reads on wants more than a glance: the most that the server answers. */
const MORE_ROWS = RUN_LIMITS.page_size;
/** Reports of runs tell no events, so the newest are looked at this often while the page is visible. */
const LOOK_MS = 3_000;

type Pages = InfiniteData<RunPage<RunSummary>, string | null>;

/** A list of runs that grows by itself. */
export interface LiveRuns {
  readonly rows: Rows<RunSummary>;
  /** How many new runs wait to be taken in; more than are counted when `is_bounded`. */
  readonly waiting: number;
  readonly is_bounded: boolean;
  /** Takes in what waits. */
  readonly take: () => void;
}

/**
 * The runs that the filters let through, newest first, page by page. What is shown is kept up to date; new runs are taken in at
 * once, or counted while the list `is_held`, so that nothing moves below the reader's eyes.
 */
export function useLiveRuns(filters: TextSearch, is_held: boolean): LiveRuns {
  const { client } = useSession();
  const cache = useQueryClient();
  const key = ['runs', 'list', filters];
  const { is_fetching: _, ...rows } = usePages<RunSummary>({
    key,
    read: ({ cursor, signal }) =>
      client.runs.list(
        {
          ...readRunQuery(filters, Date.now()),
          fields: 'summary',
          ...(cursor === undefined ? { page_size: PAGE_ROWS } : { page_size: MORE_ROWS, cursor }),
        },
        { signal },
      ),
  });
  const { data: head } = useQuery({
    queryKey: ['runs', 'head', filters],
    queryFn: ({ signal }) =>
      client.runs.list(
        { ...readRunQuery(filters, Date.now()), fields: 'summary', page_size: PAGE_ROWS },
        { signal },
      ),
    select: ({ items }) => items,
    refetchInterval: LOOK_MS,
    enabled: rows.data !== undefined,
  });
  const is_whole = !rows.more;
  const { fresh, has_gap } = compareHead(rows.data ?? [], head ?? [], is_whole);

  const merge = (with_new: boolean) => {
    if (head === undefined || rows.data === undefined) return;
    if (with_new && has_gap) {
      // Only the list itself knows what lies between. It is wanted from its top: what was read below it is let go, or
      // each page of it would be read again.
      cache.setQueryData<Pages>(key, (known) => known && firstPageOf(known));
      void cache.invalidateQueries({ queryKey: key });
      return;
    }
    cache.setQueryData<Pages>(
      key,
      (known) => known && { ...known, pages: mergeHead(known.pages, head, with_new ? fresh : []) },
    );
  };
  const follow = useEffectEvent(() => merge(!is_held));
  useEffect(() => {
    if (head !== undefined) follow();
  }, [head, is_held]);
  return {
    rows,
    waiting: is_held ? fresh.length : 0,
    is_bounded: has_gap,
    take: () => merge(true),
  };
}

function firstPageOf({ pages, pageParams }: Pages): Pages {
  return { pages: pages.slice(0, 1), pageParams: pageParams.slice(0, 1) };
}
