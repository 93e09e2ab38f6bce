import type { AgentItem, BreadcrumbEvent, SecretItem } from '@cairn/protocol';
import { textOf } from '../../live/read-context.ts';

/** What the canvas keeps of a breadcrumb. Contexts are kept only where an edge can depend on them. */
export interface GraphRecord {
  readonly id: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly schema_name: string | null;
  readonly version: number;
  readonly updated_at: string;
  /** The agent that made it; null where that is not known. */
  readonly created_by: string | null;
  readonly context?: unknown;
}

/** A secret as the canvas knows it: never its value. */
export type GraphSecret = Pick<SecretItem, 'id' | 'name' | 'scope_type' | 'updated_at'>;

/** All that a graph is made from. */
export interface GraphData {
  /** The one changed last first; at most `NODES_AT_MOST`. */
  readonly records: readonly GraphRecord[];
  readonly agents: readonly AgentItem[];
  readonly secrets: readonly GraphSecret[];
  /** True when the server has more records than were read. */
  readonly has_more: boolean;
}

/** A row of a list. Lists may tell the author, and older servers do not. */
export interface ListedRecord {
  readonly id: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly schema_name: string | null;
  readonly version: number;
  readonly updated_at: string;
  readonly context?: unknown;
}

/** The record of a row. `keepsContext` says of which schemas the context is kept. */
export function recordOfRow(
  row: ListedRecord,
  keepsContext: (schema_name: string | null) => boolean,
): GraphRecord {
  const { id, title, tags, schema_name, version, updated_at, context } = row;
  const created_by = textOf(row, 'created_by');
  const known = { id, title, tags, schema_name, version, updated_at, created_by };
  return context !== undefined && keepsContext(schema_name) ? { ...known, context } : known;
}

/** The record that an event tells of. Only the first version tells who made it. */
export function recordOfEvent(
  event: BreadcrumbEvent,
  keepsContext: (schema_name: string | null) => boolean,
): GraphRecord {
  const { breadcrumb_id: id, title, tags, schema_name, version, updated_at, context } = event;
  const created_by = version === 1 ? event.updated_by : null;
  const known = { id, title, tags, schema_name, version, updated_at, created_by };
  return context !== undefined && keepsContext(schema_name) ? { ...known, context } : known;
}
