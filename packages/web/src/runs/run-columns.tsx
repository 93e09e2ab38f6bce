import type { RunSummary } from '@cairn/protocol';
import { Chip } from '../ui/badge.tsx';
import type { Column } from '../ui/data-table.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import {
  formatCost,
  formatCount,
  formatShort,
  formatSpan,
  totalTokens,
} from '../ui/format-figures.ts';
import { RunStatusBadge } from './run-looks.tsx';

/** What a list of runs shows of each. */
export const RUN_COLUMNS: readonly Column<RunSummary>[] = [
  {
    key: 'status',
    name: 'Status',
    cell: (run) => (
      <span title={run.failure ?? run.end_reason ?? undefined} className="inline-flex align-middle">
        <RunStatusBadge status={run.status} />
      </span>
    ),
  },
  {
    key: 'agent',
    name: 'Agent',
    cell: (run) => (
      <span className="flex min-w-0 items-baseline gap-2" title={run.agent_id}>
        <span className="truncate max-md:max-w-32">{run.agent_id}</span>
        <span className="max-w-24 shrink-0 truncate text-2xs text-ink-faint max-md:max-w-14">
          {run.agent_version}
        </span>
      </span>
    ),
  },
  {
    key: 'environment',
    name: 'Environment',
    is_minor: true,
    cell: (run) => <Chip>{run.environment}</Chip>,
  },
  {
    key: 'started',
    name: 'Started',
    cell: (run) => <TimeAgo at={Date.parse(run.started_at)} className="text-ink-soft" />,
  },
  {
    key: 'duration',
    name: 'Duration',
    is_number: true,
    cell: (run) => formatSpan(run.duration_ms),
  },
  {
    key: 'steps',
    name: 'Steps',
    is_number: true,
    is_minor: true,
    cell: (run) => formatCount(run.steps_count),
  },
  {
    key: 'tokens',
    name: 'Tokens',
    is_number: true,
    is_minor: true,
    cell: (run) => formatShort(totalTokens(run)),
  },
  {
    key: 'cost',
    name: 'Cost',
    is_number: true,
    is_minor: true,
    cell: (run) => formatCost(run.cost_usd),
  },
];
