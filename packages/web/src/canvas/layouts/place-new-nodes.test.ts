import { describe, expect, it } from 'vitest';
import type { Graph, GraphNode } from '../graph/graph.ts';
import { CELL } from './layout.ts';
import { placeNewNodes } from './place-new-nodes.ts';

const node = (id: string): GraphNode => ({
  id,
  kind: 'breadcrumb',
  title: id,
  subtitle: '',
  tags: [],
  at: 0,
});
const graph = (ids: readonly string[], edges: Graph['edges'] = []): Graph => ({
  nodes: ids.map(node),
  edges,
  left_out: { nodes: 0, edges: 0 },
});

describe('placeNewNodes', () => {
  it('keeps every place that is known, and the same map when nothing came', () => {
    const known = new Map([['a', { x: 5, y: 7 }]]);
    expect(placeNewNodes(graph(['a']), known)).toBe(known);
    expect(placeNewNodes(graph(['a', 'b']), known).get('a')).toEqual({ x: 5, y: 7 });
  });

  it('puts a node beside what it hangs on', () => {
    const known = new Map([
      ['near', { x: 10 * CELL.width, y: 0 }],
      ['far', { x: -50 * CELL.width, y: 0 }],
    ]);
    const edges = [{ from: 'new', to: 'near', kind: 'triggered' as const }];
    const place = placeNewNodes(graph(['near', 'far', 'new'], edges), known).get('new');
    expect(Math.abs((place?.x ?? 0) - 10 * CELL.width)).toBeLessThanOrEqual(CELL.width);
  });

  it('finds a cell of its own for each of very many', () => {
    const ids = Array.from({ length: 2_000 }, (_, at) => `n${at}`);
    const places = placeNewNodes(graph(ids), new Map());
    expect(new Set([...places.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(2_000);
  });
});
