import { useEffect, useRef } from 'react';
import type { Store } from '../../live/store.ts';
import { NODES_AT_MOST, type Graph } from '../graph/graph.ts';
import type { Window } from './minimap.tsx';

/** Zoom and counts, and what there was no room for. */
export function CountsLine({
  shown,
  total,
  has_more,
  selected,
  is_arranging,
  has_zoom,
  window,
}: {
  shown: Graph;
  total: Graph;
  has_more: boolean;
  selected: number;
  is_arranging: boolean;
  has_zoom: boolean;
  window: Store<Window | null>;
}) {
  const text = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const show = (): void => {
      const zoom = window.get()?.viewport.zoom ?? 1;
      if (text.current !== null) text.current.textContent = `${Math.round(zoom * 100)} %`;
    };
    show();
    // Each frame of a movement is followed without React.
    return window.subscribe(show);
  }, [window, has_zoom]);
  const { left_out } = total;
  const count = (number: number): string => number.toLocaleString();
  return (
    <p
      data-testid="canvas-counts"
      data-nodes={shown.nodes.length}
      data-edges={shown.edges.length}
      data-arranging={is_arranging}
      className="pointer-events-none absolute bottom-3 left-3 flex max-w-[calc(100%-1.5rem)] flex-wrap items-center gap-x-3 rounded-lg border border-line bg-surface/95 px-2.5 py-1 text-xs text-ink-soft tabular-nums md:max-w-[calc(100%-14rem)]"
    >
      {has_zoom && <span ref={text} className="min-w-10 font-medium text-ink" />}
      <span>
        {shown.nodes.length === total.nodes.length
          ? count(shown.nodes.length)
          : `${count(shown.nodes.length)} of ${count(total.nodes.length)}`}{' '}
        {shown.nodes.length === 1 ? 'node' : 'nodes'}
      </span>
      <span>
        {count(shown.edges.length)} {shown.edges.length === 1 ? 'edge' : 'edges'}
      </span>
      {selected > 0 && <span>{count(selected)} selected</span>}
      {is_arranging && <span role="status">arranging…</span>}
      {(has_more || left_out.nodes > 0) && (
        <span className="text-warn">
          the newest {count(NODES_AT_MOST)} records; the rest is in the trail
        </span>
      )}
      {left_out.edges > 0 && (
        <span className="text-warn">{count(left_out.edges)} edges left out</span>
      )}
    </p>
  );
}
