import {
  assembleConversation,
  conversationQuery,
  ErrorNotice,
  isRunOver,
  isTurnOpen,
  Skeleton,
  useStore,
} from '@cairn/web';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useSession } from '../session/session.ts';
import { usePanel } from '../storage/use-panel.ts';
import { ChatEmpty } from './chat-empty.tsx';
import { ChatHeader } from './chat-header.tsx';
import { Composer } from './composer.tsx';
import { approvalsIn } from './pending-approvals.ts';
import { TurnList } from './turn-list.tsx';
import { useSending } from './use-sending.ts';

/** The conversation at hand. */
export function ChatView() {
  const { client, live } = useSession();
  const { state, change } = usePanel();
  const { conversation_id } = state;
  const { phase, has_been_live } = useStore(live.connection);
  const drafts = useStore(live.drafts);
  const { sending, send, sendAgain } = useSending(conversation_id);
  const conversation = useQuery({
    ...conversationQuery(client, live, conversation_id),
    enabled: has_been_live,
  });
  const records = conversation.data;
  const turns = useMemo(
    () =>
      assembleConversation(
        records ?? [],
        Object.values(drafts).filter((each) => each.conversation_id === conversation_id),
      ),
    [records, drafts, conversation_id],
  );
  const approvals = useMemo(() => approvalsIn(records ?? []), [records]);

  const open_runs = turns
    .filter(isTurnOpen)
    .flatMap(({ runs }) => runs)
    .flatMap((run) => (isRunOver(run) || run.run_id === null ? [] : [run.run_id]));
  const title = turns.find(({ message }) => message !== null)?.message?.text;
  const is_empty = turns.length === 0 && sending.length === 0;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <ChatHeader title={title ?? sending[0]?.message.text} />
      {conversation.isError ? (
        <div className="flex-1 p-3">
          <ErrorNotice
            title="The conversation could not be read"
            error={conversation.error}
            onRetry={() => void conversation.refetch()}
          />
        </div>
      ) : conversation.isPending ? (
        <ChatSkeleton />
      ) : is_empty ? (
        <ChatEmpty is_offline={phase === 'offline'} onSend={send} />
      ) : (
        <TurnList
          key={conversation_id}
          turns={turns}
          approvals={approvals}
          sending={sending}
          onSendAgain={sendAgain}
        />
      )}
      <Composer
        conversation_id={conversation_id}
        is_offline={phase === 'offline'}
        open_runs={open_runs}
        draft={state.draft}
        onDraft={(draft) => change({ draft })}
        onSend={send}
      />
    </div>
  );
}

function ChatSkeleton() {
  return (
    <div className="flex-1 space-y-5 p-4" aria-busy="true">
      <Skeleton className="ml-auto h-9 w-1/2 rounded-2xl" />
      <div className="space-y-2">
        <Skeleton className="h-4 w-3/4" />
        <Skeleton className="h-4 w-1/2" />
      </div>
    </div>
  );
}
