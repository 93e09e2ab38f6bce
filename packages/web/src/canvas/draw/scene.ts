import { EDGE_KINDS, NODE_KINDS, type Graph, type GraphNode } from '../graph/graph.ts';
import { NODE_SIZE } from '../layouts/layout.ts';
import type { Point } from '../layouts/place-new-nodes.ts';
import { boundsOf, type Rect } from './viewport.ts';

/** A graph made ready to be drawn and to be asked what lies where. Positions may be moved; everything else stays. */
export interface Scene {
  readonly nodes: readonly GraphNode[];
  /** The place of each node in `nodes`. */
  readonly places: ReadonlyMap<string, number>;
  /** Middles: x and y of the first node, and so on. */
  readonly positions: Float64Array;
  /** Places in `NODE_KINDS`. */
  readonly kinds: Uint8Array;
  /** Edges: from, to (places in `nodes`) and kind (place in `EDGE_KINDS`) of the first edge, and so on. */
  readonly edges: Uint32Array;
  /** For each node the places of its edges. */
  readonly edges_of: readonly (readonly number[])[];
  readonly bounds: Rect | null;
}

/** Makes the scene of a graph. A node without a position stands at the origin. */
export function createScene(graph: Graph, positions: ReadonlyMap<string, Point>): Scene {
  const { nodes } = graph;
  const places = new Map(nodes.map(({ id }, at) => [id, at]));
  const points = new Float64Array(nodes.length * 2);
  const kinds = new Uint8Array(nodes.length);
  for (const [at, { id, kind }] of nodes.entries()) {
    const point = positions.get(id);
    points[at * 2] = point?.x ?? 0;
    points[at * 2 + 1] = point?.y ?? 0;
    kinds[at] = NODE_KINDS.indexOf(kind);
  }
  const edges = new Uint32Array(graph.edges.length * 3);
  const edges_of: number[][] = nodes.map(() => []);
  for (const [at, { from, to, kind }] of graph.edges.entries()) {
    const [start, end] = [places.get(from) ?? 0, places.get(to) ?? 0];
    edges.set([start, end, EDGE_KINDS.indexOf(kind)], at * 3);
    edges_of[start]?.push(at);
    edges_of[end]?.push(at);
  }
  const known = nodes.flatMap(({ id }) => positions.get(id) ?? []);
  return { nodes, places, positions: points, kinds, edges, edges_of, bounds: boundsOf(known) };
}

/** The middle of a node by its place. */
export function pointOf(scene: Scene, at: number): Point {
  return { x: scene.positions[at * 2] ?? 0, y: scene.positions[at * 2 + 1] ?? 0 };
}

/** The topmost node under a point of the canvas, or null. */
export function nodeAt(scene: Scene, { x, y }: Point): number | null {
  const { positions } = scene;
  const [half_width, half_height] = [NODE_SIZE.width / 2, NODE_SIZE.height / 2];
  // A few thousand comparisons cost less than keeping an index up to date while nodes are moved.
  for (let at = scene.nodes.length - 1; at >= 0; at--) {
    const dx = (positions[at * 2] ?? 0) - x;
    const dy = (positions[at * 2 + 1] ?? 0) - y;
    if (dx >= -half_width && dx <= half_width && dy >= -half_height && dy <= half_height) return at;
  }
  return null;
}

/** The nodes that a rectangle of the canvas touches. */
export function nodesIn(scene: Scene, rect: Rect): readonly number[] {
  const [half_width, half_height] = [NODE_SIZE.width / 2, NODE_SIZE.height / 2];
  const found: number[] = [];
  for (let at = 0; at < scene.nodes.length; at++) {
    const x = scene.positions[at * 2] ?? 0;
    const y = scene.positions[at * 2 + 1] ?? 0;
    const is_inside =
      x + half_width >= rect.left &&
      x - half_width <= rect.right &&
      y + half_height >= rect.top &&
      y - half_height <= rect.bottom;
    if (is_inside) found.push(at);
  }
  return found;
}

const DIRECTIONS = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
} as const;
export type ArrowKey = keyof typeof DIRECTIONS;

/** True for the keys that move the selection. */
export function isArrowKey(key: string): key is ArrowKey {
  return Object.hasOwn(DIRECTIONS, key);
}

/** The nearest node in a direction: what lies aside counts three times as far as what lies ahead. Null: there is none. */
export function neighbourTowards(scene: Scene, from: number, key: ArrowKey): number | null {
  const direction = DIRECTIONS[key];
  const start = pointOf(scene, from);
  let nearest: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < scene.nodes.length; at++) {
    if (at === from) continue;
    const { x, y } = pointOf(scene, at);
    const ahead = (x - start.x) * direction.x + (y - start.y) * direction.y;
    if (ahead <= 1) continue;
    const aside = Math.abs((x - start.x) * direction.y) + Math.abs((y - start.y) * direction.x);
    const distance = ahead + aside * 3;
    if (distance >= least) continue;
    least = distance;
    nearest = at;
  }
  return nearest;
}
