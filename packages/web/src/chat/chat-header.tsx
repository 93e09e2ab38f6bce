import { Link } from '@tanstack/react-router';
import { SquarePen } from 'lucide-react';
import { ConversationDrawer } from './conversation-drawer.tsx';

/** The bar above a conversation: its title and, where the list has no room beside the chat, the ways to others. */
export function ChatHeader({
  conversation_id,
  title = 'New conversation',
}: {
  conversation_id: string | null;
  title: string | undefined;
}) {
  return (
    <div className="flex h-12 shrink-0 items-center gap-1 border-b border-line px-2 xl:px-5">
      <ConversationDrawer selected_id={conversation_id} />
      <h1 className="min-w-0 flex-1 truncate px-1 text-sm font-medium xl:px-0">{title}</h1>
      {conversation_id !== null && (
        <Link
          to="/chat/{-$conversation_id}"
          params={{ conversation_id: undefined }}
          search={(known) => known}
          aria-label="New conversation"
          title="New conversation"
          className="inline-flex size-9 items-center justify-center rounded-lg text-ink-soft hover:bg-sunken hover:text-ink xl:hidden"
        >
          <SquarePen className="size-4" aria-hidden />
        </Link>
      )}
    </div>
  );
}
