import { useNavigate, useRouteContext } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { Keyboard, Plus, Search, SunMoon } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useRef, useState } from 'react';
import { useReturnFocus } from '../ui/use-return-focus.ts';
import { useSettled } from '../ui/use-settled.ts';
import { Conversations, Hits, Named, RunsById, useHits, type Then } from './palette-found.tsx';
import { Group, PaletteText } from './palette-line.tsx';
import { PLACES } from './places.ts';

/** Shorter words find too much. */
const SEARCH_CHARS = 2;
/** Typing is over after this long without a key. */
const TYPING_MS = 200;

/** Everything by its name: places, actions, conversations, agents, tools, runs, and breadcrumbs by words or meaning. */
export function CommandPalette({
  initial,
  onClose,
  onHelp,
}: {
  /** What was typed before this was here. */
  initial: string;
  onClose: () => void;
  onHelp: () => void;
}) {
  const returnFocus = useReturnFocus();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(initial);
  const then: Then = (act) => () => {
    onClose();
    act();
  };
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-ink/30 dark:bg-sunken/70" />
        <Dialog.Content
          onOpenAutoFocus={(event) => {
            // By itself it would select what was typed already, and the next key would replace it.
            event.preventDefault();
            field.current?.focus();
          }}
          onCloseAutoFocus={returnFocus}
          aria-describedby={undefined}
          className="fixed top-[12dvh] left-1/2 z-50 w-[min(38rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-2xl border border-line bg-surface shadow-panel"
        >
          <Dialog.Title className="sr-only">Go to</Dialog.Title>
          <Command label="Go to" loop shouldFilter={false}>
            <div className="flex items-center gap-3 border-b border-line px-4">
              <Search className="size-4 text-ink-faint" aria-hidden />
              <Command.Input
                ref={field}
                value={text}
                onValueChange={setText}
                placeholder="Go to a page, a conversation, an agent, a tool, a run, a breadcrumb…"
                className="h-12 flex-1 bg-transparent text-sm outline-none placeholder:text-ink-faint focus-visible:outline-none"
              />
            </div>
            <Lines text={text.trim()} then={then} onHelp={onHelp} />
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Lines({ text, then, onHelp }: { text: string; then: Then; onHelp: () => void }) {
  const settled = useSettled(text, TYPING_MS);
  const q = text.length >= SEARCH_CHARS && settled.length >= SEARCH_CHARS ? settled : '';
  const { isFetching } = useHits(q);
  const is_looking = isFetching || settled !== text;
  return (
    <PaletteText value={text}>
      <Command.List className="max-h-[56dvh] overflow-y-auto p-2 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:text-ink-faint">
        <Command.Empty className="px-3 py-6 text-center text-sm text-ink-soft">
          {is_looking ? 'Looking…' : 'Nothing has that name.'}
        </Command.Empty>
        <Places then={then} />
        <Actions then={then} onHelp={onHelp} />
        <Named text={text} then={then} />
        <RunsById q={q} then={then} />
        <Conversations text={text} then={then} />
        <Hits q={q} then={then} />
      </Command.List>
    </PaletteText>
  );
}

function Places({ then }: { then: Then }) {
  const navigate = useNavigate();
  const lines = PLACES.map(({ to, name, Icon, words, key }) => ({
    value: to,
    name,
    words: `${name} ${words}`,
    icon: <Icon className="size-4" aria-hidden />,
    hint: `g ${key}`,
    onSelect: then(() => navigate({ to })),
  }));
  return <Group heading="Places" lines={lines} />;
}

function Actions({ then, onHelp }: { then: Then; onHelp: () => void }) {
  const { theme } = useRouteContext({ from: '__root__' });
  const navigate = useNavigate();
  const lines = [
    {
      value: 'new conversation',
      name: 'New conversation',
      words: 'new conversation chat ask',
      icon: <Plus className="size-4" aria-hidden />,
      onSelect: then(() => navigate({ to: '/chat/{-$conversation_id}' })),
    },
    {
      value: 'new breadcrumb',
      name: 'New breadcrumb',
      words: 'new breadcrumb create record',
      icon: <Plus className="size-4" aria-hidden />,
      onSelect: then(() => navigate({ to: '/trail/new' })),
    },
    {
      value: 'theme',
      name: 'Switch between light and dark',
      words: 'switch between light and dark theme',
      icon: <SunMoon className="size-4" aria-hidden />,
      onSelect: then(() =>
        theme.set(document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark'),
      ),
    },
    {
      value: 'keyboard',
      name: 'Keyboard shortcuts',
      words: 'keyboard shortcuts help',
      icon: <Keyboard className="size-4" aria-hidden />,
      hint: '?',
      onSelect: then(onHelp),
    },
  ];
  return <Group heading="Actions" lines={lines} />;
}
