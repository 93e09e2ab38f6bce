import type { BreadcrumbEvent } from '@cairn/protocol';
import { useQueryClient, type Query, type QueryKey } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef } from 'react';
import { useSession } from '../session/session.ts';
import { isReadFar } from '../ui/use-pages.ts';

/** At most one read in this time, however many events ask for one; while they go on the time doubles up to the longest. */
const READ_AGAIN_MS = 1_000;
const READ_AGAIN_MS_LONGEST = 8_000;

/** Tells `onEvents` of each batch of breadcrumb events while the component is shown. */
export function useEvents(onEvents: (events: readonly BreadcrumbEvent[]) => void): void {
  const { live } = useSession();
  const tell = useEffectEvent(onEvents);
  useEffect(() => live.watch((events) => tell(events)), [live]);
}

/**
 * Reads what stands under `key` again when an event matches, for lists that events alone cannot patch. The first event is
 * followed at once; those that come while a read is under way, or soon after it, by one more read. A list of which very
 * many pages were read stays as it is.
 */
export function useReadAgainOn(key: QueryKey, matches: (event: BreadcrumbEvent) => boolean): void {
  const cache = useQueryClient();
  const state = useRef({ is_busy: false, is_dirty: false, is_shown: true });
  const follow = async (): Promise<void> => {
    const now = state.current;
    now.is_busy = true;
    let pause_ms = READ_AGAIN_MS;
    do {
      now.is_dirty = false;
      const wait_ms = pause_ms;
      const pause = new Promise((resolve) => setTimeout(resolve, wait_ms));
      pause_ms = Math.min(2 * pause_ms, READ_AGAIN_MS_LONGEST);
      // A read that is cut off by the next one would never end on a slow line.
      await cache.invalidateQueries({ queryKey: key, predicate: isReadAgain });
      await pause;
    } while (now.is_dirty && now.is_shown);
    now.is_busy = false;
  };
  useEvents((events) => {
    if (!events.some(matches)) return;
    if (state.current.is_busy) state.current.is_dirty = true;
    else void follow();
  });
  useEffect(() => {
    const now = state.current;
    now.is_shown = true;
    return () => {
      now.is_shown = false;
    };
  }, []);
}

function isReadAgain({ state }: Query): boolean {
  const { data } = state;
  const is_paged = typeof data === 'object' && data !== null && 'pages' in data;
  return !is_paged || !Array.isArray(data.pages) || !isReadFar(data.pages.length);
}
