import { SCHEMAS, sessionTag, type BreadcrumbEvent } from '@cairn/protocol';
import type { CairnClient } from '@cairn/sdk';
import { queryOptions, type QueryClient } from '@tanstack/react-query';
import {
  addMessage,
  addMessages,
  groupConversations,
  type ConversationSummary,
} from '../chat/group-conversations.ts';
import { addRows, rowOfEvent, rowOfRecord, type TrailRow } from '../trail/trail-row.ts';
import { queryKeys } from './query-keys.ts';
import {
  conversationOf,
  recordOfEvent,
  upsertRecord,
  upsertRecords,
  type LiveRecord,
} from './record.ts';
import type { Live } from './live.ts';

/** Rows of the trail that are read at the start; everything later arrives by itself. */
const FIRST_TRAIL_ROWS = 60;
const FIRST_MESSAGES = 200;
/** The largest page of the API. Of a conversation with more the newest are read first. */
const PAGE_ROWS_AT_MOST = 500;
const CONVERSATION_KEPT_MS = 30 * 60_000;

/** Lists are patched by events, so they never become stale by themselves. */
const LIVE = { staleTime: Number.POSITIVE_INFINITY, gcTime: Number.POSITIVE_INFINITY } as const;

/*
 * Each list below is read once and folded with the events that came while it was on its way:
 * the answer of a read that began before an event must not undo it.
 */

/** The newest breadcrumbs, as rows. */
export function trailQuery(client: CairnClient, live: Live) {
  return queryOptions({
    queryKey: queryKeys.trail,
    ...LIVE,
    queryFn: async ({ signal }): Promise<readonly TrailRow[]> => {
      const query = { limit: FIRST_TRAIL_ROWS, include_context: true } as const;
      const { items } = await client.listBreadcrumbs(query, { signal });
      const missed = live.recentEvents().map(rowOfEvent).toReversed();
      // Some of these events may be older than the rows that were read.
      return addRows(items.map(rowOfRecord), missed).toSorted(
        (a, b) => Date.parse(b.at) - Date.parse(a.at),
      );
    },
  });
}

/** The conversations that the newest messages belong to. */
export function conversationsQuery(client: CairnClient, live: Live) {
  return queryOptions({
    queryKey: queryKeys.conversations,
    ...LIVE,
    queryFn: async ({
      signal,
      client: cache,
      queryKey,
    }): Promise<readonly ConversationSummary[]> => {
      const { items, next_cursor } = await client.listBreadcrumbs(
        { ...MESSAGES, limit: FIRST_MESSAGES },
        { signal },
      );
      cache.setQueryData<OlderPage>(queryKeys.older(queryKey), { cursor: next_cursor });
      const { left, records } = foldedWith(live.recentEvents(), items);
      return records
        .filter(({ schema_name }) => schema_name === SCHEMAS.user_message)
        .reduce(addMessage, groupConversations(left));
    },
  });
}

/** The breadcrumbs of one conversation, in the order of their creation. */
export function conversationQuery(client: CairnClient, live: Live, id: string) {
  return queryOptions({
    queryKey: queryKeys.conversation(id),
    ...LIVE,
    // Of all that were ever opened, those of late are kept.
    gcTime: CONVERSATION_KEPT_MS,
    queryFn: async ({ signal, client: cache, queryKey }): Promise<readonly LiveRecord[]> => {
      const { items, next_cursor } = await client.listBreadcrumbs(recordsOf(id), { signal });
      cache.setQueryData<OlderPage>(queryKeys.older(queryKey), { cursor: next_cursor });
      const { left, records } = foldedWith(live.recentEvents(), items);
      return records
        .filter((each) => conversationOf(each) === id)
        .reduce<readonly LiveRecord[]>(upsertRecord, upsertRecords([], left));
    },
  });
}

/**
 * Makes the list of a conversation whose id nobody else knows yet: there is nothing to read, and events of the answer
 * may come before the message is confirmed. Until the stream has been open nothing would fill it, so it is read then.
 */
export function beginConversation(cache: QueryClient, live: Live, id: string): void {
  if (!live.connection.get().has_been_live) return;
  cache.setQueryData<readonly LiveRecord[]>(queryKeys.conversation(id), []);
}

/** Where a list that was read from its newest end goes on; null when it was read whole. */
export interface OlderPage {
  readonly cursor: string | null;
}

/** Reads the conversations whose messages are older than those that are known, and adds them to the list. */
export async function readOlderConversations(
  client: CairnClient,
  cache: QueryClient,
): Promise<void> {
  const key = queryKeys.conversations;
  await readOlder(cache, key, async (cursor) => {
    const page = await client.listBreadcrumbs({ ...MESSAGES, limit: PAGE_ROWS_AT_MOST, cursor });
    cache.setQueryData<readonly ConversationSummary[]>(
      key,
      (known) => known && addMessages(known, page.items),
    );
    return page.next_cursor;
  });
}

/** Reads what is older in a conversation than what is known of it, and adds it. */
export async function readOlderRecords(
  client: CairnClient,
  cache: QueryClient,
  id: string,
): Promise<void> {
  const key = queryKeys.conversation(id);
  await readOlder(cache, key, async (cursor) => {
    const page = await client.listBreadcrumbs({ ...recordsOf(id), cursor });
    cache.setQueryData<readonly LiveRecord[]>(
      key,
      (known) => known && upsertRecords(known, page.items),
    );
    return page.next_cursor;
  });
}

async function readOlder(
  cache: QueryClient,
  key: readonly unknown[],
  read: (cursor: string) => Promise<string | null>,
): Promise<void> {
  const older = queryKeys.older(key);
  const cursor = cache.getQueryData<OlderPage>(older)?.cursor ?? null;
  if (cursor === null) return;
  const next = await read(cursor);
  // It may have been read anew meanwhile, from the newest on.
  cache.setQueryData<OlderPage>(older, (now) => (now?.cursor === cursor ? { cursor: next } : now));
}

const MESSAGES = { schema_name: SCHEMAS.user_message, include_context: true } as const;

function recordsOf(id: string) {
  return {
    all_tags: [sessionTag(id)],
    limit: PAGE_ROWS_AT_MOST,
    include_context: true,
  } as const;
}

/** What is left of a list, and the records that events told of, without those that were deleted meanwhile. */
function foldedWith<T extends { readonly id: string }>(
  events: readonly BreadcrumbEvent[],
  items: readonly T[],
) {
  const gone = new Set(
    events
      .filter(({ type }) => type === 'breadcrumb.deleted')
      .map(({ breadcrumb_id }) => breadcrumb_id),
  );
  return {
    left: items.filter(({ id }) => !gone.has(id)),
    records: events.filter(({ breadcrumb_id }) => !gone.has(breadcrumb_id)).map(recordOfEvent),
  };
}

/** Mode, storage and model of the server. */
export function systemQuery(client: CairnClient) {
  return queryOptions({
    queryKey: queryKeys.system,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: ({ signal }) => client.system({ signal }),
  });
}
