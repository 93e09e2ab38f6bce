import { inline, JsonView, type ToolCall } from '@cairn/web';
import { ChevronRight, CircleCheck, CircleSlash, CircleX, LoaderCircle } from 'lucide-react';

const PREVIEW_CHARS = 120;

/** One use of a tool: a line that unfolds to what went in and what came out. */
export function ToolCallView({ call, is_run_over }: { call: ToolCall; is_run_over: boolean }) {
  const { answer } = call;
  const state = answer?.status ?? (is_run_over ? 'unanswered' : 'waiting');
  return (
    <details
      className="group overflow-hidden rounded-lg border border-line bg-raised"
      data-testid="tool-call"
      data-status={state}
    >
      <summary className="flex cursor-pointer list-none items-center gap-2 px-2.5 py-1.5 -outline-offset-2 hover:bg-sunken">
        <StateIcon state={state} />
        <span className="shrink-0 font-mono text-xs font-medium">{call.tool}</span>
        <span className="min-w-0 flex-1 truncate font-mono text-2xs text-ink-faint">
          {preview(call)}
        </span>
        <ChevronRight
          className="size-3.5 shrink-0 text-ink-faint group-open:rotate-90"
          aria-hidden
        />
      </summary>
      <div className="max-h-72 space-y-2 overflow-auto border-t border-line bg-surface p-2.5">
        <h3 className="text-2xs font-semibold text-ink-faint uppercase">Input</h3>
        <JsonView value={call.input ?? null} />
        {answer !== null && (
          <>
            <h3 className="text-2xs font-semibold text-ink-faint uppercase">
              {answer.status === 'error' ? 'Error' : 'Output'}
            </h3>
            {answer.error === null ? (
              <JsonView value={answer.output ?? null} />
            ) : (
              <p className="break-words whitespace-pre-wrap text-bad">{answer.error}</p>
            )}
          </>
        )}
      </div>
    </details>
  );
}

function preview({ input, answer }: ToolCall): string {
  const asked = input === undefined || input === null ? '' : inline(input);
  if (answer === null) return asked.slice(0, PREVIEW_CHARS);
  const came = answer.error ?? (answer.output == null ? '' : inline(answer.output));
  return `${asked.slice(0, PREVIEW_CHARS)} → ${came.slice(0, PREVIEW_CHARS)}`;
}

const STATES = {
  success: { Icon: CircleCheck, look: 'text-accent', label: 'Succeeded' },
  error: { Icon: CircleX, look: 'text-bad', label: 'Failed' },
  unanswered: { Icon: CircleSlash, look: 'text-ink-faint', label: 'Not answered' },
  waiting: { Icon: LoaderCircle, look: 'animate-spin-slow text-warn', label: 'Waiting' },
} as const;

function StateIcon({ state }: { state: keyof typeof STATES }) {
  const { Icon, look, label } = STATES[state];
  return <Icon className={`size-3.5 shrink-0 ${look}`} role="img" aria-label={label} />;
}
