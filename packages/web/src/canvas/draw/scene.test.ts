import { describe, expect, it } from 'vitest';
import type { Graph } from '../graph/graph.ts';
import { createScene, neighbourTowards, nodeAt, nodesIn } from './scene.ts';

const graph: Graph = {
  nodes: ['left', 'middle', 'right', 'below'].map((id) => ({
    id,
    kind: 'breadcrumb',
    title: id,
    subtitle: '',
    tags: [],
    at: 0,
  })),
  edges: [{ from: 'left', to: 'right', kind: 'triggered' }],
  left_out: { nodes: 0, edges: 0 },
};
const scene = createScene(
  graph,
  new Map([
    ['left', { x: -400, y: 0 }],
    ['middle', { x: 0, y: 0 }],
    ['right', { x: 400, y: 20 }],
    ['below', { x: 10, y: 300 }],
  ]),
);

describe('a scene', () => {
  it('finds the node under a point, also at the edge of its card', () => {
    expect(nodeAt(scene, { x: 0, y: 0 })).toBe(1);
    expect(nodeAt(scene, { x: -400 + 103, y: 27 })).toBe(0);
    expect(nodeAt(scene, { x: -400 + 106, y: 0 })).toBeNull();
  });

  it('finds what a rectangle touches', () => {
    const rect = { left: -310, right: -90, top: -10, bottom: 10 };
    expect(nodesIn(scene, rect)).toEqual([0, 1]);
  });

  it('leads from node to node in the direction of the key', () => {
    expect(neighbourTowards(scene, 1, 'ArrowRight')).toBe(2);
    expect(neighbourTowards(scene, 1, 'ArrowLeft')).toBe(0);
    expect(neighbourTowards(scene, 1, 'ArrowDown')).toBe(3);
    expect(neighbourTowards(scene, 0, 'ArrowLeft')).toBeNull();
  });

  it('knows the edges of each node', () => {
    expect(scene.edges_of).toEqual([[0], [], [0], []]);
  });
});
