import type { BreadcrumbEvent, LoggedEventType } from '@cairn/protocol';
import type { LoggedEvent } from './contract.ts';

/** The names by which an event goes: a create has two. */
export function namesOf({ kind }: LoggedEvent): LoggedEventType[] {
  if (kind === 'created') return ['breadcrumb.created', 'breadcrumb.updated'];
  return [kind === 'updated' ? 'breadcrumb.updated' : 'breadcrumb.deleted'];
}

// One text for an event, however many streams carry it. It goes when the event goes.
const texts = new WeakMap<LoggedEvent, Map<LoggedEventType, string>>();

const stream_texts = new WeakMap<LoggedEvent, Map<LoggedEventType, string>>();

/** The longest event, in characters, that says its record twice. */
const NESTED_CHARS = 16_384;

/**
 * The event as it stands in the body of a webhook and in a message of a broker. The context of personal data does not
 * leave in it: who is told and may read the record reads it there.
 */
export function wireText(type: LoggedEventType, event: LoggedEvent): string {
  return textOnce(texts, type, event, () => JSON.stringify(toWire(type, event)));
}

/**
 * The event as it stands in a `data:` line of a stream: with the record nested in `breadcrumb` too, for clients that show
 * it from there. Of a secret record, or one with personal data, its context is in neither. A large event leaves it out,
 * and so does what tells of a record that is gone: its clients fetch, as they do from servers that never nest.
 */
export function streamText(type: LoggedEventType, event: LoggedEvent): string {
  return textOnce(stream_texts, type, event, () => {
    const flat = wireText(type, event);
    const is_gone = event.kind === 'deleted' || event.is_gone === true;
    if (is_gone || flat.length > NESTED_CHARS) return flat;
    return `${flat.slice(0, -1)},"breadcrumb":${JSON.stringify(toNested(event))}}`;
  });
}

function textOnce(
  known_texts: WeakMap<LoggedEvent, Map<LoggedEventType, string>>,
  type: LoggedEventType,
  event: LoggedEvent,
  write: () => string,
): string {
  const known = known_texts.get(event) ?? new Map<LoggedEventType, string>();
  known_texts.set(event, known);
  const text = known.get(type) ?? write();
  known.set(type, text);
  return text;
}

function toNested(event: LoggedEvent): NonNullable<BreadcrumbEvent['breadcrumb']> {
  const { breadcrumb_id, title, tags, schema_name, version, updated_at } = event;
  return {
    id: breadcrumb_id,
    title,
    tags: [...tags],
    schema_name,
    version,
    updated_at,
    ...shownContext(event),
  };
}

/** An exit of its own for the context: only what is neither secret nor personal passes. */
function shownContext({ sensitivity, context }: LoggedEvent): { context?: unknown } {
  return context === null || sensitivity !== 'low' ? {} : { context };
}

function toWire(type: LoggedEventType, event: LoggedEvent): BreadcrumbEvent {
  const { seq, breadcrumb_id, owner_id, version, title, tags, schema_name } = event;
  const { updated_at, updated_by } = event;
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
    ...shownContext(event),
  };
}
