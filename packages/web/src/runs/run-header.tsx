import type { FullRun } from '@cairn/protocol';
import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Chip } from '../ui/badge.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { formatCost, formatCount, formatSpan, totalTokens } from '../ui/format-figures.ts';
import { RunStatusBadge, SOURCES } from './run-looks.tsx';

/** What stands at the top of a run: how it went in figures, and where it belongs. */
export function RunHeader({ run, elapsed_ms }: { run: FullRun; elapsed_ms: number }) {
  return (
    <div className="mb-6">
      <dl className="flex flex-wrap gap-x-8 gap-y-3 text-sm">
        <Fact name="Status">
          <RunStatusBadge status={run.status} />
        </Fact>
        <Fact name="Duration">{formatSpan(run.duration_ms ?? elapsed_ms)}</Fact>
        <Fact name="Steps">{formatCount(run.steps.length)}</Fact>
        <Fact name="Tokens">
          <span title={tokenDetail(run)}>{formatCount(totalTokens(run.usage))}</span>
        </Fact>
        <Fact name="Cost">{formatCost(run.usage.cost_usd)}</Fact>
        <Fact name="Started">
          <TimeAgo at={Date.parse(run.started_at)} />
        </Fact>
        <Fact name="Environment">
          <Chip>{run.environment}</Chip>
        </Fact>
        <Fact name="Source">
          <Chip>{SOURCES[run.source]}</Chip>
        </Fact>
        <Fact name="Run">
          <span className="flex items-center gap-1">
            <code className="font-mono text-xs">{run.run_id.slice(0, 8)}…</code>
            <CopyButton text={run.run_id} label="Copy the id of the run" className="-my-1" />
          </span>
        </Fact>
      </dl>
      <RunLinks run={run} />
      {run.end_reason !== null && (
        <p className="mt-3 text-xs text-ink-soft">It ended because: {run.end_reason}</p>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-2xs text-ink-faint">{name}</dt>
      <dd className="mt-0.5 flex min-h-6 items-center font-medium tabular-nums">{children}</dd>
    </div>
  );
}

function tokenDetail({ usage }: FullRun): string {
  return [
    `in ${formatCount(usage.input_tokens)}`,
    `of it from cache ${formatCount(usage.cached_input_tokens)}`,
    `out ${formatCount(usage.output_tokens)}`,
    `of it reasoning ${formatCount(usage.reasoning_tokens)}`,
  ].join(', ');
}

function RunLinks({ run }: { run: FullRun }) {
  const { definition_id } = run.metadata;
  return (
    <p className="mt-3 flex flex-wrap gap-x-4 gap-y-1 text-xs empty:hidden">
      {run.conversation_id !== null && run.source === 'cairn' && (
        <To
          to="/chat/{-$conversation_id}"
          params={{ conversation_id: run.conversation_id }}
          name="Conversation"
        />
      )}
      {run.conversation_id !== null && run.source !== 'cairn' && (
        // The messages of conversations elsewhere are not here, but their runs are.
        <To
          to="/runs"
          search={{ conversation: run.conversation_id }}
          name="Runs of its conversation"
        />
      )}
      {run.breadcrumb_id !== null && (
        <To to="/trail/$id" params={{ id: run.breadcrumb_id }} name="Causing breadcrumb" />
      )}
      {run.parent_run_id !== null && (
        <To to="/runs/$id" params={{ id: run.parent_run_id }} name="Parent run" />
      )}
      {run.source === 'cairn' && typeof definition_id === 'string' && (
        <To to="/team/agents/$id" params={{ id: definition_id }} name="Agent" />
      )}
      <To to="/runs" search={{ parent: run.run_id }} name="Runs that it began" />
      <To to="/runs" search={{ agent: run.agent_id }} name="Runs of this agent" />
    </p>
  );
}

function To({ name, ...to }: { name: string } & Pick<LinkProps, 'to' | 'params' | 'search'>) {
  return (
    <Link {...to} className="font-medium text-accent underline-offset-4 hover:underline">
      {name}
    </Link>
  );
}
