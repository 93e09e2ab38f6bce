import { Menu, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useState } from 'react';
import { IconButton } from '../ui/button.tsx';
import { ConversationList } from './conversation-list.tsx';

/** The list of conversations where there is no room for it beside the chat. */
export function ConversationDrawer({ selected_id }: { selected_id: string | null }) {
  const [is_open, setOpen] = useState(false);
  return (
    <Dialog.Root open={is_open} onOpenChange={setOpen}>
      <Dialog.Trigger asChild>
        <IconButton label="Conversations" className="2xl:hidden">
          <Menu className="size-4" aria-hidden />
        </IconButton>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-30 bg-ink/30 dark:bg-sunken/70" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-40 flex w-72 max-w-[85vw] flex-col border-r border-line bg-ground shadow-panel"
        >
          <div className="flex h-14 shrink-0 items-center justify-between pr-2 pl-4">
            <Dialog.Title className="text-sm font-semibold">Conversations</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton label="Close">
                <X className="size-4" aria-hidden />
              </IconButton>
            </Dialog.Close>
          </div>
          <ConversationList selected_id={selected_id} onChoose={() => setOpen(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
