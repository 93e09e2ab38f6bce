import { Link } from '@tanstack/react-router';
import { BookOpenText, SquarePen } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../ui/button.tsx';
import { ContextDialog } from './context-dialog.tsx';
import { ConversationDrawer } from './conversation-drawer.tsx';

/** The bar above a conversation: its title, its context and, where the list has no room beside the chat, the ways to others. */
export function ChatHeader({
  conversation_id,
  title = 'New conversation',
}: {
  conversation_id: string | null;
  title: string | undefined;
}) {
  const [shows_context, setShowsContext] = useState(false);
  return (
    <div className="flex h-12 shrink-0 items-center gap-1 border-b border-line px-2 2xl:px-5">
      <ConversationDrawer selected_id={conversation_id} />
      <h1 className="min-w-0 flex-1 truncate px-1 text-sm font-medium 2xl:px-0">{title}</h1>
      {conversation_id !== null && (
        <>
          <IconButton label="Context of this conversation" onClick={() => setShowsContext(true)}>
            <BookOpenText className="size-4" aria-hidden />
          </IconButton>
          <Link
            to="/chat/{-$conversation_id}"
            params={{ conversation_id: undefined }}
            search={(known) => known}
            aria-label="New conversation"
            title="New conversation"
            className="inline-flex size-9 items-center justify-center rounded-lg text-ink-soft hover:bg-sunken hover:text-ink 2xl:hidden"
          >
            <SquarePen className="size-4" aria-hidden />
          </Link>
          {shows_context && (
            <ContextDialog
              conversation_id={conversation_id}
              onClose={() => setShowsContext(false)}
            />
          )}
        </>
      )}
    </div>
  );
}
