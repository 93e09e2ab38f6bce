import { describe, expect, it } from 'vitest';
import { countEdges, countKinds, filterGraph, NO_FILTER, tagsOf } from './filter-graph.ts';
import { EDGE_KINDS, NODE_KINDS, type Graph, type GraphNode } from './graph.ts';

const node = (id: string, fields: Partial<GraphNode> = {}): GraphNode => ({
  id,
  kind: 'breadcrumb',
  title: id,
  subtitle: 'note.v1',
  tags: [],
  at: 0,
  ...fields,
});

const GRAPH: Graph = {
  nodes: [
    node('Invoice of March', { tags: ['a', 'b'] }),
    node('Invoice of May', { tags: ['a'] }),
    node('helper', { kind: 'agent-definition', subtitle: 'agent.def.v1' }),
  ],
  edges: [
    { from: 'Invoice of March', to: 'helper', kind: 'triggered' },
    { from: 'Invoice of May', to: 'helper', kind: 'subscribed' },
  ],
  left_out: { nodes: 0, edges: 0 },
};
const idsOf = (graph: Graph) => graph.nodes.map(({ id }) => id);

describe('filterGraph', () => {
  it('gives the same graph when nothing is filtered', () => {
    expect(filterGraph(GRAPH, NO_FILTER)).toBe(GRAPH);
  });

  it('wants every word in title or subtitle, in any case', () => {
    expect(idsOf(filterGraph(GRAPH, { ...NO_FILTER, q: 'march INVOICE' }))).toEqual([
      'Invoice of March',
    ]);
    expect(idsOf(filterGraph(GRAPH, { ...NO_FILTER, q: 'agent.def' }))).toEqual(['helper']);
  });

  it('wants all tags', () => {
    expect(idsOf(filterGraph(GRAPH, { ...NO_FILTER, tags: ['a'] }))).toHaveLength(2);
    expect(idsOf(filterGraph(GRAPH, { ...NO_FILTER, tags: ['a', 'b'] }))).toEqual([
      'Invoice of March',
    ]);
  });

  it('drops edges whose ends are not shown, and edges of other kinds', () => {
    const kinds = NODE_KINDS.filter((kind) => kind !== 'agent-definition');
    expect(filterGraph(GRAPH, { ...NO_FILTER, kinds }).edges).toEqual([]);
    const edges = EDGE_KINDS.filter((kind) => kind === 'subscribed');
    expect(filterGraph(GRAPH, { ...NO_FILTER, edges }).edges).toHaveLength(1);
  });

  it('counts kinds, edges and tags', () => {
    expect(countKinds(GRAPH)).toMatchObject({ breadcrumb: 2, 'agent-definition': 1, tool: 0 });
    expect(countEdges(GRAPH)).toMatchObject({ triggered: 1, subscribed: 1, creates: 0 });
    expect(tagsOf(GRAPH)).toEqual([
      { tag: 'a', count: 2 },
      { tag: 'b', count: 1 },
    ]);
  });
});
