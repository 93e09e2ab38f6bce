import { useCallback, useEffect, useEffectEvent, useMemo, useState } from 'react';
import type { Graph } from '../graph/graph.ts';
import type { LayoutInput, LayoutName, Positions } from './layout.ts';
import { layoutAtOnce } from './layout-graph.ts';
import { placeNewNodes, type Point } from './place-new-nodes.ts';
import { runForce } from './run-force.ts';

/** Places of nodes by id. */
export type Places = ReadonlyMap<string, Point>;

interface Arranged {
  /** What was arranged: layout, filter, and how often the person asked. */
  readonly key: string;
  readonly places: Places;
}

const NOWHERE: Arranged = { key: '', places: new Map() };

/**
 * Where the nodes of a graph are. They are arranged anew when the layout or `arranged_for` changes, when somebody asks,
 * and when far more nodes came than there were; single new ones find a place beside the others.
 */
export function usePlaces(
  graph: Graph,
  layout: LayoutName,
  arranged_for: string,
  aspect: number,
): {
  readonly places: Places;
  /** Changes with each new arrangement, so that the view can be fitted to it. */
  readonly arrangement: string;
  readonly is_arranging: boolean;
  move(moved: Places): void;
  arrangeAgain(): void;
} {
  const [again, setAgain] = useState(0);
  const [arranged, setArranged] = useState(NOWHERE);
  // Each doubling begins anew: what was arranged for ten nodes is no order for a thousand.
  const magnitude = Math.floor(Math.log2(graph.nodes.length + 8));
  const [largest, setLargest] = useState(magnitude);
  if (magnitude > largest) setLargest(magnitude);
  const is_empty = graph.nodes.length === 0;
  const key = is_empty ? '' : JSON.stringify([layout, arranged_for, again, largest]);
  if (key !== '' && arranged.key !== key) {
    // What is computed at once is there before anything is drawn. Until a worker is done nodes stand in rows, or stay.
    if (layout !== 'force') {
      const positions = layoutAtOnce(layout, inputOf(graph, aspect));
      setArranged({ key, places: placesOf(graph, positions) });
    } else if (arranged.places.size === 0) {
      const positions = layoutAtOnce('grid', inputOf(graph, aspect));
      setArranged({ key: '', places: placesOf(graph, positions) });
    }
  }
  // The graph changes with each event, and nodes must not jump about then.
  const current = useEffectEvent(() => ({ graph, input: inputOf(graph, aspect) }));
  useEffect(() => {
    if (key === '' || layout !== 'force') return;
    const stop = new AbortController();
    const shown = current();
    const take = (positions: Positions): void => {
      if (!stop.signal.aborted) setArranged({ key, places: placesOf(shown.graph, positions) });
    };
    runForce(shown.input, stop.signal).then(take, () =>
      take(layoutAtOnce('circular', shown.input)),
    );
    return () => stop.abort();
  }, [key, layout]);
  const places = useMemo(() => placeNewNodes(graph, arranged.places), [graph, arranged.places]);
  // New nodes stay where they were put.
  const is_current = arranged.key === key || layout === 'force';
  if (places !== arranged.places && arranged.places.size > 0 && is_current)
    setArranged({ ...arranged, places });
  const move = useCallback((moved: Places) => {
    setArranged((known) => ({ ...known, places: new Map([...known.places, ...moved]) }));
  }, []);
  const arrangeAgain = useCallback(() => setAgain((count) => count + 1), []);
  const is_arranging = key !== '' && arranged.key !== key;
  return { places, arrangement: arranged.key, is_arranging, move, arrangeAgain };
}

function inputOf({ nodes, edges }: Graph, aspect: number): LayoutInput {
  const index = new Map(nodes.map(({ id }, at) => [id, at]));
  return {
    kinds: nodes.map(({ kind }) => kind),
    edges: edges.map(({ from, to }) => [index.get(from) ?? 0, index.get(to) ?? 0] as const),
    aspect,
  };
}

function placesOf({ nodes }: Graph, positions: Positions): Places {
  return new Map(
    nodes.map(({ id }, at) => [id, { x: positions[at * 2] ?? 0, y: positions[at * 2 + 1] ?? 0 }]),
  );
}
