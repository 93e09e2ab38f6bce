import { SCHEMAS, type BreadcrumbEvent, type StreamEvent } from '@cairn/protocol';
import type { QueryClient } from '@tanstack/react-query';
import {
  addMessage,
  removeMessage,
  type ConversationSummary,
} from '../chat/group-conversations.ts';
import { addRows, rowOfEvent, type TrailRow } from '../trail/trail-row.ts';
import { queryKeys } from './query-keys.ts';
import { textOf } from './read-context.ts';
import { conversationOf, recordOfEvent, upsertRecord, type LiveRecord } from './record.ts';
import { dropRun, followRun, type RunDrafts } from './run-drafts.ts';

/** What a batch of events asks of the caller, besides the patches that are done already. */
export interface Applied {
  readonly drafts: RunDrafts;
  /** The server no longer keeps what was missed: everything must be read again, once. */
  readonly needs_resync: boolean;
  /** Records of a loaded conversation whose event came without its context, because it is large. */
  readonly incomplete: readonly { readonly id: string; readonly conversation_id: string }[];
}

/** Applies a batch of stream events to the query cache. Nothing is fetched, and what is not loaded stays unloaded. */
export function applyEvents(
  cache: QueryClient,
  drafts: RunDrafts,
  events: readonly StreamEvent[],
): Applied {
  let next = drafts;
  let needs_resync = false;
  const logged: BreadcrumbEvent[] = [];
  for (const event of events) {
    switch (event.type) {
      case 'agent.delta':
      case 'agent.status':
        next = followRun(next, event);
        break;
      case 'resync':
        needs_resync = true;
        break;
      case 'breadcrumb.created':
      case 'breadcrumb.updated':
      case 'breadcrumb.deleted':
        logged.push(event);
        if (event.schema_name === SCHEMAS.agent_response) {
          next = dropRun(next, textOf(event.context, 'run_id') ?? '');
        }
        break;
      case 'tool.progress':
      case 'ping':
      case 'closed':
        break;
    }
  }
  if (logged.length > 0) patchTrail(cache, logged);
  for (const event of logged) patchRecord(cache, event);
  return { drafts: next, needs_resync, incomplete: incompleteIn(cache, logged) };
}

function patchTrail(cache: QueryClient, events: readonly BreadcrumbEvent[]): void {
  const rows = events.map(rowOfEvent).toReversed();
  cache.setQueryData<readonly TrailRow[]>(
    queryKeys.trail,
    (known) => known && addRows(known, rows),
  );
}

function patchRecord(cache: QueryClient, event: BreadcrumbEvent): void {
  const is_deleted = event.type === 'breadcrumb.deleted';
  const record = recordOfEvent(event);
  const conversation_id = conversationOf(record);
  if (conversation_id !== null) {
    cache.setQueryData<readonly LiveRecord[]>(queryKeys.conversation(conversation_id), (known) => {
      if (!known) return known;
      return is_deleted
        ? known.filter((each) => each.id !== record.id)
        : upsertRecord(known, record);
    });
  }
  if (event.schema_name === SCHEMAS.user_message) {
    cache.setQueryData<readonly ConversationSummary[]>(queryKeys.conversations, (known) => {
      if (!known) return known;
      return is_deleted ? removeMessage(known, record.id) : addMessage(known, record);
    });
  }
  // The open panel alone is read again: full views and histories do not travel in events.
  void cache.invalidateQueries({
    queryKey: queryKeys.breadcrumb(record.id),
    refetchType: is_deleted ? 'none' : 'active',
  });
}

function incompleteIn(
  cache: QueryClient,
  events: readonly BreadcrumbEvent[],
): Applied['incomplete'] {
  return events.flatMap((event) => {
    const conversation_id = conversationOf(event);
    if (conversation_id === null || event.context !== undefined) return [];
    if (event.type === 'breadcrumb.deleted') return [];
    if (cache.getQueryData(queryKeys.conversation(conversation_id)) === undefined) return [];
    return [{ id: event.breadcrumb_id, conversation_id }];
  });
}
