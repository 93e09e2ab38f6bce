import { NODE_KINDS } from '../graph/graph.ts';
import { byKind, CELL, columnsFor, type LayoutInput, type Positions } from './layout.ts';

/** Between two kinds, in cells. */
const GAP = 0.6;

/** Rows and columns in the shape of the window; each kind begins a row of its own. */
export function layoutGrid({ kinds, aspect }: LayoutInput): Positions {
  const positions = new Float64Array(kinds.length * 2);
  const columns = columnsFor(kinds.length, aspect);
  let top = 0;
  for (const group of byKind(kinds, NODE_KINDS)) {
    for (const [index, at] of group.entries()) {
      positions[at * 2] = (index % columns) * CELL.width;
      positions[at * 2 + 1] = (top + Math.floor(index / columns)) * CELL.height;
    }
    top += Math.ceil(group.length / columns) + GAP;
  }
  return positions;
}
