import { ArrowDown } from 'lucide-react';
import { useLayoutEffect, useMemo, useRef, useState, type RefObject } from 'react';
import { DrawnRows } from '../ui/drawn-rows.tsx';
import { useWindow } from '../ui/use-window.ts';
import { Announcer } from './announcer.tsx';
import type { Turn } from './assemble-conversation.ts';
import { OlderButton } from './older-button.tsx';
import { OutgoingMessage, type Outgoing } from './outgoing-message.tsx';
import { TurnView } from './turn-view.tsx';
import type { Older } from './use-older.ts';

/** Nearer to the end than this counts as being there, in pixels. */
const NEAR_END = 48;
/** What a message with its answer is taken to be high until some are measured. */
const TURN_PX = 160;

/**
 * The messages in reading order, of very many only those in view. Follows the newest text, unless the reader has scrolled away
 * from it; what is older comes above without moving what is read.
 */
export function MessageStream({
  turns,
  older,
  outgoing,
  onRetry,
  onAgain,
}: {
  turns: readonly Turn[];
  /** The way to older messages; null when all are there. */
  older: Older | null;
  outgoing: readonly Outgoing[];
  onRetry: (message: Outgoing) => void;
  /** Sends the text of a message that was answered once more. */
  onAgain: (text: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [list, setList] = useState<HTMLElement | null>(null);
  const keys = useMemo(() => turns.map(({ key }) => key), [turns]);
  const seen = useWindow(list, keys, TURN_PX);
  const [is_at_end, setAtEnd] = useState(true);
  const holdPlace = useHeldPlace(box, keys[0]);
  const toEnd = () => {
    const element = box.current;
    if (element) element.scrollTop = element.scrollHeight;
  };
  // What the reader just sent is what the reader wants to see.
  useLayoutEffect(toEnd, [outgoing.length]);
  useLayoutEffect(() => {
    if (is_at_end) toEnd();
  }, [turns, is_at_end, seen.total_px]);
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={box}
        data-scroller
        className="h-full overflow-y-auto overscroll-contain"
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
          setAtEnd(scrollHeight - scrollTop - clientHeight < NEAR_END)
        }
      >
        <div className="mx-auto w-full max-w-[46rem] px-4 pt-6">
          {older && <OlderButton older={older} label="Show earlier messages" onRead={holdPlace} />}
          <div ref={setList}>
            <DrawnRows of={seen} rows={turns} As="div">
              {(turn) => (
                <div key={turn.key} data-row={turn.key} className="pb-8">
                  <TurnView turn={turn} onAgain={onAgain} />
                </div>
              )}
            </DrawnRows>
          </div>
          {outgoing.map((message) => (
            <div key={message.key} className="pb-8">
              <OutgoingMessage message={message} onRetry={() => onRetry(message)} />
            </div>
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

/** Keeps what is read where it is when other things come above it: as far from the end as when the answer is called. */
function useHeldPlace(box: RefObject<HTMLElement | null>, first: string | undefined): () => void {
  const from_end = useRef<number | null>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || from_end.current === null) return;
    element.scrollTo({ top: element.scrollHeight - from_end.current });
    from_end.current = null;
  }, [box, first]);
  return () => {
    if (box.current) from_end.current = box.current.scrollHeight - box.current.scrollTop;
  };
}
