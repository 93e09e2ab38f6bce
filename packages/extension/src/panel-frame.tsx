import { Button, describeError, useStore, type Store, type ThemeChoice } from '@cairn/web';
import { Globe, MessagesSquare, NotebookText, Settings2, WifiOff } from 'lucide-react';
import { useEffect } from 'react';
import { ChatView } from './chat/chat-view.tsx';
import { NotesView } from './notes/notes-view.tsx';
import { PageView } from './page/page-view.tsx';
import { SharedNotice } from './page/shared-notice.tsx';
import { useSession } from './session/session.ts';
import { SettingsView } from './settings-view.tsx';
import type { Place } from './storage/panel-state.ts';
import { usePanel } from './storage/use-panel.ts';
import { useErrands } from './use-errands.ts';

const PLACES: readonly { place: Place; name: string; Icon: typeof Globe }[] = [
  { place: 'chat', name: 'Chat', Icon: MessagesSquare },
  { place: 'notes', name: 'Notes', Icon: NotebookText },
  { place: 'page', name: 'Page', Icon: Globe },
  { place: 'settings', name: 'Settings', Icon: Settings2 },
];

/** The panel of somebody who is signed in. */
export function Panel({ theme, window_id }: { theme: Store<ThemeChoice>; window_id: number }) {
  const { sharing } = useSession();
  const { state, change } = usePanel();
  const shared = useStore(sharing.shared);
  const errand_problem = useErrands(window_id);
  const { conversation_id } = state;
  useEffect(() => sharing.setConversation(conversation_id), [sharing, conversation_id]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <nav aria-label="Panel" className="flex shrink-0 border-b border-line bg-surface px-1">
        {PLACES.map(({ place, name, Icon }) => (
          <button
            key={place}
            type="button"
            aria-current={state.place === place ? 'page' : undefined}
            onClick={() => change({ place })}
            className="group relative flex h-10 flex-1 items-center justify-center gap-1.5 text-xs font-medium text-ink-soft -outline-offset-2 hover:text-ink aria-[current=page]:text-ink"
          >
            <Icon className="size-4" aria-hidden />
            {name}
            <span
              aria-hidden
              className="absolute inset-x-3 bottom-0 h-0.5 rounded-full group-aria-[current=page]:bg-accent"
            />
          </button>
        ))}
      </nav>
      <ConnectionBanner />
      {errand_problem !== null && (
        <p role="alert" className="shrink-0 border-b border-line bg-bad-soft px-3 py-2 text-xs">
          {errand_problem}
        </p>
      )}
      <main className="min-h-0 flex-1">
        {state.place === 'chat' && <ChatView />}
        {state.place === 'notes' && <NotesView />}
        {state.place === 'page' && <PageView />}
        {state.place === 'settings' && <SettingsView theme={theme} />}
      </main>
      {shared !== null && state.place !== 'page' && (
        <div className="shrink-0 px-3 pb-2">
          <SharedNotice shared={shared} />
        </div>
      )}
    </div>
  );
}

/** Says when the server has gone; the panel goes on by itself when it is back. */
function ConnectionBanner() {
  const { live } = useSession();
  const { phase } = useStore(live.connection);
  const refusal = useStore(live.refusal);
  if (phase !== 'offline') return null;
  return (
    <div
      role="status"
      data-testid="connection-banner"
      className="flex shrink-0 items-center gap-2 border-b border-line bg-bad-soft px-3 py-1.5 text-xs"
    >
      <WifiOff className="size-4 shrink-0 text-bad" aria-hidden />
      <span className="min-w-0 flex-1">
        {refusal === null
          ? 'The server does not answer. What you see stays.'
          : `The server refuses the connection: ${describeError(refusal).summary}`}
      </span>
      <Button className="h-7" onClick={() => live.reconnect()}>
        Try now
      </Button>
    </div>
  );
}
