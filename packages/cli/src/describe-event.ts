import { SCHEMAS, type BreadcrumbEvent } from '@cairn/protocol';
import { isBreadcrumbEvent, type ReceivedEvent } from '@cairn/sdk';
import { oneLine, valueText } from './output.ts';

/** An event in the words of a person: what kind it is, what it says, and its tags. Safe to print, each on one line. */
export interface EventWords {
  readonly kind: string;
  readonly text: string;
  readonly tags: string;
  /** RFC 3339, or null for events that carry no time. */
  readonly time: string | null;
}

/** Puts an event into words. */
export function describeEvent(event: ReceivedEvent): EventWords {
  if (isBreadcrumbEvent(event)) {
    const verb = event.type.slice('breadcrumb.'.length);
    const kind = event.schema_name ?? 'breadcrumb';
    return {
      kind: oneLine(verb === 'updated' ? kind : `${kind} ${verb}`),
      text: oneLine(textOf(event)),
      tags: oneLine(event.tags.join(' ')),
      time: event.updated_at,
    };
  }
  const tags = 'conversation_id' in event ? oneLine(`session:${event.conversation_id}`) : '';
  return { kind: event.type, text: oneLine(passingText(event)), tags, time: null };
}

function passingText(event: Exclude<ReceivedEvent, BreadcrumbEvent>): string {
  switch (event.type) {
    case 'agent.delta':
      return JSON.stringify(event.text);
    case 'agent.status':
      return event.detail === null ? event.status : `${event.status}: ${event.detail}`;
    case 'tool.progress':
      return `${event.tool}: ${event.text}`;
    case 'resync':
    case 'closed':
      return event.reason;
  }
}

/** What the schema is about; the title where there is nothing better. */
function textOf({ schema_name, context, title }: BreadcrumbEvent): string {
  if (typeof context !== 'object' || context === null) return title;
  const fields: Partial<Record<string, unknown>> = { ...context };
  switch (schema_name) {
    case SCHEMAS.user_message:
    case SCHEMAS.agent_response:
      return valueText(fields['content'] ?? fields['message'] ?? title);
    case SCHEMAS.tool_request:
      return toolRequestText(fields);
    case SCHEMAS.tool_response:
      return toolResponseText(fields);
    default:
      return title;
  }
}

/** A call of a tool, such as `calculator {"expression":"17% * 2340"}`. */
export function toolRequestText(context: Partial<Record<string, unknown>>): string {
  return oneLine(`${valueText(context['tool'])} ${valueText(context['input'] ?? '')}`);
}

/** What a tool answered, such as `calculator: 397.8`. */
export function toolResponseText(context: Partial<Record<string, unknown>>): string {
  const is_error = context['status'] === 'error';
  const said = is_error ? `failed: ${valueText(context['error'])}` : valueText(context['output']);
  return oneLine(`${valueText(context['tool'])}: ${said}`);
}
