import { formatDuration, isRunOver, Logo, TimeAgo, type Run, type Turn } from '@cairn/web';
import { CircleX } from 'lucide-react';
import { dashboardLink, useSession } from '../session/session.ts';
import { ApprovalCard } from './approval-card.tsx';
import type { Approval } from './pending-approvals.ts';
import { ToolCallView } from './tool-call-view.tsx';

/** A message and what came of it. */
export function TurnView({ turn, approvals }: { turn: Turn; approvals: readonly Approval[] }) {
  const { server_url } = useSession();
  return (
    <div className="space-y-4">
      {turn.message && (
        <article
          aria-label="Your message"
          className="flex flex-col items-end"
          data-testid="message"
        >
          <p className="max-w-[88%] rounded-2xl rounded-br-md bg-sunken px-3.5 py-2 break-words whitespace-pre-wrap dark:bg-raised">
            {turn.message.text}
          </p>
          <p className="mt-1 flex gap-2 text-2xs text-ink-faint tabular-nums">
            <TimeAgo at={turn.message.at} />
            <DashboardLink href={dashboardLink(server_url, turn.message.id)} of="this message" />
          </p>
        </article>
      )}
      {turn.runs.length === 0 && turn.message && (
        <p className="flex items-center gap-2 text-ink-faint">
          <Logo className="size-5 shrink-0" is_working />
          Waiting for an agent…
        </p>
      )}
      {turn.runs.map((run) => (
        <RunView
          key={run.key}
          run={run}
          asked_at={turn.message?.at ?? null}
          approvals={approvals.filter(({ run_id }) => run_id !== null && run_id === run.run_id)}
        />
      ))}
    </div>
  );
}

function DashboardLink({ href, of }: { href: string; of: string }) {
  return (
    <a
      href={href}
      target="_blank"
      rel="noreferrer"
      aria-label={`breadcrumb of ${of}, in the dashboard`}
      className="rounded underline-offset-2 hover:text-ink hover:underline"
    >
      breadcrumb
    </a>
  );
}

function RunView({
  run,
  asked_at,
  approvals,
}: {
  run: Run;
  asked_at: number | null;
  approvals: readonly Approval[];
}) {
  const is_over = isRunOver(run);
  const is_asking = !is_over && approvals.some(({ decision }) => decision === null);
  return (
    <article aria-label="Answer" className="flex gap-2">
      <Logo className="mt-0.5 size-5 shrink-0 text-ink-soft" is_working={!is_over} />
      <div className="min-w-0 flex-1 space-y-2">
        {run.tool_calls.map((call) => (
          <ToolCallView key={call.id} call={call} is_run_over={is_over} />
        ))}
        {approvals
          .filter(({ decision }) => decision !== null || !is_over)
          .map((each) => (
            <ApprovalCard key={each.id} approval={each} />
          ))}
        <div data-testid="answer" data-status={run.phase} aria-busy={!is_over}>
          {run.text !== '' && (
            <p className="break-words whitespace-pre-wrap">
              {run.has_gap && <span className="text-ink-faint">… </span>}
              {run.text}
              {run.phase === 'writing' && (
                <span
                  aria-hidden
                  className="ml-0.5 inline-block h-[1.05em] w-[3px] animate-pulse-soft rounded-full bg-accent align-text-bottom"
                />
              )}
            </p>
          )}
          {run.error !== null && <RunEnd run={run} message={run.error.message} />}
          {!is_over && run.phase !== 'writing' && (
            <p role="status" className="text-ink-faint">
              {is_asking
                ? 'Waiting for your consent…'
                : run.phase === 'waiting_for_tools'
                  ? `Waiting for ${run.detail ?? 'a tool'}…`
                  : 'Thinking…'}
            </p>
          )}
        </div>
        {run.response_id !== null && (
          <RunFooter run={run} asked_at={asked_at} id={run.response_id} />
        )}
      </div>
    </article>
  );
}

/** Why a run ended early. */
function RunEnd({ run, message }: { run: Run; message: string }) {
  const is_stopped = run.phase === 'stopped';
  return (
    <div
      className={`mt-1 flex items-start gap-2 rounded-xl border border-line p-3 ${is_stopped ? 'bg-warn-soft' : 'bg-bad-soft'}`}
    >
      <CircleX
        className={`mt-0.5 size-4 shrink-0 ${is_stopped ? 'text-warn' : 'text-bad'}`}
        aria-hidden
      />
      <div className="min-w-0">
        <p className={`font-medium ${is_stopped ? 'text-warn' : 'text-bad'}`}>
          {is_stopped ? 'The run was stopped' : 'The run failed'}
        </p>
        <p className="break-words whitespace-pre-wrap">{message}</p>
      </div>
    </div>
  );
}

function RunFooter({ run, asked_at, id }: { run: Run; asked_at: number | null; id: string }) {
  const { server_url } = useSession();
  const took = asked_at === null || run.ended_at === null ? null : run.ended_at - asked_at;
  const { input, output } = run.tokens;
  return (
    <p className="flex flex-wrap gap-x-2.5 text-2xs text-ink-faint tabular-nums">
      {run.model !== null && <span>{run.model}</span>}
      {took !== null && took >= 0 && <span>{formatDuration(took)}</span>}
      {input !== null && output !== null && (
        <span title="Tokens read and written">
          {input} → {output} tokens
        </span>
      )}
      <DashboardLink href={dashboardLink(server_url, id)} of="this answer" />
    </p>
  );
}
