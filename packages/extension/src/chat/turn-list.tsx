import { Announcer, Button, CopyButton, describeError, type Turn } from '@cairn/web';
import { ArrowDown, CircleAlert, LoaderCircle } from 'lucide-react';
import { useLayoutEffect, useRef, useState } from 'react';
import type { Unsent } from '../storage/panel-state.ts';
import { ApprovalCard } from './approval-card.tsx';
import type { Approval } from './pending-approvals.ts';
import { TurnView } from './turn-view.tsx';
import type { Sending } from './use-sending.ts';

/** Nearer to the end than this counts as being there, in pixels. */
const NEAR_END = 48;

/** The messages in reading order. Follows the newest text, unless the reader has scrolled away from it. */
export function TurnList({
  turns,
  approvals,
  sending,
  onSendAgain,
}: {
  turns: readonly Turn[];
  approvals: readonly Approval[];
  sending: readonly Sending[];
  onSendAgain: (message: Unsent) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [is_at_end, setAtEnd] = useState(true);
  const toEnd = (): void => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  // What the reader just sent is what the reader wants to see.
  useLayoutEffect(toEnd, [sending.length]);
  useLayoutEffect(() => {
    if (is_at_end) toEnd();
  }, [turns, approvals, is_at_end]);
  const shown = new Set(turns.flatMap(({ runs }) => runs.map(({ run_id }) => run_id)));
  const others = approvals.filter(({ run_id }) => run_id === null || !shown.has(run_id));
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={box}
        role="log"
        aria-label="Conversation"
        aria-live="off"
        className="h-full space-y-6 overflow-y-auto overscroll-contain px-3 pt-4 pb-5 -outline-offset-2"
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
          setAtEnd(scrollHeight - scrollTop - clientHeight < NEAR_END)
        }
      >
        {turns.map((turn) => (
          <TurnView key={turn.key} turn={turn} approvals={approvals} />
        ))}
        {others.map((each) => (
          <ApprovalCard key={each.id} approval={each} />
        ))}
        {sending.map((each) => (
          <SendingView
            key={each.message.key}
            sending={each}
            onSendAgain={() => onSendAgain(each.message)}
          />
        ))}
      </div>
      {!is_at_end && (
        <button
          type="button"
          onClick={toEnd}
          className="absolute bottom-2 left-1/2 inline-flex h-8 -translate-x-1/2 items-center gap-1.5 rounded-full border border-line bg-raised px-3 text-xs font-medium shadow-panel hover:border-line-strong"
        >
          <ArrowDown className="size-3.5" aria-hidden />
          To the newest
        </button>
      )}
      <Announcer turns={turns} />
    </div>
  );
}

function SendingView({ sending, onSendAgain }: { sending: Sending; onSendAgain: () => void }) {
  const { message, error, is_under_way } = sending;
  return (
    <div className="flex flex-col items-end" data-testid="outgoing">
      <p className="max-w-[88%] rounded-2xl rounded-br-md bg-sunken px-3.5 py-2 break-words whitespace-pre-wrap text-ink-soft dark:bg-raised">
        {message.text}
      </p>
      {is_under_way ? (
        <p className="mt-1 flex items-center gap-1.5 text-2xs text-ink-faint">
          <LoaderCircle className="size-3 animate-spin-slow" aria-hidden />
          Sending
        </p>
      ) : (
        <div role="alert" className="mt-1.5 flex max-w-full items-center gap-2 text-xs text-bad">
          <CircleAlert className="size-3.5 shrink-0" aria-hidden />
          <span className="min-w-0 break-words">
            {error === undefined
              ? 'Not confirmed before the panel was closed'
              : `Not sent: ${describeError(error).summary}`}
          </span>
          {error !== undefined && (
            <CopyButton text={describeError(error).detail} label="Copy the detail" />
          )}
          <Button className="h-8" onClick={onSendAgain}>
            Send again
          </Button>
        </div>
      )}
    </div>
  );
}
