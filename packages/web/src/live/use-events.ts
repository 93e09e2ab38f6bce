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
 * Reads what stands under `key` again when an event matches, once for many: for lists that events alone cannot patch.
 * The first matching event is followed at once, the last one too, in between at most one read a second.
 */
export function useReadAgainOn(key: QueryKey, matches: (event: BreadcrumbEvent) => boolean): void {
  const cache = useQueryClient();
  const waiting = useRef<ReturnType<typeof setTimeout> | null>(null);
  const last = useRef(Number.NEGATIVE_INFINITY);
  useEvents((events) => {
    if (waiting.current !== null || !events.some(matches)) return;
    const wait = Math.max(0, last.current + READ_AGAIN_MS - Date.now());
    waiting.current = setTimeout(() => {
      waiting.current = null;
      last.current = Date.now();
      void cache.invalidateQueries({ queryKey: key });
    }, wait);
  });
  useEffect(
    () => () => {
      if (waiting.current !== null) clearTimeout(waiting.current);
      waiting.current = null;
    },
    [],
  );
}
