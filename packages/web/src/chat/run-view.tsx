import { Link } from '@tanstack/react-router';
import { Activity, Braces, CircleStop, CircleX, RotateCcw, Square } from 'lucide-react';
import { useState } from 'react';
import { ApprovalCard } from '../approvals/approval-card.tsx';
import { usePendingApprovals } from '../approvals/pending-approvals.ts';
import { useSession } from '../session/session.ts';
import { classNames } from '../ui/class-names.ts';
import { formatCost } from '../ui/format-figures.ts';
import { formatDuration } from '../ui/format-time.ts';
import { Logo } from '../ui/logo.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { isRunOver, type Run } from './assemble-conversation.ts';
import { BreadcrumbLink } from './breadcrumb-link.tsx';
import { ToolCallView } from './tool-call-view.tsx';

/** What an agent does about a message: its tools, what it asks of people, its answer. */
export function RunView({
  run,
  asked_at,
  onRetry,
}: {
  run: Run;
  asked_at: number | null;
  /** Asks the same again; null where the message is not known. */
  onRetry: (() => void) | null;
}) {
  const is_over = isRunOver(run);
  return (
    <article aria-label="Answer" className="flex gap-3">
      <Logo className="mt-0.5 size-6 shrink-0 text-ink-soft" is_working={!is_over} />
      <div className="min-w-0 flex-1 space-y-3">
        {run.reasoning !== '' && <Reasoning text={run.reasoning} is_open={run.text === ''} />}
        {run.tool_calls.length > 0 && (
          <ul className="space-y-1.5">
            {run.tool_calls.map((call) => (
              <li key={call.id}>
                <ToolCallView call={call} is_run_over={is_over} />
              </li>
            ))}
          </ul>
        )}
        {run.phase === 'waiting_for_approval' && run.run_id !== null && (
          <RunApprovals run_id={run.run_id} />
        )}
        <div data-testid="answer" data-status={run.phase} aria-busy={!is_over}>
          {run.text !== '' && (
            <p className="break-words whitespace-pre-wrap">
              {run.has_gap && <span className="text-ink-faint">… </span>}
              {run.text}
              {run.phase === 'writing' && <Caret />}
            </p>
          )}
          {run.error !== null && <Ended run={run} error={run.error} />}
          {!is_over && <RunStatus run={run} />}
        </div>
        {run.response_id !== null && <RunFooter run={run} asked_at={asked_at} onRetry={onRetry} />}
      </div>
    </article>
  );
}

function Reasoning({ text, is_open }: { text: string; is_open: boolean }) {
  return (
    <details open={is_open} className="text-sm text-ink-soft" data-testid="reasoning">
      <summary className="cursor-pointer text-xs text-ink-faint">Thoughts</summary>
      <p className="mt-1 border-l-2 border-line pl-3 break-words whitespace-pre-wrap">{text}</p>
    </details>
  );
}

function RunApprovals({ run_id }: { run_id: string }) {
  const approvals = usePendingApprovals();
  return approvals.data
    ?.filter((each) => each.run_id === run_id)
    .map((each) => <ApprovalCard key={each.id} approval={each} is_in_chat />);
}

const STATUS_WORDS: Partial<Record<Run['phase'], string>> = {
  thinking: 'Thinking…',
  waiting_for_approval: 'Waiting for your approval…',
};

function RunStatus({ run }: { run: Run }) {
  const text =
    run.phase === 'waiting_for_tools'
      ? `Waiting for ${run.detail ?? 'a tool'}…`
      : STATUS_WORDS[run.phase];
  return (
    <div className="flex items-center gap-3">
      {text !== undefined && (
        <p role="status" className="text-sm text-ink-faint">
          {text}
        </p>
      )}
      {run.run_id !== null && <StopButton run_id={run.run_id} />}
      {run.run_id !== null && (
        <span className="text-2xs text-ink-faint">
          <TraceLink run_id={run.run_id} />
        </span>
      )}
    </div>
  );
}

function StopButton({ run_id }: { run_id: string }) {
  const { client } = useSession();
  const toaster = useToaster();
  const [is_asked, setAsked] = useState(false);
  const stop = async () => {
    setAsked(true);
    try {
      await client.registry.stopRun(run_id);
    } catch (error) {
      setAsked(false);
      toaster.failed('The run was not stopped', error);
    }
  };
  return (
    <button
      type="button"
      disabled={is_asked}
      onClick={() => void stop()}
      className="inline-flex h-7 items-center gap-1.5 rounded-full border border-line bg-raised px-2.5 text-xs font-medium text-ink-soft transition-colors hover:border-line-strong hover:text-ink disabled:text-ink-faint"
    >
      <Square className="size-3 fill-current" aria-hidden />
      {is_asked ? 'Stopping…' : 'Stop'}
    </button>
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

function Ended({ run, error }: { run: Run; error: NonNullable<Run['error']> }) {
  const is_stopped = run.phase === 'stopped';
  const Icon = is_stopped ? CircleStop : CircleX;
  const look = is_stopped ? 'text-warn' : 'text-bad';
  return (
    <div
      className={classNames(
        'mt-1 flex items-start gap-2.5 rounded-xl border border-line px-3.5 py-3 text-sm',
        is_stopped ? 'bg-warn-soft' : 'bg-bad-soft',
      )}
    >
      <Icon className={classNames('mt-0.5 size-4 shrink-0', look)} aria-hidden />
      <div className="min-w-0">
        <p className={classNames('font-medium', look)}>
          {is_stopped ? 'The run was stopped' : 'The run failed'}
        </p>
        <p className="mt-0.5 break-words whitespace-pre-wrap text-ink">{error.message}</p>
        <p className="mt-1 font-mono text-2xs text-ink-soft">{error.class}</p>
      </div>
    </div>
  );
}

function RunFooter({
  run,
  asked_at,
  onRetry,
}: {
  run: Run;
  asked_at: number | null;
  onRetry: (() => void) | null;
}) {
  const { input, output } = run.tokens;
  const took = asked_at === null || run.ended_at === null ? null : run.ended_at - asked_at;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-0.5 text-2xs text-ink-faint tabular-nums">
      {run.model !== null && <span>{run.model}</span>}
      {took !== null && took >= 0 && (
        <span title="From the message to the answer">{formatDuration(took)}</span>
      )}
      {input !== null && output !== null && (
        <span title="Tokens read and written">
          {input} → {output} tokens
        </span>
      )}
      {run.cost_usd !== null && <span>{formatCost(run.cost_usd)}</span>}
      {run.run_id !== null && <TraceLink run_id={run.run_id} />}
      <BreadcrumbLink id={run.response_id ?? ''} label="Show the breadcrumb of this answer">
        <Braces className="size-3" aria-hidden />
        breadcrumb
      </BreadcrumbLink>
      {onRetry !== null && (
        <button
          type="button"
          onClick={onRetry}
          title="Send the same message again"
          className="inline-flex items-center gap-1 rounded underline-offset-2 hover:text-ink hover:underline"
        >
          <RotateCcw className="size-3" aria-hidden />
          retry
        </button>
      )}
    </div>
  );
}

/** To the steps of the run: those so far, while it goes on. */
function TraceLink({ run_id }: { run_id: string }) {
  return (
    <Link
      to="/runs/$id"
      params={{ id: run_id }}
      title="Show the steps of this run"
      className="inline-flex items-center gap-1 rounded underline-offset-2 hover:text-ink hover:underline"
    >
      <Activity className="size-3" aria-hidden />
      run
    </Link>
  );
}
