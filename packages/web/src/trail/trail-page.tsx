import { Link } from '@tanstack/react-router';
import { ArrowUp, Footprints, Plus, SlidersHorizontal } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Chip } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar, SearchFilter } from '../ui/filters.tsx';
import { Page } from '../ui/page.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import type { TextSearch } from '../routes/search.ts';
import { useTextSearch } from '../ui/use-text-search.ts';
import { BulkBar } from './bulk-bar.tsx';
import {
  isEverything,
  readChosen,
  readSelection,
  writeChosen,
  writeSelection,
  type TrailSelection,
} from './read-filter.ts';
import { SchemaIcon } from './schema-icon.tsx';
import { SelectorBuilder } from './selector-builder.tsx';
import { summaryBeside } from './trail-row.ts';
import { useTrailRows, type FoundBreadcrumb } from './use-trail-rows.ts';

const TAGS_SHOWN = 3;

/** All breadcrumbs: found by words or meaning, narrowed by a selector, changed one by one or many at once. */
export function TrailPage() {
  const [search, change] = useTextSearch();
  const selection = useSelection(search);
  const { rows, read, news, showNews, readAgain } = useTrailRows(selection);
  const [shows_builder, setShowsBuilder] = useState(
    selection.rules.length + selection.any_tags.length + selection.all_tags.length > 0,
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => readChosen(search));
  // The address follows: a box must be ticked at once, and an address changes a moment later.
  const choose = (next: ReadonlySet<string>) => {
    setChosen(next);
    change({ selected: writeChosen(next) });
  };
  // What is chosen and not shown any more must not be acted upon.
  const there = useMemo(
    () => new Set(rows.data?.filter(({ id }) => chosen.has(id)).map(({ id }) => id)),
    [rows.data, chosen],
  );
  const select = (next: TrailSelection) => change(writeSelection(next));
  const clear = () => {
    select({ q: '', schema_name: '', any_tags: [], all_tags: [], rules: [] });
    setShowsBuilder(false);
  };
  return (
    <Page
      title="Trail"
      about="Everything that agents, tools and people leave behind, last changed first."
      actions={
        <Link
          to="/trail/new"
          className="inline-flex h-9 items-center gap-2 rounded-lg bg-accent px-3 text-sm font-medium text-on-accent hover:bg-accent-strong"
        >
          <Plus className="size-4" aria-hidden />
          New breadcrumb
        </Link>
      }
    >
      <FilterBar {...(isEverything(selection) ? {} : { onClear: clear })}>
        <SearchFilter
          label="Find by words or meaning"
          value={selection.q}
          onChange={(q) => change({ q })}
          className="sm:w-80 [&_input]:sm:w-80"
        />
        <Button
          aria-expanded={shows_builder}
          onClick={() => setShowsBuilder(!shows_builder)}
          className={classNames(shows_builder && 'border-accent')}
        >
          <SlidersHorizontal className="size-4" aria-hidden />
          Selector
        </Button>
        {selection.schema_name !== '' && !shows_builder && <Chip>{selection.schema_name}</Chip>}
      </FilterBar>
      {shows_builder && (
        <SelectorBuilder
          key={isEverything(selection) ? 'empty' : 'set'}
          selection={selection}
          onChange={select}
        />
      )}
      <div>
        <div className="-mt-2 h-9">{news > 0 && <NewsPill count={news} onShow={showNews} />}</div>
        <DataTable
          label="Breadcrumbs"
          rows={rows}
          columns={COLUMNS}
          rowKey={({ id }) => id}
          linkTo={({ id }) => `/trail/${id}`}
          selection={{ chosen: there, onChange: choose }}
          empty={<Nothing is_everything={isEverything(selection)} read={read} onClear={clear} />}
        />
      </div>
      {selection.rules.length > 0 && (
        <p className="mt-2 text-2xs text-ink-faint tabular-nums">
          Rules are looked at here: {rows.data?.length ?? 0} of the {read} that were read match.
        </p>
      )}
      {there.size > 0 && (
        <BulkBar
          ids={[...there]}
          onDone={() => {
            choose(new Set());
            void readAgain();
          }}
        />
      )}
    </Page>
  );
}

/** The same object while the address means the same: what is chosen among the rows is no part of it. */
function useSelection(search: TextSearch): TrailSelection {
  const text = JSON.stringify(writeSelection(readSelection(search)));
  return useMemo(() => readSelection(JSON.parse(text) as TextSearch), [text]);
}

const COLUMNS: readonly Column<FoundBreadcrumb>[] = [
  {
    key: 'title',
    name: 'Title',
    cell: (row) => (
      <span className="flex min-w-0 items-center gap-3">
        <SchemaIcon schema_name={row.schema_name} />
        <span className="min-w-0">
          <span className="block truncate">{row.title}</span>
          <span className="block truncate text-2xs font-normal text-ink-faint">
            {summaryBeside(row.title, row.context) ?? row.description ?? ' '}
          </span>
        </span>
      </span>
    ),
  },
  {
    key: 'schema',
    name: 'Schema',
    is_minor: true,
    cell: ({ schema_name }) => (
      <span className="font-mono text-xs text-ink-soft">{schema_name ?? '–'}</span>
    ),
  },
  {
    key: 'tags',
    name: 'Tags',
    is_minor: true,
    cell: ({ tags }) => (
      <span className="flex gap-1" title={tags.join('\n')}>
        {tags.slice(0, TAGS_SHOWN).map((tag) => (
          <Chip key={tag}>{tag}</Chip>
        ))}
        {tags.length > TAGS_SHOWN && (
          <span className="text-2xs text-ink-faint">+{tags.length - TAGS_SHOWN}</span>
        )}
      </span>
    ),
  },
  { key: 'version', name: 'Version', is_number: true, is_minor: true, cell: (row) => row.version },
  {
    key: 'updated',
    name: 'Updated',
    is_number: true,
    cell: ({ updated_at }) => (
      <TimeAgo at={Date.parse(updated_at)} className="text-xs text-ink-soft" />
    ),
  },
];

function NewsPill({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <button
      type="button"
      data-testid="news"
      onClick={onShow}
      className="mx-auto flex h-7 items-center gap-1.5 rounded-full border border-accent bg-raised px-3 text-xs font-medium text-accent"
    >
      <ArrowUp className="size-3.5" aria-hidden />
      {count} new
    </button>
  );
}

function Nothing({
  is_everything,
  read,
  onClear,
}: {
  is_everything: boolean;
  read: number;
  onClear: () => void;
}) {
  if (is_everything) {
    return (
      <EmptyState
        Icon={Footprints}
        title="No breadcrumb yet"
        command={'npx cairn say "what is 17% of 2340?"'}
      >
        Ask an agent something, and every step of it will stand here.
      </EmptyState>
    );
  }
  return (
    <EmptyState Icon={Footprints} title="No breadcrumb matches">
      {read > 0 && <p>None of the {read} that were read.</p>}
      <Button className="mt-3" onClick={onClear}>
        Show everything
      </Button>
    </EmptyState>
  );
}
