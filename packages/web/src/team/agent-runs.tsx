import type { RunSummary } from '@cairn/protocol';
import { Activity } from 'lucide-react';
import { useSession } from '../session/session.ts';
import { RunStatusBadge } from '../runs/run-looks.tsx';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { formatCost } from '../ui/format-figures.ts';
import { formatDuration } from '../ui/format-time.ts';
import { TimeAgo } from '../ui/time-ago.tsx';
import { usePages } from '../ui/use-pages.ts';

const REFRESH_MS = 10_000;

/** The runs of an agent, newest first. */
export function AgentRuns({ name }: { name: string }) {
  const { client } = useSession();
  const rows = usePages<RunSummary>({
    key: ['agent_runs', name],
    refresh_ms: REFRESH_MS,
    read: ({ signal, cursor }) =>
      client.runs.list(
        { agent_id: name, fields: 'summary', ...(cursor ? { cursor } : {}) },
        { signal },
      ),
  });
  return (
    <DataTable
      label="Runs of the agent"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ run_id }) => run_id}
      linkTo={({ run_id }) => `/runs/${run_id}`}
      empty={<EmptyState Icon={Activity} title="It has not run yet" />}
    />
  );
}

const COLUMNS: readonly Column<RunSummary>[] = [
  {
    key: 'status',
    name: 'Status',
    cell: ({ status }) => <RunStatusBadge status={status} />,
  },
  {
    key: 'started',
    name: 'Began',
    cell: ({ started_at }) => <TimeAgo at={Date.parse(started_at)} />,
  },
  {
    key: 'duration',
    name: 'Took',
    is_number: true,
    cell: ({ duration_ms }) => (duration_ms === null ? '–' : formatDuration(duration_ms)),
  },
  { key: 'steps', name: 'Steps', is_number: true, cell: ({ steps_count }) => steps_count },
  {
    key: 'cost',
    name: 'Cost',
    is_number: true,
    is_minor: true,
    cell: ({ cost_usd }) => formatCost(cost_usd),
  },
  {
    key: 'failure',
    name: 'Failure',
    is_minor: true,
    cell: ({ failure, end_reason }) => failure ?? end_reason ?? '',
  },
];
