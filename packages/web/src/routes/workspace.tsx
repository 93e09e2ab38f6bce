import { Link, useParams, useSearch } from '@tanstack/react-router';
import { Footprints, MessagesSquare } from 'lucide-react';
import { ChatPane } from '../chat/chat-pane.tsx';
import { ConversationList } from '../chat/conversation-list.tsx';
import { TrailPane } from '../trail/trail-pane.tsx';
import { classNames } from '../ui/class-names.ts';

/** The chat: conversations, chat and trail side by side; on narrow screens chat or trail. */
export function Workspace() {
  const { conversation_id = null } = useParams({ from: '/chat/{-$conversation_id}' });
  const { view, breadcrumb } = useSearch({ from: '/chat/{-$conversation_id}' });
  const is_trail = view === 'trail';
  return (
    <div className="flex h-full flex-col overflow-hidden">
      <ViewTabs is_trail={is_trail} />
      <div className="flex min-h-0 flex-1">
        <aside
          aria-label="Conversations"
          className="hidden w-64 shrink-0 border-r border-line bg-ground 2xl:flex 2xl:flex-col"
        >
          <ConversationList selected_id={conversation_id} />
        </aside>
        <main className={classNames('min-w-0 flex-1 bg-surface', is_trail && 'max-lg:hidden')}>
          <ChatPane conversation_id={conversation_id} />
        </main>
        <section
          aria-label="Trail"
          className={classNames(
            'w-full min-w-0 border-line bg-ground lg:w-[24rem] lg:shrink-0 lg:border-l 2xl:w-[27rem]',
            // The open panel covers a narrow screen, also over the chat: then its home takes no room but exists.
            !is_trail &&
              (breadcrumb === undefined ? 'max-lg:hidden' : 'max-lg:w-0 max-lg:overflow-hidden'),
          )}
        >
          <TrailPane />
        </section>
      </div>
    </div>
  );
}

function ViewTabs({ is_trail }: { is_trail: boolean }) {
  const look = (is_on: boolean) =>
    classNames(
      'flex h-10 flex-1 items-center justify-center gap-2 border-b-2 text-sm font-medium',
      is_on ? 'border-accent text-ink' : 'border-transparent text-ink-soft',
    );
  return (
    <nav aria-label="View" className="flex shrink-0 border-b border-line bg-ground lg:hidden">
      <Link
        from="/chat/{-$conversation_id}"
        search={({ view: _view, ...rest }) => rest}
        aria-current={is_trail ? undefined : 'page'}
        className={look(!is_trail)}
      >
        <MessagesSquare className="size-4" aria-hidden />
        Chat
      </Link>
      <Link
        from="/chat/{-$conversation_id}"
        search={(known) => ({ ...known, view: 'trail' as const })}
        aria-current={is_trail ? 'page' : undefined}
        className={look(is_trail)}
      >
        <Footprints className="size-4" aria-hidden />
        Trail
      </Link>
    </nav>
  );
}
