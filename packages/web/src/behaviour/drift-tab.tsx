import { DRIFT_TYPES, SEVERITIES, type BehaviorDrift } from '@cairn/protocol';
import { ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import type { TextSearch } from '../routes/search.ts';
import { AgentFilters } from '../runs/agent-filters.tsx';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar, SearchFilter, SelectFilter } from '../ui/filters.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { usePages } from '../ui/use-pages.ts';
import {
  DRIFT_TYPES as TYPE_NAMES,
  nameMetric,
  SEVERITIES as SEVERITY_NAMES,
  showRelative,
  showValue,
} from './describe-drift.ts';
import { ResolvedBadge, SeverityBadge } from './drift-looks.tsx';
import { pageByOffset } from './page-by-offset.ts';

interface Searched {
  readonly search: TextSearch;
  readonly change: (changes: TextSearch, options?: { push?: boolean }) => void;
}

const NAMES = [
  'agent',
  'version',
  'environment',
  'type',
  'severity',
  'resolved',
  'metric',
] as const;
/** More do not fit beside each other. */
const COMPARED_MAX = 3;

/** All drift, narrowed by the address. Two or three can be chosen and compared. */
export function DriftTab({ search, change }: Searched) {
  const has_any = NAMES.some((name) => search[name] !== undefined);
  const clear = () => change(Object.fromEntries(NAMES.map((name) => [name, ''])));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const rows = useDrift(search);
  const compare = () =>
    change({ tab: 'compare', ids: [...chosen].slice(0, COMPARED_MAX).join(',') }, { push: true });
  return (
    <>
      <DriftFilters search={search} change={change} {...(has_any ? { onClear: clear } : {})} />
      <div className="mb-3 flex min-h-9 items-center gap-3 text-xs text-ink-faint">
        <Button onClick={compare} disabled={chosen.size < 2 || chosen.size > COMPARED_MAX}>
          Compare
        </Button>
        {chosen.size === 0 ? 'Choose two or three to compare them.' : `${chosen.size} chosen`}
      </div>
      <DataTable
        label="Drift"
        rows={rows}
        columns={COLUMNS}
        rowKey={({ drift_id }) => drift_id}
        linkTo={({ drift_id }) => `/behaviour/${drift_id}`}
        selection={{ chosen, onChange: setChosen }}
        empty={
          <EmptyState
            Icon={ShieldCheck}
            title={has_any ? 'No drift matches these filters' : 'No drift was found'}
          >
            {has_any ? (
              <Button className="mt-3" onClick={clear}>
                Clear the filters
              </Button>
            ) : (
              'Active baselines are compared with the last hours on schedule. “Detect now” does it at once.'
            )}
          </EmptyState>
        }
      />
    </>
  );
}

function DriftFilters({ search, change, onClear }: Searched & { onClear?: () => void }) {
  return (
    <FilterBar {...(onClear === undefined ? {} : { onClear })}>
      <SearchFilter
        label="Metric"
        value={search['metric'] ?? ''}
        onChange={(metric) => change({ metric })}
      />
      <AgentFilters search={search} change={change} />
      <SelectFilter
        label="Type"
        value={search['type'] ?? ''}
        options={DRIFT_TYPES.map((value) => ({ value, name: TYPE_NAMES[value] }))}
        onChange={(type) => change({ type })}
      />
      <SelectFilter
        label="Severity"
        value={search['severity'] ?? ''}
        options={SEVERITIES.map((value) => ({ value, name: SEVERITY_NAMES[value].word }))}
        onChange={(severity) => change({ severity })}
      />
      <SelectFilter
        label="State"
        value={search['resolved'] ?? ''}
        options={[
          { value: 'no', name: 'unresolved' },
          { value: 'yes', name: 'resolved' },
        ]}
        onChange={(resolved) => change({ resolved })}
      />
    </FilterBar>
  );
}

function useDrift(search: TextSearch) {
  const { client } = useSession();
  const { agent, version, environment, type, severity, resolved, metric } = search;
  const drift_type = DRIFT_TYPES.find((each) => each === type);
  const wanted = SEVERITIES.find((each) => each === severity);
  const query = {
    ...(agent === undefined ? {} : { agent_id: agent }),
    ...(version === undefined ? {} : { agent_version: version }),
    ...(environment === undefined ? {} : { environment }),
    ...(drift_type === undefined ? {} : { drift_type }),
    ...(wanted === undefined ? {} : { severity: wanted }),
    ...(resolved === 'yes' || resolved === 'no' ? { resolved: resolved === 'yes' } : {}),
  };
  const rows = usePages<BehaviorDrift>({
    key: ['drift', 'list', query],
    read: ({ cursor, signal }) =>
      pageByOffset(cursor, (slice) => client.drift.list({ ...query, ...slice }, { signal })),
  });
  // The API knows no filter for metrics; what was read is narrowed here.
  const words = metric?.toLowerCase() ?? '';
  const data = rows.data?.filter((each) =>
    `${each.metric} ${nameMetric(each.drift_type, each.metric)}`.toLowerCase().includes(words),
  );
  return { ...rows, data };
}

const COLUMNS: readonly Column<BehaviorDrift>[] = [
  {
    key: 'metric',
    name: 'Metric',
    cell: (row) => <span title={row.metric}>{nameMetric(row.drift_type, row.metric)}</span>,
  },
  {
    key: 'change',
    name: 'Change',
    cell: (row) => (
      <span className="tabular-nums">
        {showValue(row.drift_type, row.baseline_value)} →{' '}
        {showValue(row.drift_type, row.observed_value)}{' '}
        <span className="text-2xs text-ink-faint">{showRelative(row)}</span>
      </span>
    ),
  },
  {
    key: 'severity',
    name: 'Severity',
    cell: (row) => <SeverityBadge severity={row.severity} />,
  },
  {
    key: 'agent',
    name: 'Agent',
    is_minor: true,
    cell: (row) => (
      <span title={row.agent_id}>
        {row.agent_id}{' '}
        <span className="text-2xs text-ink-faint">
          {row.agent_version} {row.environment}
        </span>
      </span>
    ),
  },
  {
    key: 'state',
    name: 'State',
    is_minor: true,
    cell: (row) => <ResolvedBadge drift={row} />,
  },
  {
    key: 'detected',
    name: 'Detected',
    is_minor: true,
    cell: (row) => <TimeAgo at={Date.parse(row.detected_at)} className="text-ink-soft" />,
  },
];
