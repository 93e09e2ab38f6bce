import type { NodeKind } from '../graph/graph.ts';

/** How nodes are arranged. */
export const LAYOUTS = ['grid', 'circular', 'force', 'hierarchical'] as const;
export type LayoutName = (typeof LAYOUTS)[number];

/** The size of a node on the canvas, in its own units: pixels at a zoom of 1. */
export const NODE_SIZE = { width: 208, height: 56 } as const;
/** From the middle of one node to the middle of the next. */
export const CELL = { width: 240, height: 88 } as const;

/** What a layout needs to know: nodes by their place in a list, edges as pairs of places. It can be sent to a worker. */
export interface LayoutInput {
  readonly kinds: readonly NodeKind[];
  readonly edges: readonly (readonly [from: number, to: number])[];
  /** Width of the window by its height. */
  readonly aspect: number;
}

/** The middles of the nodes: x and y of the first, x and y of the second, and so on. Always finite. */
export type Positions = Float64Array<ArrayBuffer>;

/** The places of the nodes sorted by kind, each kind in the order of the list. */
export function byKind(
  kinds: readonly NodeKind[],
  order: readonly NodeKind[],
): readonly (readonly number[])[] {
  const groups = new Map<NodeKind, number[]>(order.map((kind) => [kind, []]));
  for (const [at, kind] of kinds.entries()) groups.get(kind)?.push(at);
  return [...groups.values()].filter((group) => group.length > 0);
}

/** How many columns give `count` cells the shape of the window. At least 1. */
export function columnsFor(count: number, aspect: number): number {
  const columns = Math.ceil(Math.sqrt((count * aspect * CELL.height) / CELL.width));
  return Math.max(1, Math.min(count, columns));
}
