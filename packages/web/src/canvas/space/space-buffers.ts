import { EDGE_KINDS, NODE_KINDS, type NodeKind } from '../graph/graph.ts';
import type { Scene } from '../draw/scene.ts';

/** Above and below the plane of the breadcrumbs, as shares of the size of the whole. */
const LAYERS: Readonly<Record<NodeKind, number>> = {
  agent: 0.16,
  'agent-definition': 0.1,
  chat: 0.05,
  breadcrumb: 0,
  system: -0.05,
  tool: -0.1,
  secret: -0.14,
};
/** Units of space for a unit of the canvas. */
const SCALE = 0.0085;
/** The radius of a ball, and of one that many things hang on. */
const RADIUS = { least: 0.26, most: 0.9 } as const;

/** What is drawn in space, as numbers for the graphics processor. */
export interface SpaceBuffers {
  /** x, y and z of each node. */
  readonly points: Float32Array<ArrayBuffer>;
  readonly radii: Float32Array<ArrayBuffer>;
  /** Place of its kind in `NODE_KINDS`. */
  readonly kinds: Float32Array<ArrayBuffer>;
  /** For each edge two ends: x, y, z. */
  readonly line_points: Float32Array<ArrayBuffer>;
  /** For each end: the place of its kind in `EDGE_KINDS`, its share of the way (0 or 1), the beat of the edge. */
  readonly line_looks: Float32Array<ArrayBuffer>;
  /** The radius of everything, around the origin. */
  readonly extent: number;
}

/** The same arrangement as on the canvas, around the origin, with each kind on a layer of its own. */
export function createBuffers(scene: Scene): SpaceBuffers {
  const { nodes, positions, edges, bounds } = scene;
  const middle = {
    x: bounds === null ? 0 : (bounds.left + bounds.right) / 2,
    y: bounds === null ? 0 : (bounds.top + bounds.bottom) / 2,
  };
  const half_width = bounds === null ? 1 : ((bounds.right - bounds.left) / 2) * SCALE;
  const half_height = bounds === null ? 1 : ((bounds.bottom - bounds.top) / 2) * SCALE;
  const extent = Math.max(4, Math.hypot(half_width, half_height));
  const points = new Float32Array(nodes.length * 3);
  const radii = new Float32Array(nodes.length);
  for (const [at, node] of nodes.entries()) {
    // Nodes of one layer float a little, always the same way, or a plane would look like a sheet of paper.
    const float = (((at * 0.618_034) % 1) - 0.5) * 0.03;
    points[at * 3] = ((positions[at * 2] ?? 0) - middle.x) * SCALE;
    points[at * 3 + 1] = (middle.y - (positions[at * 2 + 1] ?? 0)) * SCALE;
    points[at * 3 + 2] = (LAYERS[node.kind] + float) * extent * 1.6;
    const degree = scene.edges_of[at]?.length ?? 0;
    radii[at] = Math.min(RADIUS.most, RADIUS.least + 0.05 * Math.sqrt(degree));
  }
  const count = edges.length / 3;
  const line_points = new Float32Array(count * 6);
  const line_looks = new Float32Array(count * 6);
  const step = stepThrough(count);
  for (let line = 0; line < count; line++) {
    // Mixed, so that the first half of them is half of each kind.
    const at = (line * step) % count;
    const ends = [edges[at * 3] ?? 0, edges[at * 3 + 1] ?? 0];
    const kind = edges[at * 3 + 2] ?? 0;
    const beat = (at * 0.618_034) % 1;
    for (const [end, place] of ends.entries()) {
      const from = line * 6 + end * 3;
      line_points.set(points.subarray(place * 3, place * 3 + 3), from);
      line_looks.set([kind, end, beat], from);
    }
  }
  return { points, radii, kinds: Float32Array.from(scene.kinds), line_points, line_looks, extent };
}

/** A step by which all of `count` are visited once, far from one to the next. */
function stepThrough(count: number): number {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
  let step = Math.max(1, Math.round(count * 0.618_034));
  while (common(step, count) > 1) step += 1;
  return step;
}

/** The place of `triggered`, whose edges move. */
export const TRIGGERED_KIND: number = EDGE_KINDS.indexOf('triggered');
export const NODE_KIND_COUNT: number = NODE_KINDS.length;
export const EDGE_KIND_COUNT: number = EDGE_KINDS.length;
