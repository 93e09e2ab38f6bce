import { Braces } from 'lucide-react';
import { Logo } from '../ui/logo.tsx';
import { useNow } from '../ui/clock.ts';
import { TimeAgo } from '../ui/time-ago.tsx';
import type { Turn } from './assemble-conversation.ts';
import { BreadcrumbLink } from './breadcrumb-link.tsx';
import { RunView } from './run-view.tsx';

/** A message that nobody has taken up for this long will hardly be answered any more. */
const UNANSWERED_MS = 60_000;

/** A message and what came of it. */
export function TurnView({ turn, onAgain }: { turn: Turn; onAgain: (text: string) => void }) {
  const { message } = turn;
  return (
    <div className="space-y-5">
      {message && (
        <article
          aria-label="Your message"
          className="group flex flex-col items-end"
          data-testid="message"
        >
          <p className="max-w-[85%] rounded-2xl rounded-br-md bg-sunken px-4 dark:bg-raised py-2.5 break-words whitespace-pre-wrap">
            {message.text}
          </p>
          <p className="mt-1 flex items-center gap-2 text-2xs text-ink-faint tabular-nums">
            <TimeAgo at={message.at} />
            <BreadcrumbLink id={message.id} label="Show the breadcrumb of this message">
              <Braces className="size-3" aria-hidden />
              breadcrumb
            </BreadcrumbLink>
          </p>
        </article>
      )}
      {turn.runs.length === 0 && message && <Waiting since={message.at} />}
      {turn.runs.map((run) => (
        <RunView
          key={run.key}
          run={run}
          asked_at={message?.at ?? null}
          onRetry={message && (() => onAgain(message.text))}
        />
      ))}
    </div>
  );
}

function Waiting({ since }: { since: number }) {
  const is_unanswered = useNow() - since > UNANSWERED_MS;
  return (
    <div className="flex items-center gap-3 text-sm text-ink-faint">
      <Logo className="size-6 shrink-0" is_working={!is_unanswered} />
      {is_unanswered
        ? 'No agent has answered this message. Is one defined whose trigger matches it?'
        : 'Waiting for an agent…'}
    </div>
  );
}
