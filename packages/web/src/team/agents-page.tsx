import type { RegistryAgent } from '@cairn/protocol';
import { SCHEMAS } from '@cairn/protocol';
import { Link } from '@tanstack/react-router';
import { Bot, Plus } from 'lucide-react';
import { useReadAgainOn } from '../live/use-events.ts';
import { useSession } from '../session/session.ts';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { formatShort, formatCost, totalTokens } from '../ui/format-figures.ts';
import { formatDuration } from '../ui/format-time.ts';
import { Page } from '../ui/page.tsx';
import { usePages } from '../ui/use-pages.ts';
import { DefinitionStatus } from './definition-status.tsx';
import { FailedCount, LastSeen } from './usage-cells.tsx';

const PAGE_ROWS = 100;
/** Figures of runs tell no events of their own. */
const REFRESH_MS = 20_000;

/** The agents of the tenant: whether they count, and what they did in a day. */
export function AgentsPage() {
  const { client } = useSession();
  useReadAgainOn(['agents'], ({ schema_name }) => schema_name === SCHEMAS.agent_status);
  const rows = usePages<RegistryAgent>({
    key: ['agents'],
    refresh_ms: REFRESH_MS,
    read: ({ signal, cursor }) =>
      client.registry.agents({ limit: PAGE_ROWS, ...(cursor ? { cursor } : {}) }, { signal }),
  });
  return (
    <Page
      title="Agents"
      about="Definitions are breadcrumbs, and take effect when they change. Figures are of the last 24 hours."
      actions={
        <Link
          to="/team/agents/new"
          className="inline-flex h-9 items-center gap-2 rounded-lg bg-accent px-3 text-sm font-medium text-on-accent hover:bg-accent-strong"
        >
          <Plus className="size-4" aria-hidden />
          New agent
        </Link>
      }
    >
      <DataTable
        label="Agents"
        rows={rows}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        linkTo={({ id }) => `/team/agents/${id}`}
        empty={
          <EmptyState Icon={Bot} title="No agent yet" command="npx cairn breadcrumb create --help">
            An agent is a breadcrumb of the schema agent.def.v1; the form makes one.
          </EmptyState>
        }
      />
    </Page>
  );
}

const COLUMNS: readonly Column<RegistryAgent>[] = [
  {
    key: 'name',
    name: 'Agent',
    cell: ({ name, description }) => (
      <span className="block min-w-0">
        <span className="block truncate">{name}</span>
        <span className="block truncate text-2xs font-normal text-ink-faint">
          {description ?? ' '}
        </span>
      </span>
    ),
  },
  {
    key: 'status',
    name: 'Status',
    cell: ({ status, reason }) => <DefinitionStatus status={status} reason={reason} />,
  },
  { key: 'model', name: 'Model', is_minor: true, cell: ({ model }) => model ?? 'the usual one' },
  { key: 'runs', name: 'Runs', is_number: true, cell: ({ metrics }) => metrics.runs },
  {
    key: 'failed',
    name: 'Failed',
    is_number: true,
    is_minor: true,
    cell: ({ metrics }) => <FailedCount count={metrics.failed} />,
  },
  {
    key: 'mean',
    name: 'On average',
    is_number: true,
    is_minor: true,
    cell: ({ metrics }) => (metrics.mean_ms === null ? '–' : formatDuration(metrics.mean_ms)),
  },
  {
    key: 'tokens',
    name: 'Tokens',
    is_number: true,
    is_minor: true,
    cell: ({ metrics }) => formatShort(totalTokens(metrics)),
  },
  {
    key: 'cost',
    name: 'Cost',
    is_number: true,
    is_minor: true,
    cell: ({ metrics }) => formatCost(metrics.cost_usd),
  },
  {
    key: 'seen',
    name: 'Last run',
    is_number: true,
    cell: ({ last_seen }) => <LastSeen at={last_seen} />,
  },
];
