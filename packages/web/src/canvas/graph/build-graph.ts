import { conversationOfTags, SCHEMAS, WELL_KNOWN } from '@cairn/protocol';
import {
  EDGES_AT_MOST,
  NODES_AT_MOST,
  type EdgeKind,
  type Graph,
  type GraphEdge,
  type GraphNode,
} from './graph.ts';
import type { GraphData, GraphRecord } from './graph-record.ts';
import {
  authorOf,
  configuredBy,
  kindOf,
  nameOf,
  secretsNeeded,
  selectorsOf,
  type DefinitionSelector,
} from './read-relations.ts';

const AGENT_NAMES: ReadonlyMap<string, string> = new Map([
  [WELL_KNOWN.person, 'The person at the keyboard'],
  [WELL_KNOWN.tools_runner, 'Tools runner'],
  [WELL_KNOWN.context_builder, 'Context builder'],
  [WELL_KNOWN.catalog_keeper, 'Catalogue keeper'],
]);

/**
 * The graph of everything that is known. Pure: the same data give the same graph. What does not fit is left out, the
 * oldest records first, and counted.
 */
export function buildGraph(
  data: GraphData,
  limits = { nodes: NODES_AT_MOST, edges: EDGES_AT_MOST },
): Graph {
  const nodes = new Map<string, GraphNode>();
  const put = (node: GraphNode): void => {
    if (!nodes.has(node.id)) nodes.set(node.id, node);
  };
  // Definitions, agents and secrets are few and hold everything together; records have the room that is left.
  const few = data.records.filter((record) => kindOf(record) !== 'breadcrumb');
  for (const record of few) put(nodeOfRecord(record));
  for (const { id, roles, created_at } of data.agents) {
    put(nodeOfAgent(id, roles.join(', ') || 'no roles', Date.parse(created_at)));
  }
  for (const { id, name, scope_type, updated_at } of data.secrets) {
    const at = Date.parse(updated_at);
    put({ id: `secret:${id}`, kind: 'secret', title: name, subtitle: scope_type, tags: [], at });
  }
  for (const record of data.records) {
    put(nodeOfRecord(record));
    const author = authorOf(record);
    if (author !== null) put(nodeOfAgent(author, 'agent', Number.NaN));
    const conversation_id = conversationOfTags(record.tags);
    if (conversation_id !== null) put(nodeOfChat(conversation_id, record));
  }
  const kept = [...nodes.values()].slice(0, limits.nodes);
  const ids = new Set(kept.map(({ id }) => id));
  const edges = edgesOf(data, ids);
  return {
    nodes: titled(kept, data.records),
    edges: edges.slice(0, limits.edges),
    left_out: {
      nodes: nodes.size - kept.length,
      edges: Math.max(0, edges.length - limits.edges),
    },
  };
}

function nodeOfRecord(record: GraphRecord): GraphNode {
  const { id, title, tags, schema_name, updated_at } = record;
  const kind = kindOf(record);
  const is_named = kind === 'tool' || kind === 'agent-definition';
  const name = is_named ? nameOf(record) : title;
  const subtitle = schema_name ?? 'no schema';
  return { id, kind, title: name, subtitle, tags, at: Date.parse(updated_at) };
}

function nodeOfAgent(id: string, subtitle: string, at: number): GraphNode {
  const title = AGENT_NAMES.get(id) ?? `Agent …${id.slice(-8)}`;
  return { id: `agent:${id}`, kind: 'agent', title, subtitle, tags: [], at };
}

function nodeOfChat(conversation_id: string, newest: GraphRecord): GraphNode {
  return {
    id: `chat:${conversation_id}`,
    kind: 'chat',
    title: `Conversation ${conversation_id.slice(0, 8)}`,
    subtitle: 'conversation',
    tags: [`session:${conversation_id}`],
    at: Date.parse(newest.updated_at),
  };
}

/** Conversations are called by their first message that is known. */
function titled(
  nodes: readonly GraphNode[],
  records: readonly GraphRecord[],
): readonly GraphNode[] {
  const first = new Map<string, GraphRecord>();
  for (const record of records) {
    if (record.schema_name !== SCHEMAS.user_message) continue;
    const conversation_id = conversationOfTags(record.tags);
    if (conversation_id === null) continue;
    const known = first.get(conversation_id);
    // Ids are UUIDv7, which sort by the time of creation.
    if (known === undefined || record.id < known.id) first.set(conversation_id, record);
  }
  return nodes.map((node) => {
    const title = node.kind === 'chat' ? first.get(node.id.slice('chat:'.length))?.title : null;
    return title ? { ...node, title } : node;
  });
}

function edgesOf(data: GraphData, ids: ReadonlySet<string>): readonly GraphEdge[] {
  const edges: GraphEdge[] = [];
  const seen = new Set<string>();
  const add = (from: string, to: string, kind: EdgeKind): void => {
    const key = `${kind} ${from} ${to}`;
    if (from === to || !ids.has(from) || !ids.has(to) || seen.has(key)) return;
    seen.add(key);
    edges.push({ from, to, kind });
  };
  addConfigEdges(data, add);
  const bySchema = groupSelectors(data.records);
  for (const record of data.records) {
    const author = authorOf(record);
    if (author !== null) add(`agent:${author}`, record.id, 'creates');
    const conversation_id = conversationOfTags(record.tags);
    if (conversation_id !== null) add(record.id, `chat:${conversation_id}`, 'belongs');
    for (const schema of [record.schema_name, null]) {
      for (const { definition_id, kind, selector } of bySchema.get(schema) ?? []) {
        if (selector.matches(record)) add(record.id, definition_id, kind);
      }
      if (record.schema_name === null) break;
    }
  }
  return edges;
}

/** Selectors by the schema that they name, so that a record is compared with few. */
function groupSelectors(
  records: readonly GraphRecord[],
): ReadonlyMap<string | null, readonly DefinitionSelector[]> {
  const groups = new Map<string | null, DefinitionSelector[]>();
  for (const record of records) {
    if (record.schema_name !== SCHEMAS.agent_definition) continue;
    for (const each of selectorsOf(record)) {
      const schema = each.selector.schema_name;
      const group = groups.get(schema) ?? [];
      group.push(each);
      groups.set(schema, group);
    }
  }
  return groups;
}

function addConfigEdges(
  { records, secrets }: GraphData,
  add: (from: string, to: string, kind: EdgeKind) => void,
): void {
  const named = new Map<string, string[]>();
  for (const record of records) {
    const kind = kindOf(record);
    if (kind !== 'tool' && kind !== 'agent-definition') continue;
    const key = `${kind} ${nameOf(record)}`;
    named.set(key, [...(named.get(key) ?? []), record.id]);
  }
  for (const record of records) {
    const target = configuredBy(record);
    if (target === null) continue;
    for (const id of named.get(`${target.kind} ${target.name}`) ?? []) add(id, record.id, 'config');
  }
  for (const record of records) {
    if (kindOf(record) !== 'tool') continue;
    for (const name of secretsNeeded(record)) {
      for (const secret of secrets) {
        if (secret.name === name) add(record.id, `secret:${secret.id}`, 'config');
      }
    }
  }
}
