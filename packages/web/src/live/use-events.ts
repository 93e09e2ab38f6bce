import type { BreadcrumbEvent } from '@cairn/protocol';
import { useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef } from 'react';
import { useSession } from '../session/session.ts';

/** At most one read in this time, however many events ask for one. */
const READ_AGAIN_MS = 1_000;

/** Tells `onEvents` of each batch of breadcrumb events while the component is shown. */
export function useEvents(onEvents: (events: readonly BreadcrumbEvent[]) => void): void {
  const { live } = useSession();
  const tell = useEffectEvent(onEvents);
  useEffect(() => live.watch((events) => tell(events)), [live]);
}

/**
 * Reads what stands under `key` again when an event matches, for lists that events alone cannot patch. The first event is
 * followed at once; those that come while a read is under way, or within a second of it, by one more read.
 */
export function useReadAgainOn(key: QueryKey, matches: (event: BreadcrumbEvent) => boolean): void {
  const cache = useQueryClient();
  const state = useRef({ is_busy: false, is_dirty: false, is_shown: true });
  const follow = async (): Promise<void> => {
    const now = state.current;
    now.is_busy = true;
    do {
      now.is_dirty = false;
      const pause = new Promise((resolve) => setTimeout(resolve, READ_AGAIN_MS));
      // A read that is cut off by the next one would never end on a slow line.
      await cache.invalidateQueries({ queryKey: key });
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
