import {
  Braces,
  ChevronRight,
  CircleCheck,
  CircleSlash,
  CircleX,
  LoaderCircle,
} from 'lucide-react';
import { Collapsible } from 'radix-ui';
import { inline } from '../trail/trail-row.ts';
import { JsonView } from '../trail/json-view.tsx';
import { formatDuration } from '../ui/format-time.ts';
import type { ToolCall } from './assemble-conversation.ts';
import { BreadcrumbLink } from './breadcrumb-link.tsx';

const PREVIEW_CHARS = 200;

/** One use of a tool: a line that unfolds to what went in and what came out. */
export function ToolCallView({ call, is_run_over }: { call: ToolCall; is_run_over: boolean }) {
  const { answer } = call;
  const state = answer?.status ?? (is_run_over ? 'unanswered' : 'waiting');
  return (
    <Collapsible.Root
      className="overflow-hidden rounded-xl border border-line bg-raised"
      data-testid="tool-call"
      data-status={state}
    >
      <Collapsible.Trigger className="group flex w-full items-center gap-2.5 px-3 py-2 text-left text-sm -outline-offset-2 hover:bg-sunken">
        <StateIcon state={state} />
        <span className="shrink-0 font-mono text-xs font-medium">{call.tool}</span>
        <span className="min-w-0 flex-1 truncate font-mono text-xs text-ink-faint">
          {preview(call)}
        </span>
        {answer?.execution_time_ms != null && (
          <span className="shrink-0 text-2xs text-ink-faint tabular-nums">
            {formatDuration(answer.execution_time_ms)}
          </span>
        )}
        <ChevronRight
          className="size-3.5 shrink-0 text-ink-faint transition-transform group-data-[state=open]:rotate-90"
          aria-hidden
        />
      </Collapsible.Trigger>
      <Collapsible.Content className="space-y-3 border-t border-line bg-surface p-3">
        <Part title="Input" id={call.id} link="Show the breadcrumb of the request">
          <JsonView value={call.input ?? null} />
        </Part>
        {answer ? (
          <Part
            title={answer.status === 'error' ? 'Error' : 'Output'}
            id={answer.id}
            link="Show the breadcrumb of the response"
          >
            {answer.error === null ? (
              <JsonView value={answer.output ?? null} />
            ) : (
              <p className="text-sm break-words whitespace-pre-wrap text-bad">{answer.error}</p>
            )}
          </Part>
        ) : (
          <p className="text-xs text-ink-faint">
            {is_run_over ? 'No answer came before the run ended.' : 'No answer yet.'}
          </p>
        )}
      </Collapsible.Content>
    </Collapsible.Root>
  );
}

function preview({ input, answer }: ToolCall): string {
  const asked = input === undefined || input === null ? '' : inline(input);
  if (answer === null) return asked.slice(0, PREVIEW_CHARS);
  const came = answer.error ?? (answer.output == null ? '' : inline(answer.output));
  return `${asked.slice(0, PREVIEW_CHARS)} → ${came.slice(0, PREVIEW_CHARS)}`;
}

function StateIcon({ state }: { state: 'success' | 'error' | 'waiting' | 'unanswered' }) {
  if (state === 'success') {
    return (
      <CircleCheck className="size-4 shrink-0 text-accent" role="img" aria-label="Succeeded" />
    );
  }
  if (state === 'error') {
    return <CircleX className="size-4 shrink-0 text-bad" role="img" aria-label="Failed" />;
  }
  if (state === 'unanswered') {
    return (
      <CircleSlash
        className="size-4 shrink-0 text-ink-faint"
        role="img"
        aria-label="Not answered"
      />
    );
  }
  return (
    <LoaderCircle
      className="size-4 shrink-0 animate-spin-slow text-warn"
      role="img"
      aria-label="Waiting"
    />
  );
}

function Part({
  title,
  id,
  link,
  children,
}: {
  title: string;
  id: string;
  link: string;
  children: React.ReactNode;
}) {
  return (
    <div>
      <div className="mb-1.5 flex items-center justify-between">
        <h3 className="text-2xs font-semibold tracking-wide text-ink-faint uppercase">{title}</h3>
        <BreadcrumbLink id={id} label={link}>
          <Braces className="size-3" aria-hidden />
          breadcrumb
        </BreadcrumbLink>
      </div>
      {children}
    </div>
  );
}
