import { Link } from '@tanstack/react-router';
import { ShieldCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import type { TextSearch } from '../routes/search.ts';
import { formatCount } from '../ui/format-figures.ts';
import { NoneOf } from '../runs/none-of.tsx';
import { Answered } from '../runs/read-section.tsx';
import { useAgents } from '../runs/use-agents.ts';
import { Chip, StatusBadge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar, SearchFilter, SelectFilter } from '../ui/filters.tsx';
import { Stat } from '../ui/stat.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { nameMetric } from './describe-drift.ts';
import { SeverityBadge } from './drift-looks.tsx';
import {
  keyOf,
  narrowBehaviour,
  sumUpBehaviour,
  type Behaver,
  type BehaverRow,
} from './sum-up-behaviour.ts';
import { useActiveBaselines, useDriftSummary, useNewestDrift } from './use-behaviour.ts';

interface Searched {
  readonly search: TextSearch;
  readonly change: (changes: TextSearch) => void;
}

/** Each version of each agent with its baseline and its drift. */
export function BehaversTab({ search, change, onNew }: Searched & { onNew: () => void }) {
  const agents = useAgents();
  const baselines = useActiveBaselines();
  const drifts = useNewestDrift();
  const rows = baselines.data && drifts.data && sumUpBehaviour(agents, baselines.data, drifts.data);
  const { q, environment, drift } = search;
  const shown = rows && narrowBehaviour(rows, { q, environment, has_drift: drift === 'yes' });
  return (
    <>
      <Cards monitored={baselines.data?.length} />
      <BehaverFilters search={search} change={change} rows={rows ?? []} />
      <DataTable
        label="Behaviour of agents"
        rows={{
          data: shown,
          error: baselines.error ?? drifts.error,
          refetch: () => Promise.all([baselines.refetch(), drifts.refetch()]),
        }}
        columns={COLUMNS}
        rowKey={keyOf}
        linkTo={(row) => addressOf('timeline', row)}
        empty={
          rows?.length === 0 ? <NoAgents onNew={onNew} /> : <NoneOf title="No agent matches" />
        }
      />
    </>
  );
}

/** A tab of this page, narrowed to one version of an agent. */
function addressOf(tab: string, { agent_id, agent_version, environment }: Behaver): string {
  const search = { tab, agent: agent_id, version: agent_version, environment };
  return `/behaviour?${new URLSearchParams(search).toString()}`;
}

function Cards({ monitored }: { monitored: number | undefined }) {
  const summary = useDriftSummary();
  const { data } = summary;
  if (data === undefined && summary.error !== null) {
    return (
      <Answered query={summary} what="The summary">
        {() => null}
      </Answered>
    );
  }
  return (
    <div className="mb-6 grid grid-cols-2 gap-3 md:grid-cols-4">
      <Stat
        name="Monitored"
        value={monitored === undefined ? undefined : formatCount(monitored)}
        detail="versions with an active baseline"
      />
      <Stat
        name="Unresolved drift"
        value={data && formatCount(data.unresolved_drift_events)}
        detail="of the last 7 days"
      />
      <Stat
        name="Drift"
        value={data && formatCount(data.total_drift_events)}
        detail={data ? severities(data.drift_by_severity) : 'in the last 7 days'}
      />
      <Stat
        name="Agents with drift"
        value={data && formatCount(data.agents_with_drift)}
        detail="in the last 7 days"
      />
    </div>
  );
}

function severities(counts: Readonly<Record<string, number>>): string {
  const words = ['high', 'medium', 'low'].flatMap((each) =>
    counts[each] ? [`${counts[each]} ${each}`] : [],
  );
  return words.length === 0 ? 'in the last 7 days' : `${words.join(', ')}, in 7 days`;
}

function BehaverFilters({ search, change, rows }: Searched & { rows: readonly BehaverRow[] }) {
  const names = ['q', 'environment', 'drift'] as const;
  const has_any = names.some((name) => search[name] !== undefined);
  const clear = () => change(Object.fromEntries(names.map((name) => [name, ''])));
  const environments = [...new Set(rows.map(({ environment }) => environment))].toSorted();
  return (
    <FilterBar {...(has_any ? { onClear: clear } : {})}>
      <SearchFilter
        label="Agent or version"
        value={search['q'] ?? ''}
        onChange={(q) => change({ q })}
      />
      <SelectFilter
        label="Environment"
        value={search['environment'] ?? ''}
        options={environments}
        onChange={(environment) => change({ environment })}
      />
      <SelectFilter
        label="Drift"
        value={search['drift'] ?? ''}
        options={[{ value: 'yes', name: 'only with drift' }]}
        onChange={(drift) => change({ drift })}
      />
    </FilterBar>
  );
}

const COLUMNS: readonly Column<BehaverRow>[] = [
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
    key: 'runs',
    name: 'Runs',
    is_number: true,
    is_minor: true,
    cell: (row) => formatCount(row.runs),
  },
  {
    key: 'baseline',
    name: 'Baseline',
    cell: (row) =>
      row.baseline === null ? (
        <StatusBadge tone="calm">None</StatusBadge>
      ) : (
        <Above to={`/behaviour?tab=baselines&baseline=${row.baseline.baseline_id}`}>
          <StatusBadge tone="good">Active</StatusBadge>
        </Above>
      ),
  },
  {
    key: 'unresolved',
    name: 'Unresolved',
    is_number: true,
    cell: (row) =>
      row.drifts === 0 ? (
        '–'
      ) : (
        <Above to={addressOf('drift', row)}>
          {formatCount(row.unresolved)}
          <span className="text-ink-faint"> of {formatCount(row.drifts)}</span>
        </Above>
      ),
  },
  {
    key: 'latest',
    name: 'Latest drift',
    is_minor: true,
    cell: ({ latest }) =>
      latest === null ? (
        '–'
      ) : (
        <Above to={`/behaviour/${latest.drift_id}`}>
          <SeverityBadge severity={latest.severity} />
          <span className="ml-2 align-middle">
            {nameMetric(latest.drift_type, latest.metric)}
          </span>{' '}
          <TimeAgo at={Date.parse(latest.detected_at)} className="text-ink-faint" />
        </Above>
      ),
  },
];

/** A link of a cell that lies above the link of its whole row. */
function Above({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} className="relative z-10 underline decoration-line underline-offset-4">
      {children}
    </Link>
  );
}

function NoAgents({ onNew }: { onNew: () => void }) {
  return (
    <EmptyState
      Icon={ShieldCheck}
      title="Nobody has run yet"
      command={'npx cairn say "what is 17% of 2340?"'}
    >
      Once an agent has run often enough (100 times, if not told otherwise), its behaviour makes a
      baseline.
      <div className="mt-3">
        <Button onClick={onNew}>New baseline</Button>
      </div>
    </EmptyState>
  );
}
