import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { ArrowUp } from 'lucide-react';
import { trailQuery } from '../live/queries.ts';
import { useSession } from '../session/session.ts';
import { CommandLine } from '../ui/command-line.tsx';
import { DrawnRows } from '../ui/drawn-rows.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { moveBetweenRows } from '../ui/move-between-rows.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import { useStore } from '../ui/use-store.ts';
import { useWindow } from '../ui/use-window.ts';
import { BreadcrumbPanel } from './breadcrumb-panel.tsx';
import { TrailLine } from './trail-line.tsx';
import { filterRows, schemasOf, splitHeld, type TrailRow } from './trail-row.ts';
import { TrailToolbar } from './trail-toolbar.tsx';

/** Nearer to the top than this counts as being there, in pixels. */
const NEAR_TOP = 8;
/** What a row is taken to be high until some are measured. */
const ROW_PX = 70;
const NO_ROWS: readonly TrailRow[] = [];

/** Every breadcrumb event as it arrives, newest on top, and below it the panel of the one that is chosen. */
export function TrailPane() {
  const { client, live } = useSession();
  const { schema, q, breadcrumb } = useSearch({ from: '/chat/{-$conversation_id}' });
  const { has_been_live } = useStore(live.connection);
  const trail = useQuery({ ...trailQuery(client, live), enabled: has_been_live });
  const rows = trail.data ?? NO_ROWS;
  const schemas = useMemo(() => schemasOf(rows), [rows]);
  const words = useDeferredValue(q);
  const matching = useMemo(() => filterRows(rows, { schema, q: words }), [rows, schema, words]);
  const box = useRef<HTMLDivElement>(null);
  const hold = useHold(rows[0]?.key ?? null);
  const { shown, held } = useMemo(() => {
    const { held: waiting } = splitHeld(rows, hold.top_key);
    const waiting_keys = new Set(waiting.map((row) => row.key));
    return {
      shown: matching.filter((row) => !waiting_keys.has(row.key)),
      held: matching.filter((row) => waiting_keys.has(row.key)),
    };
  }, [rows, matching, hold.top_key]);
  const [list, setList] = useState<HTMLElement | null>(null);
  const keys = useMemo(() => shown.map(({ key }) => key), [shown]);
  const seen = useWindow(list, keys, ROW_PX);
  return (
    <div className="flex h-full flex-col">
      <TrailToolbar schemas={schemas} is_paused={hold.is_paused} onPause={hold.togglePause} />
      <div className="relative min-h-0 flex-1">
        {held.length > 0 && (
          <button
            type="button"
            data-testid="trail-new"
            onClick={() => {
              box.current?.scrollTo({ top: 0 });
              hold.release();
            }}
            className="absolute top-2 left-1/2 z-10 inline-flex h-8 -translate-x-1/2 items-center gap-1.5 rounded-full bg-accent px-3.5 text-xs font-medium text-on-accent tabular-nums shadow-panel hover:bg-accent-strong"
          >
            <ArrowUp className="size-3.5" aria-hidden />
            {held.length} new
          </button>
        )}
        <div
          ref={box}
          data-scroller
          className="h-full overflow-y-auto overscroll-contain"
          onScroll={({ currentTarget }) => hold.noteScroll(currentTarget.scrollTop < NEAR_TOP)}
        >
          {trail.isPending && <TrailSkeleton />}
          {trail.isError && (
            <div className="p-3">
              <ErrorNotice
                title="The trail could not be read"
                error={trail.error}
                onRetry={() => void trail.refetch()}
              />
            </div>
          )}
          {trail.isSuccess && rows.length === 0 && <TrailEmpty />}
          {rows.length > 0 && shown.length === 0 && <NothingMatches />}
          <ol
            ref={setList}
            onKeyDown={(event) => moveBetweenRows(event, keys, seen.draw)}
            aria-label="Breadcrumbs, newest first"
          >
            <DrawnRows of={seen} rows={shown} As="li">
              {(row) => <TrailLine key={row.key} row={row} is_selected={row.id === breadcrumb} />}
            </DrawnRows>
          </ol>
        </div>
      </div>
      {breadcrumb !== undefined && <BreadcrumbPanel key={breadcrumb} id={breadcrumb} />}
    </div>
  );
}

/** Holds the list still while it is paused or the reader is not at its top. */
function useHold(newest: string | null) {
  const [is_paused, setPaused] = useState(false);
  const [top_key, setTopKey] = useState<string | null>(null);
  return {
    is_paused,
    top_key,
    noteScroll(is_at_top: boolean) {
      if (is_at_top && !is_paused) setTopKey(null);
      else if (!is_at_top) setTopKey((known) => known ?? newest);
    },
    togglePause() {
      setPaused(!is_paused);
      setTopKey(is_paused ? null : newest);
    },
    /** Shows what has come; a paused list pauses again after it. */
    release() {
      setTopKey(is_paused ? newest : null);
    },
  };
}

function NothingMatches() {
  return (
    <p className="px-6 py-10 text-center text-sm text-ink-faint">
      No breadcrumb here matches the filter.
    </p>
  );
}

function TrailEmpty() {
  return (
    <div className="flex flex-col items-center gap-3 px-6 py-12 text-center">
      <p className="text-sm text-ink-soft">No breadcrumbs yet. This makes the first one:</p>
      <CommandLine command={'npx cairn say "what is 17% of 2340?"'} />
    </div>
  );
}

function TrailSkeleton() {
  return (
    <div className="space-y-3 p-3" aria-busy="true">
      {[0, 1, 2, 3, 4, 5].map((each) => (
        <div key={each} className="flex gap-3">
          <Skeleton className="size-7 rounded-lg" />
          <div className="flex-1 space-y-2 pt-1">
            <Skeleton className="h-3.5 w-3/5" />
            <Skeleton className="h-3 w-4/5" />
          </div>
        </div>
      ))}
    </div>
  );
}
