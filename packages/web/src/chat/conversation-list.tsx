import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { SquarePen } from 'lucide-react';
import { useMemo, useState } from 'react';
import { conversationsQuery, readOlderConversations } from '../live/queries.ts';
import { queryKeys } from '../live/query-keys.ts';
import { useSession } from '../session/session.ts';
import { classNames } from '../ui/class-names.ts';
import { DrawnRows } from '../ui/drawn-rows.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { useStore } from '../ui/use-store.ts';
import { useWindow } from '../ui/use-window.ts';
import type { ConversationSummary } from './group-conversations.ts';
import { OlderButton } from './older-button.tsx';
import { useOlder } from './use-older.ts';

const LINE_PX = 54;
const NONE: readonly ConversationSummary[] = [];

/** The conversations, newest first, and the way to a new one. `onChoose` runs when one was chosen. */
export function ConversationList({
  selected_id,
  onChoose,
}: {
  selected_id: string | null;
  onChoose?: () => void;
}) {
  const { client, live } = useSession();
  const { has_been_live } = useStore(live.connection);
  const cache = useQueryClient();
  const list = useQuery({ ...conversationsQuery(client, live), enabled: has_been_live });
  const older = useOlder(queryKeys.conversations, () => readOlderConversations(client, cache));
  const conversations = list.data ?? NONE;
  const [box, setBox] = useState<HTMLElement | null>(null);
  const keys = useMemo(() => conversations.map(({ id }) => id), [conversations]);
  const seen = useWindow(box, keys, LINE_PX);
  return (
    <>
      <div className="p-3">
        <Link
          to="/chat/{-$conversation_id}"
          params={{ conversation_id: undefined }}
          search={({ view: _view, ...rest }) => rest}
          {...(onChoose ? { onClick: onChoose } : {})}
          className="flex h-9 items-center justify-center gap-2 rounded-lg border border-line bg-raised text-sm font-medium transition-colors hover:border-line-strong"
        >
          <SquarePen className="size-4" aria-hidden />
          New conversation
        </Link>
      </div>
      <nav
        data-scroller
        aria-label="Conversations"
        className="min-h-0 flex-1 overflow-y-auto px-3 pb-4"
      >
        {list.isPending && <ListSkeleton />}
        {list.isError && (
          <ErrorNotice
            title="The conversations could not be read"
            error={list.error}
            onRetry={() => void list.refetch()}
          />
        )}
        {list.data?.length === 0 && (
          <p className="px-2 py-3 text-xs text-ink-faint">
            Your conversations will be listed here.
          </p>
        )}
        <ul ref={setBox}>
          <DrawnRows of={seen} rows={conversations} As="li">
            {(each, at) => (
              <li
                key={each.id}
                data-row={each.id}
                aria-posinset={at + 1}
                aria-setsize={older === null ? conversations.length : -1}
                className="pb-0.5"
              >
                <Link
                  to="/chat/{-$conversation_id}"
                  params={{ conversation_id: each.id }}
                  search={({ view: _view, ...rest }) => rest}
                  {...(onChoose ? { onClick: onChoose } : {})}
                  aria-current={each.id === selected_id ? 'page' : undefined}
                  className={classNames(
                    'block rounded-lg px-2.5 py-2 transition-colors',
                    each.id === selected_id ? 'bg-accent-soft' : 'hover:bg-sunken',
                  )}
                >
                  <span className="block truncate text-sm text-ink">{each.title}</span>
                  <span className="flex justify-between gap-2 text-2xs text-ink-faint tabular-nums">
                    <span>
                      {each.message_ids.length}{' '}
                      {each.message_ids.length === 1 ? 'message' : 'messages'}
                    </span>
                    <TimeAgo at={each.last_at} />
                  </span>
                </Link>
              </li>
            )}
          </DrawnRows>
        </ul>
        {older && <OlderButton older={older} label="Show more" />}
      </nav>
    </>
  );
}

function ListSkeleton() {
  return (
    <div className="space-y-2 px-1 pt-1" aria-busy="true">
      {[0, 1, 2, 3].map((each) => (
        <Skeleton key={each} className="h-11" />
      ))}
    </div>
  );
}
