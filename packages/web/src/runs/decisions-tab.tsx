import {
  DECISION_REASONS,
  RUN_LIMITS,
  type DecisionsSummary,
  type ListedDecision,
} from '@cairn/protocol';
import type { TextSearch } from '../routes/search.ts';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { FilterBar, SearchFilter, SelectFilter } from '../ui/filters.tsx';
import { Card, Section } from '../ui/page.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { usePages } from '../ui/use-pages.ts';
import { useSession } from '../session/session.ts';
import { CountBars } from './count-bars.tsx';
import { formatCount, formatPart } from '../ui/format-figures.ts';
import { NoneOf } from './none-of.tsx';
import { readRunFilter } from './read-run-query.ts';
import { Answered } from './read-section.tsx';
import { figuresOf, useFigures } from './use-figures.ts';

interface Searched {
  readonly search: TextSearch;
  readonly change: (changes: TextSearch) => void;
}

const CONFIDENCES = [0.5, 0.8, 0.9, 0.95];
/** Choices of one type that are drawn. */
const CHOICES = 12;

/** What agents decided in the chosen time: counted, and each one for itself. */
export function DecisionsTab({ search, change }: Searched) {
  const summary = useFigures('decisions', search, (client, filter, signal) =>
    client.runs.decisionsSummary(filter, { signal }),
  );
  return (
    <>
      <Answered query={summary} what="Decisions">
        {(counted) => <Summary counted={counted} search={search} change={change} />}
      </Answered>
      <Section title="Decisions">
        <DecisionFilters search={search} change={change} />
        <DecisionTable search={search} />
      </Section>
    </>
  );
}

function Summary({ counted, search, change }: Searched & { counted: DecisionsSummary }) {
  if (counted.total === 0) {
    return <NoneOf title="No decisions in this time">Tracers report what an agent chose.</NoneOf>;
  }
  const chosen = search['selected'];
  return (
    <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
      {counted.by_type.map(({ decision_type, count, selected, reasons }) => (
        <Card key={decision_type} className="min-w-0">
          <h2 className="px-2 text-sm font-semibold">{decision_type}</h2>
          <p className="mb-2 px-2 text-2xs text-ink-faint">
            {formatCount(count)} {count === 1 ? 'decision' : 'decisions'}, mostly because of{' '}
            {reasons[0]?.reason_code ?? 'nothing said'}
          </p>
          <CountBars
            label={`Choices of ${decision_type}`}
            counts={selected.slice(0, CHOICES).map((each) => ({
              name: each.selected,
              count: each.count,
              detail: formatPart(count === 0 ? null : each.count / count),
            }))}
            {...(search['type'] === decision_type && chosen !== undefined ? { chosen } : {})}
            onChoose={(name) => change({ type: name === '' ? '' : decision_type, selected: name })}
          />
        </Card>
      ))}
    </div>
  );
}

function DecisionFilters({ search, change }: Searched) {
  const names = ['type', 'selected', 'code', 'min_confidence', 'who'] as const;
  const has_any = names.some((name) => search[name] !== undefined);
  const clear = () => change(Object.fromEntries(names.map((name) => [name, ''])));
  return (
    <FilterBar {...(has_any ? { onClear: clear } : {})}>
      <SelectFilter
        label="Type"
        value={search['type'] ?? ''}
        options={Object.keys(DECISION_REASONS)}
        onChange={(type) => change({ type })}
      />
      <SearchFilter
        label="Selected exactly"
        value={search['selected'] ?? ''}
        onChange={(selected) => change({ selected })}
      />
      <SearchFilter
        label="Reason"
        is_first={false}
        value={search['code'] ?? ''}
        onChange={(code) => change({ code })}
      />
      <SearchFilter
        label="Agent's name"
        is_first={false}
        value={search['who'] ?? ''}
        onChange={(who) => change({ who })}
      />
      <SelectFilter
        label="Confidence"
        value={search['min_confidence'] ?? ''}
        options={CONFIDENCES.map((each) => ({
          value: String(each),
          name: `at least ${formatPart(each)}`,
        }))}
        onChange={(min_confidence) => change({ min_confidence })}
      />
    </FilterBar>
  );
}

const COLUMNS: readonly Column<ListedDecision>[] = [
  { key: 'selected', name: 'Selected', cell: (row) => row.selected },
  { key: 'type', name: 'Type', cell: (row) => row.decision_type },
  { key: 'reason', name: 'Reason', cell: (row) => row.reason_code, is_minor: true },
  {
    key: 'confidence',
    name: 'Confidence',
    cell: (row) => formatPart(row.confidence),
    is_number: true,
  },
  { key: 'agent', name: 'Agent', cell: (row) => row.agent_id, is_minor: true },
  {
    key: 'recorded',
    name: 'Recorded',
    cell: (row) => <TimeAgo at={Date.parse(row.recorded_at)} />,
    is_minor: true,
  },
];

function DecisionTable({ search }: { search: TextSearch }) {
  const { client } = useSession();
  const { type, selected, code, who: agent, min_confidence } = search;
  const least = Number(min_confidence);
  const narrowed = {
    ...(type === undefined ? {} : { type }),
    ...(selected === undefined ? {} : { selected }),
    ...(code === undefined ? {} : { code }),
    ...(agent === undefined ? {} : { agent }),
    ...(least >= 0 && least <= 1 ? { min_confidence: least } : {}),
  };
  const chosen = figuresOf(search);
  const rows = usePages<ListedDecision>({
    key: ['decisions', chosen, narrowed],
    read: ({ cursor, signal }) =>
      client.runs.listDecisions(
        {
          ...readRunFilter(chosen, Date.now()),
          ...narrowed,
          ...(cursor === undefined
            ? { page_size: 50 }
            : { page_size: RUN_LIMITS.page_size, cursor }),
        },
        { signal },
      ),
  });
  return (
    <DataTable
      label="Decisions"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ decision_id, run_id }) => `${run_id} ${decision_id}`}
      linkTo={({ run_id }) => `/runs/${run_id}?tab=decisions`}
      empty={<NoneOf title="No decision matches" />}
    />
  );
}
