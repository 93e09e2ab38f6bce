import { objectOf, type GraphNode } from '../graph/graph.ts';

/** The address of the page of a node's object; null where it has none. */
export function linkOf(node: GraphNode): { readonly href: string; readonly name: string } | null {
  const { type, id } = objectOf(node.id);
  const part = encodeURIComponent(id);
  if (type === 'chat') return { href: `/chat/${part}`, name: 'Open the conversation' };
  if (type === 'secret') return { href: '/operations/secrets', name: 'Open the secrets' };
  if (type === 'agent') return { href: '/operations/principals', name: 'Open the principals' };
  if (node.kind === 'agent-definition')
    return { href: `/team/agents/${part}`, name: 'Open the agent' };
  if (node.kind === 'tool') return { href: `/team/tools/${part}`, name: 'Open the tool' };
  return { href: `/trail/${part}`, name: 'Open the breadcrumb' };
}
