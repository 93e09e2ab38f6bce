/** What a node stands for. Its order is that of legends and of the grid. */
export const NODE_KINDS = [
  'agent',
  'agent-definition',
  'tool',
  'secret',
  'chat',
  'system',
  'breadcrumb',
] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/**
 * What an edge says. `creates`: an agent made a record. `config`: a tool or a definition uses a setting or a secret.
 * `subscribed`: a record is shown to an agent definition. `triggered`: a record makes it run. `belongs`: a record is
 * part of a conversation.
 */
export const EDGE_KINDS = ['creates', 'config', 'subscribed', 'triggered', 'belongs'] as const;
export type EdgeKind = (typeof EDGE_KINDS)[number];

/** One thing on the canvas. */
export interface GraphNode {
  /** The id of the breadcrumb; with `agent:`, `secret:` or `chat:` in front for what is none. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly title: string;
  readonly subtitle: string;
  readonly tags: readonly string[];
  /** Its last change, in milliseconds; NaN where nobody knows. */
  readonly at: number;
}

/** A directed edge between two nodes of the same graph. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
}

/** Every edge ends at nodes of the graph; no two edges are the same; ids are unique. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** What there was no room for. */
  readonly left_out: { readonly nodes: number; readonly edges: number };
}

/** A graph of nothing. */
export const EMPTY_GRAPH: Graph = { nodes: [], edges: [], left_out: { nodes: 0, edges: 0 } };

/** More are not drawn; the newest are kept. */
export const NODES_AT_MOST = 5_000;
/** More are not drawn; those of the newest records are kept. */
export const EDGES_AT_MOST = 20_000;

/** The agent, secret or conversation behind the id of a node, or the breadcrumb. */
export function objectOf(node_id: string): {
  readonly type: 'agent' | 'secret' | 'chat' | 'breadcrumb';
  readonly id: string;
} {
  for (const type of ['agent', 'secret', 'chat'] as const) {
    if (node_id.startsWith(`${type}:`)) return { type, id: node_id.slice(type.length + 1) };
  }
  return { type: 'breadcrumb', id: node_id };
}
