import {
  compileSelector,
  type BreadcrumbContext,
  type BreadcrumbEvent,
  type Selector,
} from '@cairn/protocol';
import type { Page } from '@cairn/sdk';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useEvents } from '../live/use-events.ts';
import { useSession } from '../session/session.ts';
import type { Rows } from '../ui/data-table.tsx';
import { usePages } from '../ui/use-pages.ts';
import { selectorOf, type TrailSelection } from './read-filter.ts';

const PAGE_ROWS = 50;
/** Who reads on wants more than a glance; and rules about contexts are looked at here. */
const MORE_ROWS = 200;
const HITS_AT_MOST = 100;

/** A row of the list; found by words it has a score. */
export type FoundBreadcrumb = BreadcrumbContext & { readonly score?: number };

/** The breadcrumbs of a selection: newest first, or best first when words were given. */
export function useTrailRows(selection: TrailSelection) {
  const { client } = useSession();
  const cache = useQueryClient();
  const { q } = selection;
  // The server never sees the rules; that there are some decides how many rows are read at once.
  const key = ['trail_page', { ...selection, rules: selection.rules.length > 0 }] as const;
  const matches = useMemo(() => matcherOf(selectorOf(selection)), [selection]);
  const rows = usePages<FoundBreadcrumb>({
    key,
    read: async ({ signal, cursor }) => {
      const query = listQuery(selection);
      if (q !== '') {
        const { any_tags: _any_tags, ...rest } = query;
        const found = await client.search(
          { ...rest, q, nn: HITS_AT_MOST, include_context: true },
          { signal },
        );
        return { items: found.hits, next_cursor: null } satisfies Page<FoundBreadcrumb>;
      }
      const is_glance = cursor === undefined && selection.rules.length === 0;
      const limit = is_glance ? PAGE_ROWS : MORE_ROWS;
      const page = { limit, include_context: true, ...(cursor ? { cursor } : {}) } as const;
      return client.listBreadcrumbs({ ...query, ...page }, { signal });
    },
  });
  const [news, setNews] = useState<{ of: TrailSelection; count: number }>({
    of: selection,
    count: 0,
  });
  useEvents((events) => {
    const count = events.filter((event) => isNews(event, q) && matches?.(event)).length;
    if (count === 0) return;
    setNews((known) => ({
      of: selection,
      count: known.of === selection ? known.count + count : count,
    }));
  });
  const data = useMemo(
    () => rows.data?.filter((row) => matches?.(row) ?? true),
    [rows.data, matches],
  );
  const shown: Rows<FoundBreadcrumb> = { ...rows, data };
  return {
    rows: shown,
    read: rows.data?.length ?? 0,
    news: news.of === selection ? news.count : 0,
    showNews(): void {
      setNews({ of: selection, count: 0 });
      void cache.resetQueries({ queryKey: key });
    },
    readAgain: () => cache.invalidateQueries({ queryKey: ['trail_page'] }),
  };
}

/** What the server narrows by itself. */
function listQuery({ any_tags, all_tags, schema_name }: TrailSelection) {
  return {
    ...(any_tags.length === 0 ? {} : { any_tags }),
    ...(all_tags.length === 0 ? {} : { all_tags }),
    ...(schema_name === '' ? {} : { schema_name }),
  };
}

/** Whether a record matches the selector; null while a rule is not right yet, which then narrows nothing. */
function matcherOf(selector: Selector) {
  try {
    const compiled = compileSelector(selector);
    return (record: { tags: string[]; schema_name: string | null; context?: unknown }) =>
      compiled.matches(record);
  } catch {
    return null;
  }
}

/** Found by words, the order is by score, and a new record has none. */
function isNews(event: BreadcrumbEvent, q: string): boolean {
  return q === '' && event.type !== 'breadcrumb.deleted';
}
