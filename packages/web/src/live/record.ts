import { conversationOfTags, type BreadcrumbEvent } from '@cairn/protocol';
import { textOf } from './read-context.ts';

/** What the page keeps of a breadcrumb of a conversation: the common part of a list row and of an event. */
export interface LiveRecord {
  readonly id: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly schema_name: string | null;
  readonly version: number;
  readonly updated_at: string;
  readonly context?: unknown;
}

/** The record that an event tells of. */
export function recordOfEvent(event: BreadcrumbEvent): LiveRecord {
  const { breadcrumb_id, title, tags, schema_name, version, updated_at } = event;
  const known = { id: breadcrumb_id, title, tags, schema_name, version, updated_at };
  return event.context === undefined ? known : { ...known, context: event.context };
}

/** The conversation a record belongs to, by its session tag or, where clients write only that, by its context. */
export function conversationOf(record: Pick<LiveRecord, 'tags' | 'context'>): string | null {
  return conversationOfTags(record.tags) ?? textOf(record.context, 'conversation_id');
}

/**
 * Puts a record into a list, where the higher version wins; the order of the list is that of creation.
 * Returns the same array when nothing changes, so that nothing is drawn again.
 */
export function upsertRecord(
  records: readonly LiveRecord[],
  record: LiveRecord,
): readonly LiveRecord[] {
  const at = records.findIndex((each) => each.id === record.id);
  if (at === -1) return [...records, record].toSorted(byCreation);
  const known = records[at];
  // The same version is taken again only to fill in a context that was too large for its event.
  const is_news =
    known === undefined ||
    record.version > known.version ||
    (record.version === known.version &&
      known.context === undefined &&
      record.context !== undefined);
  return is_news ? records.with(at, record) : records;
}

/** Puts many records into a list at once, of which each is looked up instead of searched. */
export function upsertRecords(
  records: readonly LiveRecord[],
  more: readonly LiveRecord[],
): readonly LiveRecord[] {
  const by_id = new Map(more.map((each) => [each.id, each]));
  const known = records.map((each) => {
    const other = by_id.get(each.id);
    by_id.delete(each.id);
    return other !== undefined && other.version > each.version ? other : each;
  });
  return [...known, ...by_id.values()].toSorted(byCreation);
}

/** Ids are UUIDv7, which sort by the time of creation; an update does not move a message. */
export function byCreation(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** When the record was created, in milliseconds: from the UUIDv7, else the time of its last update. */
export function createdAt(record: Pick<LiveRecord, 'id' | 'updated_at'>): number {
  if (record.id[14] === '7') {
    const millis = Number.parseInt(record.id.slice(0, 8) + record.id.slice(9, 13), 16);
    if (Number.isFinite(millis)) return millis;
  }
  return Date.parse(record.updated_at);
}
