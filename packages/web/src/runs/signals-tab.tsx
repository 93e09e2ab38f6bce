import { RUN_LIMITS, SIGNAL_CODES, type ListedSignal, type SignalsSummary } from '@cairn/protocol';
import type { TextSearch } from '../routes/search.ts';
import { useSession } from '../session/session.ts';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { FilterBar, SearchFilter, SelectFilter } from '../ui/filters.tsx';
import { Section } from '../ui/page.tsx';
import { Stat } from '../ui/stat.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { usePages } from '../ui/use-pages.ts';
import { CountBars } from './count-bars.tsx';
import { formatCount, formatPart } from '../ui/format-figures.ts';
import { NoneOf } from './none-of.tsx';
import { readRunFilter } from './read-run-query.ts';
import { Answered } from './read-section.tsx';
import { SignalValue } from './run-findings.tsx';
import { figuresOf, useFigures } from './use-figures.ts';

interface Searched {
  readonly search: TextSearch;
  readonly change: (changes: TextSearch) => void;
}

/** What was observed of the quality of runs in the chosen time: counted, and each signal for itself. */
export function SignalsTab({ search, change }: Searched) {
  const summary = useFigures('signals', search, (client, filter, signal) =>
    client.runs.signalsSummary(filter, { signal }),
  );
  return (
    <>
      <Answered query={summary} what="Signals">
        {(counted) => <Summary counted={counted} search={search} change={change} />}
      </Answered>
      <Section title="Signals">
        <SignalFilters search={search} change={change} />
        <SignalTable search={search} />
      </Section>
    </>
  );
}

function Summary({ counted, search, change }: Searched & { counted: SignalsSummary }) {
  if (counted.total === 0) {
    return <NoneOf title="No quality signals in this time">Tracers report them.</NoneOf>;
  }
  const part = (count: number) => `${formatPart(count / counted.total)} of all`;
  const chosen = search['type'];
  return (
    <>
      <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
        <Stat name="Signals" value={formatCount(counted.total)} />
        <Stat name="True" value={formatCount(counted.true)} detail={part(counted.true)} />
        <Stat name="False" value={formatCount(counted.false)} detail={part(counted.false)} />
        <Stat name="Most common" value={counted.by_type[0]?.signal_type ?? '–'} />
      </div>
      <Section title="By type">
        <CountBars
          label="Types of signals"
          counts={counted.by_type.map(({ signal_type, true: yes, false: no }) => ({
            name: signal_type,
            count: yes + no,
            detail: `${formatCount(yes)} true, ${formatCount(no)} false`,
          }))}
          {...(chosen === undefined ? {} : { chosen })}
          onChoose={(type) => change({ type })}
        />
      </Section>
    </>
  );
}

function SignalFilters({ search, change }: Searched) {
  const names = ['type', 'code', 'value', 'who'] as const;
  const has_any = names.some((name) => search[name] !== undefined);
  const clear = () => change(Object.fromEntries(names.map((name) => [name, ''])));
  return (
    <FilterBar {...(has_any ? { onClear: clear } : {})}>
      <SelectFilter
        label="Type"
        value={search['type'] ?? ''}
        options={Object.keys(SIGNAL_CODES)}
        onChange={(type) => change({ type })}
      />
      <SelectFilter
        label="Value"
        value={search['value'] ?? ''}
        options={['true', 'false']}
        onChange={(value) => change({ value })}
      />
      <SearchFilter
        label="Code"
        value={search['code'] ?? ''}
        onChange={(code) => change({ code })}
      />
      <SearchFilter
        label="Agent's name"
        is_first={false}
        value={search['who'] ?? ''}
        onChange={(who) => change({ who })}
      />
    </FilterBar>
  );
}

const COLUMNS: readonly Column<ListedSignal>[] = [
  { key: 'code', name: 'Code', cell: (row) => row.signal_code },
  { key: 'type', name: 'Type', cell: (row) => row.signal_type },
  { key: 'value', name: 'Value', cell: (row) => <SignalValue value={row.value} /> },
  { key: 'weight', name: 'Weight', cell: (row) => row.weight ?? '–', is_number: true },
  { key: 'agent', name: 'Agent', cell: (row) => row.agent_id, is_minor: true },
  {
    key: 'recorded',
    name: 'Recorded',
    cell: (row) => <TimeAgo at={Date.parse(row.recorded_at)} />,
    is_minor: true,
  },
];

function SignalTable({ search }: { search: TextSearch }) {
  const { client } = useSession();
  const { type, code, who: agent, value } = search;
  const narrowed = {
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...(agent === undefined ? {} : { agent }),
    ...(value === 'true' || value === 'false' ? { value: value === 'true' } : {}),
  };
  const chosen = figuresOf(search);
  const rows = usePages<ListedSignal>({
    key: ['signals', chosen, narrowed],
    read: ({ cursor, signal }) =>
      client.runs.listSignals(
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
      label="Signals"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ signal_id, run_id }) => `${run_id} ${signal_id}`}
      linkTo={({ run_id }) => `/runs/${run_id}?tab=signals`}
      empty={<NoneOf title="No signal matches" />}
    />
  );
}
