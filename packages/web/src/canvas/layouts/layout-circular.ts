import { NODE_KINDS } from '../graph/graph.ts';
import { byKind, CELL, type LayoutInput, type Positions } from './layout.ts';

/** Nodes are broader than high: rings are flattened as far as no two nodes meet. */
const FLATTENED = 0.62;

/** Rings around one middle: agents and definitions within, records around them, each ring as full as it may be. */
export function layoutCircular({ kinds }: LayoutInput): Positions {
  const positions = new Float64Array(kinds.length * 2);
  let ring = 0;
  for (const group of byKind(kinds, NODE_KINDS)) {
    let done = 0;
    while (done < group.length) {
      const radius = ring * CELL.width;
      // Neighbours of a ring are as far apart as its radius: no two nodes meet, at whatever angle.
      const room = ring === 0 ? 1 : Math.floor(2 * Math.PI * ring);
      const count = Math.min(room, group.length - done);
      for (let index = 0; index < count; index++) {
        const at = group[done + index] ?? 0;
        const angle = (index / count) * 2 * Math.PI - Math.PI / 2;
        positions[at * 2] = radius * Math.cos(angle);
        positions[at * 2 + 1] = radius * Math.sin(angle) * FLATTENED;
      }
      done += count;
      ring += 1;
    }
  }
  return positions;
}
