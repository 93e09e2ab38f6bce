import type { BreadcrumbEvent } from '@cairn/protocol';
import { NODES_AT_MOST } from './graph.ts';
import { recordOfEvent, type GraphData, type GraphRecord } from './graph-record.ts';
import { contextKeeper, RELATION_SCHEMAS } from './read-relations.ts';

/**
 * The data after some events, in any order and however often: the higher version wins, what was deleted goes, the newest
 * are kept. The same object when nothing changed. `known_deleted` remembers deletions, so that a late read or event does
 * not bring a record back.
 */
export function foldEvents(
  data: GraphData,
  events: readonly BreadcrumbEvent[],
  known_deleted: Set<string>,
): GraphData {
  if (events.length === 0) return data;
  for (const event of events) {
    if (event.type === 'breadcrumb.deleted') known_deleted.add(event.breadcrumb_id);
  }
  const keepsContext = contextKeeper(data.records);
  const records = new Map(data.records.map((record) => [record.id, record]));
  let is_changed = false;
  for (const id of known_deleted) is_changed = records.delete(id) || is_changed;
  for (const event of events) {
    if (known_deleted.has(event.breadcrumb_id)) continue;
    const next = merged(records.get(event.breadcrumb_id), recordOfEvent(event, keepsContext));
    if (next === null) continue;
    records.set(next.id, next);
    is_changed = true;
  }
  if (!is_changed) return data;
  const sorted = [...records.values()].toSorted(lastChangedFirst);
  const has_more = data.has_more || sorted.length > NODES_AT_MOST;
  return { ...data, records: sorted.slice(0, NODES_AT_MOST), has_more };
}

/** Null when the event says nothing new. */
function merged(known: GraphRecord | undefined, arrived: GraphRecord): GraphRecord | null {
  if (known === undefined) return arrived;
  if (arrived.version < known.version) return null;
  const created_by = known.created_by ?? arrived.created_by;
  if (arrived.version === known.version && created_by === known.created_by) return null;
  const next = { ...arrived, created_by };
  // A definition too large for its event keeps the context that was read before, until it is read again.
  const relates = RELATION_SCHEMAS.includes(next.schema_name ?? '');
  const { context } = known;
  return next.context === undefined && context !== undefined && relates
    ? { ...next, context }
    : next;
}

/** The one changed last first; equal times in the order of their ids, so that the order is always the same. */
export function lastChangedFirst(a: GraphRecord, b: GraphRecord): number {
  if (a.updated_at !== b.updated_at) return a.updated_at < b.updated_at ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}
