import { Activity, ArrowUp, Pause, Play } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { useTextSearch } from '../ui/use-text-search.ts';
import { NO_RUN_FILTERS, runFilters } from './read-run-query.ts';
import { RUN_COLUMNS } from './run-columns.tsx';
import { RunFilters } from './run-filters.tsx';
import { useIsVisible } from './use-is-visible.ts';
import { useLiveRuns } from './use-live-runs.ts';

/** All runs of all agents: narrowed by the address, growing by themselves while the reader is at the top. */
export function RunsPage() {
  const [search, change] = useTextSearch();
  const filters = runFilters(search);
  const [is_paused, setPaused] = useState(false);
  const top = useRef<HTMLDivElement>(null);
  const is_at_top = useIsVisible(top);
  const { rows, waiting, is_bounded, take } = useLiveRuns(filters, is_paused || !is_at_top);
  const show = () => {
    take();
    top.current?.scrollIntoView({ block: 'end' });
  };
  return (
    <Page
      title="Runs"
      about="What agents did, step by step: those of this server and all that report to it."
      actions={
        <Button onClick={() => setPaused(!is_paused)} aria-pressed={is_paused}>
          {is_paused ? (
            <Play className="size-3.5" aria-hidden />
          ) : (
            <Pause className="size-3.5" aria-hidden />
          )}
          {is_paused ? 'Follow' : 'Pause'}
        </Button>
      }
    >
      <div ref={top} className="h-px" />
      <RunFilters search={search} change={change} />
      <NewRuns count={waiting} is_bounded={is_bounded} onShow={show} />
      <DataTable
        label="Runs"
        rows={rows}
        columns={RUN_COLUMNS}
        rowKey={({ run_id }) => run_id}
        linkTo={({ run_id }) => `/runs/${run_id}`}
        empty={
          Object.keys(filters).length === 0 ? (
            <NoRuns />
          ) : (
            <NoMatch onClear={() => change(NO_RUN_FILTERS)} />
          )
        }
      />
    </Page>
  );
}

/** Says how many runs are new, in room of its own, so that nothing moves until it is asked to. */
function NewRuns({
  count,
  is_bounded,
  onShow,
}: {
  count: number;
  is_bounded: boolean;
  onShow: () => void;
}) {
  return (
    <div className="pointer-events-none sticky top-2 z-20 -mt-2 h-9 text-center" aria-live="polite">
      {count > 0 && (
        <button
          type="button"
          onClick={onShow}
          className="pointer-events-auto inline-flex items-center gap-1.5 rounded-full bg-accent px-3 py-1 text-xs font-medium text-on-accent shadow-panel hover:bg-accent-strong"
        >
          <ArrowUp className="size-3.5" aria-hidden />
          {count}
          {is_bounded && ' or more'} new
        </button>
      )}
    </div>
  );
}

function NoRuns() {
  return (
    <EmptyState
      Icon={Activity}
      title="No runs yet"
      command={'npx cairn say "what is 17% of 2340?"'}
    >
      Each answer of an agent is a run. Programs elsewhere report theirs to POST /v1/runs, or by
      OpenTelemetry to POST /v1/traces.
    </EmptyState>
  );
}

function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState Icon={Activity} title="No run matches these filters">
      <Button className="mt-3" onClick={onClear}>
        Clear the filters
      </Button>
    </EmptyState>
  );
}
