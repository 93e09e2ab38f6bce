import type { FullRun, RunSummary } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronRight, CornerLeftUp } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { formatSpan } from '../ui/format-figures.ts';
import { inferAttempts, type Attempt } from './infer-attempts.ts';
import { nestSteps, type StepNode } from './nest-steps.ts';
import { RetryBadge, RunStatusBadge, StepIcon } from './run-looks.tsx';

/** Nodes of one branch that are drawn before more are asked for. */
const BRANCH = 100;
const BRANCH_LOOK = 'ml-3 border-l border-line pl-3';

/** A run with its steps in each other and, below them, the runs that it began. */
export function RunTree({ run, onChoose }: { run: FullRun; onChoose: (step: string) => void }) {
  return (
    <div className="rounded-xl border border-line bg-raised p-4 text-sm">
      {run.parent_run_id !== null && (
        <Link
          to="/runs/$id"
          params={{ id: run.parent_run_id }}
          search={{ tab: 'tree' }}
          className="mb-2 inline-flex items-center gap-1.5 text-xs font-medium text-accent underline-offset-4 hover:underline"
        >
          <CornerLeftUp className="size-3.5" aria-hidden />
          The run that began this one
        </Link>
      )}
      <p className="flex flex-wrap items-center gap-2 py-1">
        <RunStatusBadge status={run.status} />
        <span className="min-w-0 font-medium break-words">{run.agent_id}</span>
        <span className="text-2xs text-ink-faint">this run · {formatSpan(run.duration_ms)}</span>
      </p>
      <Branch run={run} onChoose={onChoose} />
    </div>
  );
}

function Branch({ run, onChoose }: { run: FullRun; onChoose: (step: string) => void }) {
  const nodes = useMemo(() => nestSteps(run.steps), [run]);
  const attempts = useMemo(() => inferAttempts(run), [run]);
  return (
    <ul className={BRANCH_LOOK}>
      <StepNodes nodes={nodes} attempts={attempts} onChoose={onChoose} />
      <Children run_id={run.run_id} />
    </ul>
  );
}

function StepNodes({
  nodes,
  attempts,
  onChoose,
}: {
  nodes: readonly StepNode[];
  attempts: ReadonlyMap<string, Attempt>;
  onChoose: (step: string) => void;
}) {
  const [shown, setShown] = useState(BRANCH);
  return (
    <>
      {nodes.slice(0, shown).map(({ step, children }) => (
        <li key={step.step_id}>
          <button
            type="button"
            onClick={() => onChoose(step.step_id)}
            className="flex w-full items-center gap-2 rounded-md px-1.5 py-1 text-left text-xs hover:bg-sunken"
          >
            <StepIcon type={step.step_type} />
            <span className="min-w-0 truncate">{step.name}</span>
            <RetryBadge attempt={attempts.get(step.step_id)?.attempt ?? 1} />
            {attempts.get(step.step_id)?.has_failed && (
              <span className="text-2xs font-medium text-bad">failed</span>
            )}
            <span className="ml-auto pl-2 tabular-nums text-ink-faint">
              {formatSpan(step.latency_ms)}
            </span>
          </button>
          {children.length > 0 && (
            <ul className={BRANCH_LOOK}>
              <StepNodes nodes={children} attempts={attempts} onChoose={onChoose} />
            </ul>
          )}
        </li>
      ))}
      {nodes.length > shown && (
        <li>
          <Button look="bare" onClick={() => setShown(shown + BRANCH)}>
            Show {Math.min(BRANCH, nodes.length - shown)} more
          </Button>
        </li>
      )}
    </>
  );
}

/** The runs that a run began: up to a page of them, each to be unfolded. */
function Children({ run_id }: { run_id: string }) {
  const { client } = useSession();
  const { data, error, refetch } = useQuery({
    queryKey: ['run', run_id, 'children'],
    queryFn: ({ signal }) =>
      client.runs.children(run_id, { fields: 'summary', page_size: 100 }, { signal }),
  });
  if (error !== null) {
    return (
      <li className="py-1">
        <ErrorNotice
          title="The runs that it began could not be read"
          error={error}
          onRetry={() => void refetch()}
        />
      </li>
    );
  }
  return (
    <>
      {data?.items.map((child) => (
        <Child key={child.run_id} run={child} />
      ))}
      {data?.next_cursor && (
        <li className="py-1 text-xs">
          <Link to="/runs" search={{ parent: run_id }} className="text-accent underline">
            All runs that it began
          </Link>
        </li>
      )}
    </>
  );
}

function Child({ run }: { run: RunSummary }) {
  const [is_open, setOpen] = useState(false);
  return (
    <li>
      <div className="flex items-center gap-1 py-0.5 text-xs">
        <button
          type="button"
          aria-expanded={is_open}
          aria-label={`Steps of ${run.agent_id}`}
          onClick={() => setOpen(!is_open)}
          className="inline-flex size-6 items-center justify-center rounded-md text-ink-soft hover:bg-sunken"
        >
          <ChevronRight
            className={classNames('size-3.5 transition-transform', is_open && 'rotate-90')}
            aria-hidden
          />
        </button>
        <RunStatusBadge status={run.status} />
        <Link
          to="/runs/$id"
          params={{ id: run.run_id }}
          className="min-w-0 truncate font-medium text-accent underline-offset-4 hover:underline"
        >
          {run.agent_id}
        </Link>
        <span className="ml-auto tabular-nums text-ink-faint">{formatSpan(run.duration_ms)}</span>
      </div>
      {is_open && <ChildBranch run_id={run.run_id} />}
    </li>
  );
}

function ChildBranch({ run_id }: { run_id: string }) {
  const { client } = useSession();
  const { data, error, refetch } = useQuery({
    queryKey: ['run', run_id, 'full'],
    queryFn: ({ signal }) => client.runs.get(run_id, { view: 'full' }, { signal }),
  });
  if (error !== null) {
    return (
      <ErrorNotice title="The run could not be read" error={error} onRetry={() => void refetch()} />
    );
  }
  if (data === undefined) return <Skeleton className="ml-6 h-4 w-48" />;
  return <ChildSteps run={data} />;
}

function ChildSteps({ run }: { run: FullRun }) {
  const nodes = useMemo(() => nestSteps(run.steps), [run]);
  const attempts = useMemo(() => inferAttempts(run), [run]);
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <ul className={BRANCH_LOOK}>
      <StepNodes nodes={nodes} attempts={attempts} onChoose={setChosen} />
      {chosen !== null && (
        <li className="py-1 text-xs">
          <Link
            to="/runs/$id"
            params={{ id: run.run_id }}
            search={{ step: chosen }}
            className="text-accent underline"
          >
            Open this step in its run
          </Link>
        </li>
      )}
      <Children run_id={run.run_id} />
    </ul>
  );
}
