import type { BreadcrumbItem } from '@cairn/protocol';
import type { Page, SearchMode } from '@cairn/sdk';
import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useEffect } from 'react';
import { useSession } from '../session/session.ts';
import { NOTE_SCHEMA } from './note.ts';

const PAGE_ROWS = 50;
const HITS = 20;
/** Events of notes come in bunches, and what was found is read again once for all of them. */
const READ_AGAIN_MS = 400;

const KEYS = {
  all: ['notes'] as const,
  list: (tag: string | null) => ['notes', 'list', tag] as const,
  search: (q: string, tag: string | null) => ['notes', 'search', q, tag] as const,
};

/** The notes with a tag (null: all), newest change first, page by page. */
export function useNoteList(tag: string | null, enabled: boolean) {
  const { client } = useSession();
  useNoteEvents();
  return useInfiniteQuery({
    queryKey: KEYS.list(tag),
    enabled,
    initialPageParam: null as string | null,
    getNextPageParam: (last: Page<BreadcrumbItem>) => last.next_cursor,
    queryFn: ({ pageParam, signal }): Promise<Page<BreadcrumbItem>> =>
      client.listBreadcrumbs(
        {
          schema_name: NOTE_SCHEMA,
          limit: PAGE_ROWS,
          ...(tag === null ? {} : { tag }),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        { signal },
      ),
  });
}

/** What a search found, and how: by words and meaning, or by words where the database knows no meaning. */
export interface FoundNotes {
  readonly hits: readonly BreadcrumbItem[];
  readonly mode: SearchMode | null;
}

/** The notes that the server's search finds, the best first. Asks nothing while `q` is empty. */
export function useNoteSearch(q: string, tag: string | null) {
  const { client } = useSession();
  return useQuery({
    queryKey: KEYS.search(q, tag),
    enabled: q !== '',
    // While the next words are looked for, what the last ones found stays.
    placeholderData: keepPreviousData,
    queryFn: ({ signal }): Promise<FoundNotes> =>
      client.search(
        { q, nn: HITS, schema_name: NOTE_SCHEMA, ...(tag === null ? {} : { tag }) },
        { signal },
      ),
  });
}

/** Reads notes again when the stream tells of one, and when it was away. */
function useNoteEvents(): void {
  const { live } = useSession();
  const cache = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const unwatch = live.watch((events) => {
      if (timer !== null || !events.some((each) => each.schema_name === NOTE_SCHEMA)) return;
      timer = setTimeout(() => {
        timer = null;
        void cache.invalidateQueries({ queryKey: KEYS.all });
      }, READ_AGAIN_MS);
    });
    return () => {
      unwatch();
      if (timer !== null) clearTimeout(timer);
    };
  }, [live, cache]);
}

/** Has all lists of notes read again at once: for a change that was made here. */
export function useReadNotesAgain(): () => void {
  const cache = useQueryClient();
  return () => void cache.invalidateQueries({ queryKey: KEYS.all });
}
