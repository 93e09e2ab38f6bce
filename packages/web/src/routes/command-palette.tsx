import type { BreadcrumbItem } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useRouteContext } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { Keyboard, MessagesSquare, Plus, Search, SunMoon } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useState, type ReactNode } from 'react';
import { conversationsQuery } from '../live/queries.ts';
import { useSession } from '../session/session.ts';
import { SchemaIcon } from '../trail/schema-icon.tsx';
import { useReturnFocus } from '../ui/use-return-focus.ts';
import { useSettled } from '../ui/use-settled.ts';
import { PLACES } from './places.ts';

/** Shorter words find too much. */
const SEARCH_CHARS = 2;
/** Typing is over after this long without a key. */
const TYPING_MS = 200;
const FOUND_AT_MOST = 8;
const CONVERSATIONS_AT_MOST = 6;

/** Everything by its name: places, actions, conversations, and breadcrumbs by words or meaning. */
export function CommandPalette({ onClose, onHelp }: { onClose: () => void; onHelp: () => void }) {
  const { client } = useSession();
  const navigate = useNavigate();
  const returnFocus = useReturnFocus();
  const [text, setText] = useState('');
  const q = useSettled(text.trim(), TYPING_MS);
  const found = useQuery({
    queryKey: ['palette', q],
    queryFn: ({ signal }) => client.search({ q, nn: FOUND_AT_MOST }, { signal }),
    enabled: q.length >= SEARCH_CHARS,
    placeholderData: (known) => known,
  });
  const then: Then = (act) => () => {
    onClose();
    act();
  };
  const hits = q.length >= SEARCH_CHARS ? (found.data?.hits ?? []) : [];
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-ink/30 dark:bg-sunken/70" />
        <Dialog.Content
          onCloseAutoFocus={returnFocus}
          aria-describedby={undefined}
          className="fixed top-[12dvh] left-1/2 z-50 w-[min(38rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-2xl border border-line bg-surface shadow-panel"
        >
          <Dialog.Title className="sr-only">Go to</Dialog.Title>
          <Command label="Go to" loop>
            <div className="flex items-center gap-3 border-b border-line px-4">
              <Search className="size-4 text-ink-faint" aria-hidden />
              <Command.Input
                value={text}
                onValueChange={setText}
                placeholder="Go to a page, a conversation, a breadcrumb…"
                className="h-12 flex-1 bg-transparent text-sm outline-none placeholder:text-ink-faint focus-visible:outline-none"
              />
            </div>
            <Command.List className="max-h-[56dvh] overflow-y-auto p-2 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:text-ink-faint">
              <Command.Empty className="px-3 py-6 text-center text-sm text-ink-soft">
                {found.isFetching ? 'Looking…' : 'Nothing has that name.'}
              </Command.Empty>
              <Command.Group heading="Places">
                {PLACES.map(({ to, name, Icon, words, key }) => (
                  <Line
                    key={to}
                    value={`${name} ${words}`}
                    icon={<Icon className="size-4" aria-hidden />}
                    hint={`g ${key}`}
                    onSelect={then(() => navigate({ to }))}
                  >
                    {name}
                  </Line>
                ))}
              </Command.Group>
              <Actions then={then} onHelp={onHelp} />
              <Conversations then={then} />
              <Hits q={q} hits={hits} then={then} />
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Makes what a chosen line does: the palette closes first. */
type Then = (act: () => unknown) => () => void;

function Actions({ then, onHelp }: { then: Then; onHelp: () => void }) {
  const { theme } = useRouteContext({ from: '__root__' });
  const navigate = useNavigate();
  return (
    <Command.Group heading="Actions">
      <Line
        value="new conversation chat ask"
        icon={<Plus className="size-4" aria-hidden />}
        onSelect={then(() => navigate({ to: '/chat/{-$conversation_id}' }))}
      >
        New conversation
      </Line>
      <Line
        value="new breadcrumb create record"
        icon={<Plus className="size-4" aria-hidden />}
        onSelect={then(() => navigate({ to: '/trail/new' }))}
      >
        New breadcrumb
      </Line>
      <Line
        value="theme dark light"
        icon={<SunMoon className="size-4" aria-hidden />}
        onSelect={then(() =>
          theme.set(document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark'),
        )}
      >
        Switch between light and dark
      </Line>
      <Line
        value="keyboard shortcuts help"
        icon={<Keyboard className="size-4" aria-hidden />}
        hint="?"
        onSelect={then(onHelp)}
      >
        Keyboard shortcuts
      </Line>
    </Command.Group>
  );
}

function Conversations({ then }: { then: Then }) {
  const { client, live } = useSession();
  const navigate = useNavigate();
  const conversations = useQuery(conversationsQuery(client, live));
  if (conversations.data === undefined || conversations.data.length === 0) return null;
  return (
    <Command.Group heading="Conversations">
      {conversations.data.slice(0, CONVERSATIONS_AT_MOST).map(({ id, title }) => (
        <Line
          key={id}
          value={`${title} ${id}`}
          icon={<MessagesSquare className="size-4" aria-hidden />}
          onSelect={then(() =>
            navigate({
              to: '/chat/{-$conversation_id}',
              params: { conversation_id: id },
            }),
          )}
        >
          {title}
        </Line>
      ))}
    </Command.Group>
  );
}

function Hits({ q, hits, then }: { q: string; hits: readonly BreadcrumbItem[]; then: Then }) {
  const navigate = useNavigate();
  if (hits.length === 0) return null;
  return (
    <Command.Group heading="Breadcrumbs" forceMount>
      {hits.map(({ id, title, schema_name }) => (
        <Line
          key={id}
          // The server has found it already, by more than the letters of its title.
          value={`${q} ${id}`}
          icon={<SchemaIcon schema_name={schema_name} />}
          hint={schema_name ?? ''}
          onSelect={then(() => navigate({ to: '/trail/$id', params: { id } }))}
        >
          {title}
        </Line>
      ))}
    </Command.Group>
  );
}

function Line({
  value,
  icon,
  hint,
  onSelect,
  children,
}: {
  value: string;
  icon: ReactNode;
  hint?: string;
  onSelect: () => void;
  children: ReactNode;
}) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex min-h-9 cursor-pointer items-center gap-3 rounded-lg px-2.5 py-1 text-sm text-ink-soft data-[selected=true]:bg-accent-soft data-[selected=true]:text-ink"
    >
      {icon}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {hint !== undefined && <span className="shrink-0 text-2xs text-ink-faint">{hint}</span>}
    </Command.Item>
  );
}
