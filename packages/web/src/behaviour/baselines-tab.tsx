import { BASELINE_TYPES, type BehaviorBaseline } from '@cairn/protocol';
import { ShieldCheck } from 'lucide-react';
import type { TextSearch } from '../routes/search.ts';
import { AgentFilters } from '../runs/agent-filters.tsx';
import { useSession } from '../session/session.ts';
import { Chip, StatusBadge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar, SelectFilter } from '../ui/filters.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { usePages } from '../ui/use-pages.ts';
import { BaselineDialog } from './baseline-dialog.tsx';
import { BASELINE_NAMES } from './baseline-form.tsx';
import { pageByOffset } from './page-by-offset.ts';

interface Searched {
  readonly search: TextSearch;
  readonly change: (changes: TextSearch) => void;
}

const NAMES = ['agent', 'version', 'environment', 'type', 'state'] as const;

/** All baselines, narrowed by the address; one of them opens over the list. */
export function BaselinesTab({ search, change, onNew }: Searched & { onNew: () => void }) {
  const has_any = NAMES.some((name) => search[name] !== undefined);
  const clear = () => change(Object.fromEntries(NAMES.map((name) => [name, ''])));
  const rows = useBaselines(search);
  return (
    <>
      <FilterBar {...(has_any ? { onClear: clear } : {})}>
        <AgentFilters search={search} change={change} />
        <SelectFilter
          label="Type"
          value={search['type'] ?? ''}
          options={BASELINE_TYPES.map((value) => ({ value, name: BASELINE_NAMES[value] }))}
          onChange={(type) => change({ type })}
        />
        <SelectFilter
          label="State"
          value={search['state'] ?? ''}
          options={['active', 'inactive']}
          onChange={(state) => change({ state })}
        />
      </FilterBar>
      <DataTable
        label="Baselines"
        rows={rows}
        columns={COLUMNS}
        rowKey={({ baseline_id }) => baseline_id}
        linkTo={({ baseline_id }) =>
          `/behaviour?${new URLSearchParams({ ...search, baseline: baseline_id }).toString()}`
        }
        empty={
          <EmptyState
            Icon={ShieldCheck}
            title={has_any ? 'No baseline matches these filters' : 'No baselines yet'}
          >
            {has_any ? (
              <Button className="mt-3" onClick={clear}>
                Clear the filters
              </Button>
            ) : (
              <>
                A baseline is how an agent behaved while all was well.
                <div className="mt-3">
                  <Button look="primary" onClick={onNew}>
                    Make the first baseline
                  </Button>
                </div>
              </>
            )}
          </EmptyState>
        }
      />
      {search['baseline'] !== undefined && (
        <BaselineDialog id={search['baseline']} onClose={() => change({ baseline: '' })} />
      )}
    </>
  );
}

function useBaselines(search: TextSearch) {
  const { client } = useSession();
  const { agent, version, environment, type, state } = search;
  const baseline_type = BASELINE_TYPES.find((each) => each === type);
  const query = {
    ...(agent === undefined ? {} : { agent_id: agent }),
    ...(version === undefined ? {} : { agent_version: version }),
    ...(environment === undefined ? {} : { environment }),
    ...(baseline_type === undefined ? {} : { baseline_type }),
    ...(state === 'active' || state === 'inactive' ? { is_active: state === 'active' } : {}),
  };
  return usePages<BehaviorBaseline>({
    key: ['drift', 'baselines', query],
    read: ({ cursor, signal }) =>
      pageByOffset(cursor, (slice) => client.drift.baselines({ ...query, ...slice }, { signal })),
  });
}

const COLUMNS: readonly Column<BehaviorBaseline>[] = [
  {
    key: 'agent',
    name: 'Agent',
    cell: (row) => (
      <span title={row.agent_id}>
        {row.agent_id} <span className="text-2xs text-ink-faint">{row.agent_version}</span>
      </span>
    ),
  },
  {
    key: 'environment',
    name: 'Environment',
    is_minor: true,
    cell: (row) => <Chip>{row.environment}</Chip>,
  },
  {
    key: 'state',
    name: 'State',
    cell: (row) => (
      <StatusBadge tone={row.is_active ? 'good' : 'calm'}>
        {row.is_active ? 'Active' : 'Inactive'}
      </StatusBadge>
    ),
  },
  { key: 'type', name: 'Type', is_minor: true, cell: (row) => BASELINE_NAMES[row.baseline_type] },
  {
    key: 'approved',
    name: 'Approved by',
    is_minor: true,
    cell: (row) => row.approved_by ?? <span className="text-ink-faint">nobody yet</span>,
  },
  {
    key: 'description',
    name: 'Description',
    is_minor: true,
    cell: (row) => <span title={row.description ?? undefined}>{row.description ?? '–'}</span>,
  },
  {
    key: 'created',
    name: 'Made',
    cell: (row) => <TimeAgo at={Date.parse(row.created_at)} className="text-ink-soft" />,
  },
];
