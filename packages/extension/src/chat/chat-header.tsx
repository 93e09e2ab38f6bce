import {
  classNames,
  conversationsQuery,
  ErrorNotice,
  IconButton,
  newId,
  Skeleton,
  TimeAgo,
  useStore,
} from '@cairn/web';
import { useQuery } from '@tanstack/react-query';
import { ChevronDown, SquarePen } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { useSession } from '../session/session.ts';
import { usePanel } from '../storage/use-panel.ts';

/** Which conversation is at hand, the way to others and to a new one. */
export function ChatHeader({ title }: { title: string | undefined }) {
  const { state, change } = usePanel();
  const [is_open, setOpen] = useState(false);
  const list_id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const choose = (conversation_id: string): void => {
    change({ conversation_id });
    setOpen(false);
  };
  return (
    <div
      role="group"
      aria-label="Conversation"
      className="relative flex h-11 shrink-0 items-center gap-1 border-b border-line px-2"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !is_open) return;
        setOpen(false);
        opener.current?.focus();
      }}
    >
      <button
        ref={opener}
        type="button"
        aria-expanded={is_open}
        aria-controls={list_id}
        aria-label={`Conversations, now: ${title ?? 'New conversation'}`}
        onClick={() => setOpen(!is_open)}
        className="flex h-8 min-w-0 flex-1 items-center gap-1.5 rounded-lg px-2 text-left hover:bg-sunken"
      >
        <span className="truncate font-medium">{title ?? 'New conversation'}</span>
        <ChevronDown
          className={classNames('size-3.5 shrink-0 text-ink-faint', is_open && 'rotate-180')}
          aria-hidden
        />
      </button>
      <IconButton label="New conversation" onClick={() => choose(newId())}>
        <SquarePen className="size-4" aria-hidden />
      </IconButton>
      {is_open && (
        <nav
          id={list_id}
          aria-label="Conversations"
          className="absolute inset-x-2 top-11 z-10 max-h-[70vh] overflow-y-auto rounded-xl border border-line bg-raised p-1.5 shadow-panel"
        >
          <Conversations selected_id={state.conversation_id} onChoose={choose} />
        </nav>
      )}
    </div>
  );
}

function Conversations({
  selected_id,
  onChoose,
}: {
  selected_id: string;
  onChoose: (id: string) => void;
}) {
  const { client, live } = useSession();
  const { has_been_live } = useStore(live.connection);
  const list = useQuery({ ...conversationsQuery(client, live), enabled: has_been_live });
  const first = useRef<HTMLButtonElement>(null);
  const is_loaded = list.isSuccess;
  useEffect(() => {
    if (is_loaded) first.current?.focus();
  }, [is_loaded]);
  if (list.isError) {
    return (
      <ErrorNotice
        title="The conversations could not be read"
        error={list.error}
        onRetry={() => void list.refetch()}
      />
    );
  }
  if (list.isPending) return <Skeleton className="h-11" />;
  if (list.data.length === 0)
    return (
      <p className="px-2 py-3 text-xs text-ink-faint">Your conversations will be listed here.</p>
    );
  return (
    <ul className="space-y-0.5">
      {list.data.map((each, at) => (
        <li key={each.id}>
          <button
            ref={at === 0 ? first : null}
            type="button"
            onClick={() => onChoose(each.id)}
            aria-current={each.id === selected_id ? 'true' : undefined}
            className={classNames(
              'block w-full rounded-lg px-2.5 py-2 text-left -outline-offset-2',
              each.id === selected_id ? 'bg-accent-soft' : 'hover:bg-sunken',
            )}
          >
            <span className="block truncate">{each.title}</span>
            <span className="flex justify-between gap-2 text-2xs text-ink-faint tabular-nums">
              <span>
                {each.message_ids.length} {each.message_ids.length === 1 ? 'message' : 'messages'}
              </span>
              <TimeAgo at={each.last_at} />
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
