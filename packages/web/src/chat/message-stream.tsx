import { ArrowDown } from 'lucide-react';
import { useLayoutEffect, useRef, useState } from 'react';
import { Announcer } from './announcer.tsx';
import type { Turn } from './assemble-conversation.ts';
import { OutgoingMessage, type Outgoing } from './outgoing-message.tsx';
import { TurnView } from './turn-view.tsx';

/** Nearer to the end than this counts as being there, in pixels. */
const NEAR_END = 48;

/** The messages in reading order. Follows the newest text, unless the reader has scrolled away from it. */
export function MessageStream({
  turns,
  outgoing,
  onRetry,
  onAgain,
}: {
  turns: readonly Turn[];
  outgoing: readonly Outgoing[];
  onRetry: (message: Outgoing) => void;
  /** Sends the text of a message that was answered once more. */
  onAgain: (text: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [is_at_end, setAtEnd] = useState(true);
  const toEnd = () => {
    const element = box.current;
    if (element) element.scrollTop = element.scrollHeight;
  };
  // What the reader just sent is what the reader wants to see.
  useLayoutEffect(toEnd, [outgoing.length]);
  useLayoutEffect(() => {
    if (is_at_end) toEnd();
  }, [turns, is_at_end]);
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={box}
        className="h-full overflow-y-auto overscroll-contain"
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
          setAtEnd(scrollHeight - scrollTop - clientHeight < NEAR_END)
        }
      >
        <div className="mx-auto w-full max-w-[46rem] space-y-8 px-4 pt-6 pb-8">
          {turns.map((turn) => (
            <TurnView key={turn.key} turn={turn} onAgain={onAgain} />
          ))}
          {outgoing.map((message) => (
            <OutgoingMessage key={message.key} message={message} onRetry={() => onRetry(message)} />
          ))}
        </div>
      </div>
      {!is_at_end && (
        <button
          type="button"
          onClick={toEnd}
          className="absolute bottom-3 left-1/2 inline-flex h-8 -translate-x-1/2 items-center gap-1.5 rounded-full border border-line bg-raised px-3 text-xs font-medium shadow-panel hover:border-line-strong"
        >
          <ArrowDown className="size-3.5" aria-hidden />
          To the newest
        </button>
      )}
      <Announcer turns={turns} />
    </div>
  );
}
