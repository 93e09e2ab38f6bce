import type { BreadcrumbEvent } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { useEvents } from '../../live/use-events.ts';
import { useSession } from '../../session/session.ts';
import { useStore } from '../../ui/use-store.ts';
import { buildGraph } from './build-graph.ts';
import { foldEvents } from './fold-events.ts';
import { EMPTY_GRAPH, type Graph } from './graph.ts';
import type { GraphData } from './graph-record.ts';
import { GRAPH_KEY, graphQuery } from './read-graph.ts';

/** Events are folded into the graph this often: a graph of thousands is not built anew for each of them. */
const FOLD_MS = 300;

/** The graph of everything, live. */
export function useGraph(): {
  readonly graph: Graph;
  /** True when the server has more than is shown. */
  readonly has_more: boolean;
  readonly is_pending: boolean;
  readonly error: unknown;
  retry(): void;
} {
  const { client, live } = useSession();
  const { has_been_live } = useStore(live.connection);
  // Read after the stream stands, no event can be missed between the two.
  const query = useQuery({ ...graphQuery(client, live), enabled: has_been_live });
  useFoldedEvents();
  const { data } = query;
  const graph = useMemo(() => (data === undefined ? EMPTY_GRAPH : buildGraph(data)), [data]);
  return {
    graph,
    has_more: data?.has_more ?? false,
    is_pending: query.isPending,
    error: data === undefined ? query.error : null,
    retry: () => void query.refetch(),
  };
}

function useFoldedEvents(): void {
  const cache = useQueryClient();
  const waiting = useRef<BreadcrumbEvent[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const deleted = useRef(new Set<string>());
  useEvents((events) => {
    waiting.current.push(...events);
    timer.current ??= setTimeout(() => {
      timer.current = null;
      const batch = waiting.current.splice(0);
      cache.setQueryData<GraphData>(
        GRAPH_KEY,
        (known) => known && foldEvents(known, batch, deleted.current),
      );
    }, FOLD_MS);
  });
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
      // What events told while the canvas is not shown is not folded: then it is read again.
      void cache.invalidateQueries({ queryKey: GRAPH_KEY, refetchType: 'none' });
    },
    [cache],
  );
}
