import { Braces, CircleX } from 'lucide-react';
import { Logo } from '../ui/logo.tsx';
import { formatDuration } from '../ui/format-time.ts';
import { useNow } from '../ui/clock.ts';
import { TimeAgo } from '../ui/time-ago.tsx';
import type { Run, Turn } from './assemble-conversation.ts';
import { BreadcrumbLink } from './breadcrumb-link.tsx';
import { ToolCallView } from './tool-call-view.tsx';

/** A message that nobody has taken up for this long will hardly be answered any more. */
const UNANSWERED_MS = 60_000;

/** A message and what came of it. */
export function TurnView({ turn }: { turn: Turn }) {
  return (
    <div className="space-y-5">
      {turn.message && (
        <article
          aria-label="Your message"
          className="group flex flex-col items-end"
          data-testid="message"
        >
          <p className="max-w-[85%] rounded-2xl rounded-br-md bg-sunken px-4 dark:bg-raised py-2.5 break-words whitespace-pre-wrap">
            {turn.message.text}
          </p>
          <p className="mt-1 flex items-center gap-2 text-2xs text-ink-faint tabular-nums">
            <TimeAgo at={turn.message.at} />
            <BreadcrumbLink id={turn.message.id} label="Show the breadcrumb of this message">
              <Braces className="size-3" aria-hidden />
              breadcrumb
            </BreadcrumbLink>
          </p>
        </article>
      )}
      {turn.runs.length === 0 && turn.message && <Waiting since={turn.message.at} />}
      {turn.runs.map((run) => (
        <RunView key={run.key} run={run} asked_at={turn.message?.at ?? null} />
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

function RunView({ run, asked_at }: { run: Run; asked_at: number | null }) {
  const is_over = run.phase === 'completed' || run.phase === 'failed';
  return (
    <article aria-label="Answer" className="flex gap-3">
      <Logo className="mt-0.5 size-6 shrink-0 text-ink-soft" is_working={!is_over} />
      <div className="min-w-0 flex-1 space-y-3">
        {run.tool_calls.length > 0 && (
          <ul className="space-y-1.5">
            {run.tool_calls.map((call) => (
              <li key={call.id}>
                <ToolCallView call={call} is_run_over={is_over} />
              </li>
            ))}
          </ul>
        )}
        <div data-testid="answer" data-status={run.phase} aria-busy={!is_over}>
          {run.text !== '' && (
            <p className="break-words whitespace-pre-wrap">
              {run.has_gap && <span className="text-ink-faint">… </span>}
              {run.text}
              {run.phase === 'writing' && <Caret />}
            </p>
          )}
          {run.error !== null && <Failure error={run.error} />}
          {!is_over && run.phase !== 'writing' && <RunStatus run={run} />}
        </div>
        {run.response_id !== null && <RunFooter run={run} asked_at={asked_at} />}
      </div>
    </article>
  );
}

function RunStatus({ run }: { run: Run }) {
  const text =
    run.phase === 'waiting_for_tools' ? `Waiting for ${run.detail ?? 'a tool'}…` : 'Thinking…';
  return (
    <p role="status" className="text-sm text-ink-faint">
      {text}
    </p>
  );
}

function Caret() {
  return (
    <span
      aria-hidden
      className="ml-0.5 inline-block h-[1.05em] w-[3px] animate-pulse-soft rounded-full bg-accent align-text-bottom"
    />
  );
}

function Failure({ error }: { error: NonNullable<Run['error']> }) {
  return (
    <div className="mt-1 flex items-start gap-2.5 rounded-xl border border-line bg-bad-soft px-3.5 py-3 text-sm">
      <CircleX className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
      <div className="min-w-0">
        <p className="font-medium text-bad">The run failed</p>
        <p className="mt-0.5 break-words whitespace-pre-wrap text-ink">{error.message}</p>
        <p className="mt-1 font-mono text-2xs text-ink-soft">{error.class}</p>
      </div>
    </div>
  );
}

function RunFooter({ run, asked_at }: { run: Run; asked_at: number | null }) {
  const { input, output } = run.tokens;
  const took = asked_at === null || run.ended_at === null ? null : run.ended_at - asked_at;
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-0.5 text-2xs text-ink-faint tabular-nums">
      {run.model !== null && <span>{run.model}</span>}
      {took !== null && took >= 0 && (
        <span title="From the message to the answer">{formatDuration(took)}</span>
      )}
      {input !== null && output !== null && (
        <span title="Tokens read and written">
          {input} → {output} tokens
        </span>
      )}
      <BreadcrumbLink id={run.response_id ?? ''} label="Show the breadcrumb of this answer">
        <Braces className="size-3" aria-hidden />
        breadcrumb
      </BreadcrumbLink>
    </p>
  );
}
