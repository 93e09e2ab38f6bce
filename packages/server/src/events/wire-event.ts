import type { BreadcrumbEvent, LoggedEventType } from '@cairn/protocol';
import type { LoggedEvent } from './contract.ts';

/** The names by which an event goes: a create has two. */
export function namesOf({ kind }: LoggedEvent): LoggedEventType[] {
  if (kind === 'created') return ['breadcrumb.created', 'breadcrumb.updated'];
  return [kind === 'updated' ? 'breadcrumb.updated' : 'breadcrumb.deleted'];
}

// One text for an event, however many streams carry it. It goes when the event goes.
const texts = new WeakMap<LoggedEvent, Map<LoggedEventType, string>>();

/** The event as it stands in a `data:` line, in the body of a webhook and in a message of a broker. */
export function wireText(type: LoggedEventType, event: LoggedEvent): string {
  const known = texts.get(event) ?? new Map<LoggedEventType, string>();
  texts.set(event, known);
  const text = known.get(type) ?? JSON.stringify(toWire(type, event));
  known.set(type, text);
  return text;
}

function toWire(type: LoggedEventType, event: LoggedEvent): BreadcrumbEvent {
  const { seq, breadcrumb_id, owner_id, version, title, tags, schema_name } = event;
  const { updated_at, updated_by, context } = event;
  return {
    type,
    seq,
    breadcrumb_id,
    owner_id,
    version,
    title,
    tags: [...tags],
    schema_name,
    updated_at,
    updated_by,
    ...(context === null ? {} : { context }),
  };
}
