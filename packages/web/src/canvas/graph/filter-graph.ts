import {
  EDGE_KINDS,
  NODE_KINDS,
  type EdgeKind,
  type Graph,
  type GraphNode,
  type NodeKind,
} from './graph.ts';

/** What of a graph is shown. */
export interface GraphFilter {
  /** Every word must occur in the title or the subtitle. */
  readonly q: string;
  /** All of them. */
  readonly tags: readonly string[];
  readonly kinds: readonly NodeKind[];
  readonly edges: readonly EdgeKind[];
}

/** A filter that lets everything through. */
export const NO_FILTER: GraphFilter = { q: '', tags: [], kinds: NODE_KINDS, edges: EDGE_KINDS };

/** The part of a graph that a filter lets through: its nodes, and its edges between those. */
export function filterGraph(graph: Graph, filter: GraphFilter): Graph {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  const is_all =
    words.length === 0 && filter.tags.length === 0 && filter.kinds.length === NODE_KINDS.length;
  if (is_all && filter.edges.length === EDGE_KINDS.length) return graph;
  const nodes = is_all ? graph.nodes : graph.nodes.filter((node) => passes(node, words, filter));
  const ids = new Set(nodes.map(({ id }) => id));
  const edges = graph.edges.filter(
    ({ from, to, kind }) => filter.edges.includes(kind) && ids.has(from) && ids.has(to),
  );
  return { ...graph, nodes, edges };
}

function passes(node: GraphNode, words: readonly string[], filter: GraphFilter): boolean {
  if (!filter.kinds.includes(node.kind)) return false;
  if (!filter.tags.every((tag) => node.tags.includes(tag))) return false;
  const text = `${node.title}\n${node.subtitle}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The tags of a graph with how many nodes have them, the most frequent first. */
export function tagsOf(graph: Graph): readonly { readonly tag: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { tags } of graph.nodes) {
    for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  return [...counts]
    .map(([tag, count]) => ({ tag, count }))
    .toSorted((a, b) => b.count - a.count || (a.tag < b.tag ? -1 : 1));
}

/** How many nodes of each kind there are. */
export function countKinds(graph: Graph): Readonly<Record<NodeKind, number>> {
  const counts = Object.fromEntries(NODE_KINDS.map((kind) => [kind, 0])) as Record<
    NodeKind,
    number
  >;
  for (const { kind } of graph.nodes) counts[kind] += 1;
  return counts;
}

/** How many edges of each kind there are. */
export function countEdges(graph: Graph): Readonly<Record<EdgeKind, number>> {
  const counts = Object.fromEntries(EDGE_KINDS.map((kind) => [kind, 0])) as Record<
    EdgeKind,
    number
  >;
  for (const { kind } of graph.edges) counts[kind] += 1;
  return counts;
}
