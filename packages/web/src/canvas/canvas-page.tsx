import { useMemo, useRef, useState } from 'react';
import type { TextSearch } from '../routes/search.ts';
import { filterGraph } from './graph/filter-graph.ts';
import { useGraph } from './graph/use-graph.ts';
import { DetailsPanel } from './panels/details-panel.tsx';
import { FilterPanel } from './panels/filter-panel.tsx';
import { StageArea } from './stage-area.tsx';
import { useSelection, useSettings } from './use-settings.ts';

/** Wide windows begin with the filters open; narrow ones have no room for both. */
const WIDE = '(min-width: 80rem)';

/**
 * Everything there is and how it hangs together: a live graph in two or three dimensions, or as a list. What is shown,
 * how, and what is selected live in `search`, the texts of the address; `onSearch` changes some of them.
 */
export function CanvasPage({
  search,
  onSearch,
}: {
  search: TextSearch;
  onSearch: (changes: TextSearch) => void;
}) {
  const settings = useSettings(search, onSearch);
  const { filter, change } = settings;
  const source = useGraph();
  const { graph } = source;
  const shown = useMemo(() => filterGraph(graph, filter), [graph, filter]);
  const selection = useSelection(settings, graph);
  const nodes = useMemo(
    () => shown.nodes.filter(({ id }) => selection.ids.has(id)),
    [shown, selection.ids],
  );
  const panel = useRef<HTMLElement>(null);
  const [are_filters_open, setFiltersOpen] = useState(() => matchMedia(WIDE).matches);
  return (
    <main className="relative flex h-full min-h-0 bg-ground" data-testid="canvas-page">
      <h1 className="sr-only">Canvas</h1>
      {are_filters_open && (
        <aside className="z-20 w-64 shrink-0 border-r border-line max-lg:absolute max-lg:inset-y-0 max-lg:left-0 max-lg:shadow-panel">
          <FilterPanel
            graph={graph}
            shown={shown}
            filter={filter}
            onFilter={(next) => change({ filter: next })}
            onClose={() => setFiltersOpen(false)}
          />
        </aside>
      )}
      <StageArea
        source={source}
        shown={shown}
        settings={settings}
        selection={selection}
        selected_count={nodes.length}
        are_filters_open={are_filters_open}
        onFilters={() => setFiltersOpen(!are_filters_open)}
        onOpen={() => panel.current?.focus()}
      />
      {nodes.length > 0 && (
        <aside className="z-20 w-88 shrink-0 border-l border-line max-lg:absolute max-lg:inset-y-0 max-lg:right-0 max-lg:shadow-panel max-sm:inset-x-0 max-sm:top-auto max-sm:h-[46%] max-sm:w-full max-sm:border-t max-sm:border-l-0">
          <DetailsPanel
            nodes={nodes}
            graph={graph}
            panel={panel}
            onSelect={selection.select}
            onClose={() => {
              selection.select([]);
              document.querySelector<HTMLElement>('[data-stage]')?.focus();
            }}
          />
        </aside>
      )}
    </main>
  );
}
