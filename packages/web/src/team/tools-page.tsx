import { MCP_SCHEMAS, SCHEMAS, TOOL_SCHEMAS, type RegistryTool } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { Wrench } from 'lucide-react';
import { useReadAgainOn } from '../live/use-events.ts';
import { useSession } from '../session/session.ts';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar, SearchFilter, SelectFilter } from '../ui/filters.tsx';
import { formatDuration } from '../ui/format-time.ts';
import { Page } from '../ui/page.tsx';
import { TabView } from '../ui/tabs.tsx';
import { useTextSearch } from '../ui/use-text-search.ts';
import { DefinitionStatus } from './definition-status.tsx';
import { isSwitchedOff } from './switched-off.ts';
import { FailedCount, LastSeen } from './usage-cells.tsx';
import { McpServers } from './mcp-servers.tsx';

/** A change of one of these can change what tools there are. */
const CONCERNS: readonly (string | null)[] = [
  SCHEMAS.tool_definition,
  SCHEMAS.tool_code,
  TOOL_SCHEMAS.tool_status,
  MCP_SCHEMAS.tools,
  MCP_SCHEMAS.status,
];

/** The tools of the tenant, and the MCP servers that bring some of them. */
export function ToolsPage() {
  const [search, change] = useTextSearch();
  return (
    <Page
      title="Tools"
      about="What agents can use: built in, with code of their own, or of MCP servers. Figures are of the last 24 hours."
    >
      <TabView
        label="Tools and servers"
        value={search['tab'] ?? ''}
        onChange={(tab) => change({ tab })}
        tabs={[
          { value: 'tools', name: 'Tools', content: <ToolList /> },
          { value: 'mcp', name: 'MCP servers', content: <McpServers /> },
        ]}
      />
    </Page>
  );
}

const KINDS = [
  { value: 'builtin', name: 'built in' },
  { value: 'code', name: 'with code' },
  { value: 'foreign', name: 'of MCP servers' },
];

function ToolList() {
  const { client } = useSession();
  const [search, change] = useTextSearch();
  const { q = '', kind = '' } = search;
  useReadAgainOn(['tools'], ({ schema_name }) => CONCERNS.includes(schema_name));
  const tools = useQuery({
    queryKey: ['tools'],
    queryFn: ({ signal }) => client.registry.tools({ signal }),
  });
  const words = q.toLowerCase();
  const shown = tools.data?.filter(
    (tool) =>
      (kind === '' || tool.kind === kind) &&
      `${tool.name} ${tool.description ?? ''} ${tool.category ?? ''}`.toLowerCase().includes(words),
  );
  return (
    <>
      <FilterBar>
        <SearchFilter label="Find a tool" value={q} onChange={(text) => change({ q: text })} />
        <SelectFilter
          label="Kind"
          value={kind}
          options={KINDS}
          onChange={(value) => change({ kind: value })}
        />
      </FilterBar>
      <DataTable
        label="Tools"
        rows={{ data: shown, error: tools.error, refetch: tools.refetch }}
        columns={COLUMNS}
        rowKey={keyOf}
        linkTo={(tool) => `/team/tools/${encodeURIComponent(keyOf(tool))}`}
        empty={<EmptyState Icon={Wrench} title="No tool matches" />}
      />
    </>
  );
}

/** The id of the definition; tools that no breadcrumb defines go by their name. */
function keyOf({ definition_id, name }: RegistryTool): string {
  return definition_id ?? name;
}

const COLUMNS: readonly Column<RegistryTool>[] = [
  {
    key: 'name',
    name: 'Tool',
    cell: ({ name, description, status, reason }) => (
      <span className="block min-w-0">
        <span className="block truncate font-mono text-xs">{name}</span>
        {status !== 'active' && reason !== null ? (
          <span className="block text-2xs font-normal whitespace-normal text-ink-soft">
            {reason}
          </span>
        ) : (
          <span className="block truncate text-2xs font-normal text-ink-faint">
            {description ?? ' '}
          </span>
        )}
      </span>
    ),
  },
  {
    key: 'kind',
    name: 'Kind',
    is_minor: true,
    cell: ({ kind }) => KINDS.find(({ value }) => value === kind)?.name ?? kind,
  },
  {
    key: 'status',
    name: 'Status',
    cell: (tool) => (
      <DefinitionStatus status={tool.status} reason={tool.reason} is_off={isSwitchedOff(tool)} />
    ),
  },
  { key: 'calls', name: 'Calls', is_number: true, cell: ({ metrics }) => metrics.calls },
  {
    key: 'failures',
    name: 'Failed',
    is_number: true,
    is_minor: true,
    cell: ({ metrics }) => <FailedCount count={metrics.failures} />,
  },
  {
    key: 'mean',
    name: 'On average',
    is_number: true,
    is_minor: true,
    cell: ({ metrics }) => (metrics.mean_ms === null ? '–' : formatDuration(metrics.mean_ms)),
  },
  {
    key: 'seen',
    name: 'Last call',
    is_number: true,
    is_minor: true,
    cell: ({ last_seen }) => <LastSeen at={last_seen} />,
  },
];
