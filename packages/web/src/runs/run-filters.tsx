import { RUN_SOURCES } from '@cairn/protocol';
import { SlidersHorizontal } from 'lucide-react';
import { useState } from 'react';
import type { TextSearch } from '../routes/search.ts';
import { FilterBar, SearchFilter, SelectFilter } from '../ui/filters.tsx';
import { AgentFilters } from './agent-filters.tsx';
import { MomentFields, RangeFilter } from './range-filter.tsx';
import { NO_RUN_FILTERS, runFilters } from './read-run-query.ts';
import { SOURCES, STATUS_OPTIONS } from './run-looks.tsx';

const RARE = ['source', 'conversation', 'parent', 'breadcrumb'] as const;

/** All filters of the list of runs. Those that are seldom needed are folded away until one of them is set. */
export function RunFilters({
  search,
  change,
}: {
  search: TextSearch;
  change: (changes: TextSearch) => void;
}) {
  const has_rare = RARE.some((name) => search[name] !== undefined);
  const [is_open, setOpen] = useState(false);
  const shows_rare = is_open || has_rare;
  const has_any = Object.keys(runFilters(search)).length > 0;
  return (
    <FilterBar {...(has_any ? { onClear: () => change(NO_RUN_FILTERS) } : {})}>
      <SearchFilter
        label="Run, agent or failure"
        value={search['q'] ?? ''}
        onChange={(q) => change({ q })}
      />
      <SelectFilter
        label="Status"
        value={search['status'] ?? ''}
        options={STATUS_OPTIONS}
        onChange={(status) => change({ status })}
      />
      <AgentFilters search={search} change={change} />
      <RangeFilter search={search} change={change} />
      <MomentFields search={search} change={change} />
      {shows_rare ? (
        <RareFilters search={search} change={change} />
      ) : (
        <button
          type="button"
          onClick={() => setOpen(true)}
          className="inline-flex h-9 items-center gap-1.5 rounded-lg px-2 text-xs text-ink-soft hover:bg-sunken hover:text-ink"
        >
          <SlidersHorizontal className="size-3.5" aria-hidden />
          More filters
        </button>
      )}
    </FilterBar>
  );
}

function RareFilters({
  search,
  change,
}: {
  search: TextSearch;
  change: (changes: TextSearch) => void;
}) {
  return (
    <>
      <SelectFilter
        label="Source"
        value={search['source'] ?? ''}
        options={RUN_SOURCES.map((value) => ({ value, name: SOURCES[value] }))}
        onChange={(source) => change({ source })}
      />
      <SearchFilter
        label="Conversation"
        is_first={false}
        value={search['conversation'] ?? ''}
        onChange={(conversation) => change({ conversation })}
      />
      <SearchFilter
        label="Parent run"
        is_first={false}
        value={search['parent'] ?? ''}
        onChange={(parent) => change({ parent: parent.trim() })}
      />
      <SearchFilter
        label="Causing breadcrumb"
        is_first={false}
        value={search['breadcrumb'] ?? ''}
        onChange={(breadcrumb) => change({ breadcrumb: breadcrumb.trim() })}
      />
    </>
  );
}
