import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { Toast } from 'radix-ui';
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';
import { describeError } from './describe-error.ts';

interface Message {
  readonly id: number;
  readonly text: string;
  readonly detail: string | null;
}

/** Tells, in a corner of the page, how something went. */
export interface Toaster {
  /** It worked. */
  done(text: string): void;
  /** It did not; `error` is whatever was thrown. */
  failed(text: string, error: unknown): void;
}

const ToasterContext = createContext<Toaster | null>(null);

const DONE_SHOWN_MS = 5_000;
const FAILED_SHOWN_MS = 20_000;
const SHOWN_AT_MOST = 4;
let last_id = 0;

/** The toaster of the page. Throws outside of `Toasts`. */
export function useToaster(): Toaster {
  const toaster = useContext(ToasterContext);
  if (toaster === null) throw new Error('useToaster is used outside of Toasts');
  return toaster;
}

/** Shows the messages of whatever is inside of it. */
export function Toasts({ children }: { children: ReactNode }) {
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const add = useCallback((text: string, detail: string | null) => {
    last_id += 1;
    const message = { id: last_id, text, detail };
    setMessages((known) => [...known, message].slice(-SHOWN_AT_MOST));
  }, []);
  const toaster = useMemo<Toaster>(
    () => ({
      done: (text) => add(text, null),
      failed(text, error) {
        const { summary, detail } = describeError(error);
        add(`${text}: ${summary}`, detail);
      },
    }),
    [add],
  );
  return (
    <ToasterContext value={toaster}>
      <Toast.Provider swipeDirection="right" label="Message">
        {children}
        {messages.map((message) => (
          <ToastLine
            key={message.id}
            message={message}
            onGone={() => setMessages((known) => known.filter(({ id }) => id !== message.id))}
          />
        ))}
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2 outline-none max-md:bottom-20" />
      </Toast.Provider>
    </ToasterContext>
  );
}

function ToastLine({ message, onGone }: { message: Message; onGone: () => void }) {
  const has_failed = message.detail !== null;
  return (
    <Toast.Root
      duration={has_failed ? FAILED_SHOWN_MS : DONE_SHOWN_MS}
      onOpenChange={(is_open) => !is_open && onGone()}
      className="flex items-start gap-2.5 rounded-xl border border-line bg-raised p-3 text-sm shadow-panel"
    >
      {has_failed ? (
        <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
      ) : (
        <CircleCheck className="mt-0.5 size-4 shrink-0 text-accent" aria-hidden />
      )}
      <Toast.Description className="min-w-0 flex-1 break-words">{message.text}</Toast.Description>
      {message.detail !== null && <CopyButton text={message.detail} label="Copy the detail" />}
      <Toast.Close
        aria-label="Close the message"
        className="inline-flex size-7 items-center justify-center rounded-md text-ink-faint hover:bg-sunken hover:text-ink"
      >
        <X className="size-3.5" aria-hidden />
      </Toast.Close>
    </Toast.Root>
  );
}
