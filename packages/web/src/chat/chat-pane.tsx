import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { beginConversation, conversationQuery, readOlderRecords } from '../live/queries.ts';
import { queryKeys } from '../live/query-keys.ts';
import { useSession } from '../session/session.ts';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { newId } from '../ui/new-id.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import { useStore } from '../ui/use-store.ts';
import { assembleConversation } from './assemble-conversation.ts';
import { ChatEmpty } from './chat-empty.tsx';
import { ChatHeader } from './chat-header.tsx';
import { Composer } from './composer.tsx';
import { MessageStream } from './message-stream.tsx';
import { useOlder } from './use-older.ts';
import { useOutgoing } from './use-outgoing.ts';

/** One conversation: its messages, and the field for the next one. */
export function ChatPane({ conversation_id }: { conversation_id: string | null }) {
  const { client, live } = useSession();
  const cache = useQueryClient();
  const navigate = useNavigate({ from: '/chat/{-$conversation_id}' });
  const { phase, has_been_live } = useStore(live.connection);
  const drafts = useStore(live.drafts);
  const { outgoing, deliver } = useOutgoing(conversation_id);
  const conversation = useQuery({
    ...conversationQuery(client, live, conversation_id ?? ''),
    enabled: has_been_live && conversation_id !== null,
  });
  const older = useOlder(queryKeys.conversation(conversation_id ?? ''), () =>
    readOlderRecords(client, cache, conversation_id ?? ''),
  );
  const turns = useMemo(
    () =>
      assembleConversation(
        conversation.data ?? [],
        Object.values(drafts).filter((each) => each.conversation_id === conversation_id),
      ),
    [conversation.data, drafts, conversation_id],
  );

  function send(text: string): void {
    const id = conversation_id ?? newId();
    if (conversation_id === null) {
      beginConversation(cache, live, id);
      void navigate({ params: { conversation_id: id }, search: (known) => known });
    }
    void deliver({ key: newId(), conversation_id: id, text, error: null });
  }

  const title = turns.find((turn) => turn.message !== null)?.message?.text ?? outgoing[0]?.text;
  useEffect(() => {
    document.title = title === undefined ? 'Cairn' : `${title.slice(0, 60)} · Cairn`;
  }, [title]);
  return (
    <div className="flex h-full flex-col">
      <ChatHeader conversation_id={conversation_id} title={title} />
      {conversation_id === null ? (
        <ChatEmpty is_offline={phase === 'offline'} onSend={send} />
      ) : conversation.isError ? (
        <div className="mx-auto w-full max-w-[46rem] flex-1 p-4">
          <ErrorNotice
            title="The conversation could not be read"
            error={conversation.error}
            onRetry={() => void conversation.refetch()}
          />
        </div>
      ) : conversation.isPending ? (
        <ChatSkeleton />
      ) : conversation.data.length === 0 && outgoing.length === 0 ? (
        <NoConversation id={conversation_id} />
      ) : turns.length === 0 && outgoing.length === 0 ? (
        <ChatEmpty is_offline={phase === 'offline'} onSend={send} />
      ) : (
        <MessageStream
          key={conversation_id}
          turns={turns}
          older={older}
          outgoing={outgoing}
          onRetry={(message) => void deliver(message)}
          onAgain={send}
        />
      )}
      <Composer conversation_id={conversation_id} is_offline={phase === 'offline'} onSend={send} />
    </div>
  );
}

/** What was begun here has its first message at once, so this one never began, or nothing of it is left. */
function NoConversation({ id }: { id: string }) {
  return (
    <div className="mx-auto w-full max-w-[46rem] flex-1 p-4 pt-8">
      <h2 className="text-lg font-semibold">No such conversation</h2>
      <p className="mt-2 text-sm text-ink-soft">
        Nothing of <span className="font-mono text-xs break-all">{id}</span> is here: it was
        deleted, has expired, is not yours to see, or took place elsewhere. A message begins it.
      </p>
      <p className="mt-3 flex flex-wrap gap-x-4 gap-y-1 text-sm">
        <Link
          to="/runs"
          search={{ conversation: id }}
          className="text-accent underline underline-offset-4"
        >
          Runs of this conversation
        </Link>
        <Link
          to="/chat/{-$conversation_id}"
          params={{}}
          className="text-accent underline underline-offset-4"
        >
          New conversation
        </Link>
      </p>
    </div>
  );
}

function ChatSkeleton() {
  return (
    <div className="mx-auto w-full max-w-[46rem] flex-1 space-y-6 p-4 pt-8" aria-busy="true">
      <Skeleton className="ml-auto h-10 w-1/2 rounded-2xl" />
      <div className="space-y-2">
        <Skeleton className="h-4 w-3/4" />
        <Skeleton className="h-4 w-1/2" />
      </div>
      <Skeleton className="ml-auto h-10 w-2/5 rounded-2xl" />
      <Skeleton className="h-4 w-2/3" />
    </div>
  );
}
