import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from 'd3-force';
import { CELL, type LayoutInput, type Positions } from './layout.ts';

/** Steps of the simulation: enough to come to rest. Small graphs take them all, large ones fewer. */
const TICKS = { most: 300, least: 120, nodes_ticks: 400_000 } as const;

/** Nodes keep apart as balls do, and cards are broader than high. */
const FLATTENED = 0.7;

/** Nodes that push each other away, held together by their edges. The same graph always comes to rest the same way. */
export function layoutForce({ kinds, edges, aspect }: LayoutInput): Positions {
  const count = kinds.length;
  // Without a place of their own nodes begin on a spiral, which is the same each time; so is the library's randomness.
  const nodes: SimulationNodeDatum[] = Array.from({ length: count }, () => ({}));
  const links = edges.map(([source, target]) => ({ source, target }));
  const degrees = new Uint32Array(count);
  for (const [from, to] of edges) {
    degrees[from] = (degrees[from] ?? 0) + 1;
    degrees[to] = (degrees[to] ?? 0) + 1;
  }
  const strengths = edges.map(
    ([from, to]) => 1 / Math.max(1, Math.min(degrees[from] ?? 1, degrees[to] ?? 1)),
  );
  const simulation = forceSimulation(nodes)
    .force(
      'link',
      forceLink(links)
        .distance(CELL.width)
        // What hangs on one hub alone stays near; hubs pull each other less.
        .strength((_, at) => strengths[at] ?? 0),
    )
    .force(
      'charge',
      forceManyBody()
        .strength(-900)
        .theta(1.1)
        .distanceMax(CELL.width * 8),
    )
    .force('collide', forceCollide(CELL.width * 0.46).iterations(2))
    .force('x', forceX(0).strength(0.03 / Math.max(1, aspect)))
    .force('y', forceY(0).strength(0.03))
    .stop();
  const ticks = Math.min(TICKS.most, Math.max(TICKS.least, TICKS.nodes_ticks / Math.max(1, count)));
  simulation.alphaDecay(1 - 0.001 ** (1 / ticks)).tick(Math.round(ticks));
  const positions = new Float64Array(count * 2);
  for (const [at, { x, y }] of nodes.entries()) {
    positions[at * 2] = x ?? 0;
    positions[at * 2 + 1] = (y ?? 0) * FLATTENED;
  }
  return positions;
}
