import type { Graph } from '../graph/graph.ts';
import { CELL } from './layout.ts';

/** A point of the canvas, in its own units. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Places for nodes that came after the layout: beside what they hang on, in the nearest cell that is free. What has a
 * place keeps it.
 */
export function placeNewNodes(
  graph: Graph,
  known: ReadonlyMap<string, Point>,
): ReadonlyMap<string, Point> {
  const fresh = graph.nodes.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return known;
  const places = new Map(known);
  const taken = new Set([...known.values()].map(cellOf));
  /** For each cell that something hangs on, how far around it is full. */
  const full = new Map<string, number>();
  const anchors = new Map<string, string>();
  for (const { from, to } of graph.edges) {
    if (!known.has(from) && known.has(to)) anchors.set(from, to);
    if (!known.has(to) && known.has(from)) anchors.set(to, from);
  }
  for (const { id } of fresh) {
    const anchor = places.get(anchors.get(id) ?? '') ?? { x: 0, y: 0 };
    const place = freeCell(anchor, taken, full);
    taken.add(cellOf(place));
    places.set(id, place);
  }
  return places;
}

function cellOf({ x, y }: Point): string {
  return `${Math.round(x / CELL.width)} ${Math.round(y / CELL.height)}`;
}

/** Rings of cells around a point; some cell is always free, since only so many are taken. */
function freeCell(around: Point, taken: ReadonlySet<string>, full: Map<string, number>): Point {
  const column = Math.round(around.x / CELL.width);
  const row = Math.round(around.y / CELL.height);
  const key = `${column} ${row}`;
  for (let ring = full.get(key) ?? 0; ; ring++) {
    full.set(key, ring);
    for (const [dx, dy] of ringOf(ring)) {
      if (taken.has(`${column + dx} ${row + dy}`)) continue;
      return { x: (column + dx) * CELL.width, y: (row + dy) * CELL.height };
    }
  }
}

function* ringOf(ring: number): Generator<readonly [number, number]> {
  if (ring === 0) yield [0, 0];
  for (let step = -ring; step < ring; step++) {
    yield [step, -ring];
    yield [ring, step];
    yield [-step, ring];
    yield [-ring, -step];
  }
}
