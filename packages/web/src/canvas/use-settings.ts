import { useCallback, useMemo, useState } from 'react';
import type { TextSearch } from '../routes/search.ts';
import { readSettings, writeSettings, type CanvasSettings } from './canvas-search.ts';
import type { GraphFilter } from './graph/filter-graph.ts';
import type { Graph } from './graph/graph.ts';

/** The settings of the canvas, and how to change some of them. */
export type Settings = CanvasSettings & { change: (changes: Partial<CanvasSettings>) => void };

/** The settings that the address says. */
export function useSettings(search: TextSearch, onSearch: (changes: TextSearch) => void): Settings {
  // Each reading makes new lists: the same address must be the same settings.
  const key = JSON.stringify(search);
  const settings = useMemo(() => readSettings(JSON.parse(key) as TextSearch), [key]);
  const change = useCallback(
    (changes: Partial<CanvasSettings>) => onSearch(writeSettings({ ...settings, ...changes })),
    [settings, onSearch],
  );
  // A selection must not filter the graph anew.
  const filter_key = JSON.stringify(settings.filter);
  const filter = useMemo(() => JSON.parse(filter_key) as GraphFilter, [filter_key]);
  return { ...settings, filter, change };
}

/** The selected nodes that are there. */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  select(ids: readonly string[]): void;
}

/** The address holds some ids; what is selected beyond that is kept here. */
export function useSelection({ selected, change }: Settings, graph: Graph): Selection {
  const [own, setOwn] = useState<readonly string[]>(selected);
  const [told, setTold] = useState(selected);
  if (told.join('\n') !== selected.join('\n')) {
    setTold(selected);
    // The address says the beginning of what was selected here; anything else came from elsewhere.
    if (own.slice(0, selected.length).join('\n') !== selected.join('\n') || selected.length === 0)
      setOwn(selected);
  }
  const ids = useMemo(() => {
    const known = new Set(graph.nodes.map(({ id }) => id));
    return new Set(own.filter((id) => known.has(id)));
  }, [own, graph]);
  const select = useCallback(
    (next: readonly string[]) => {
      setOwn(next);
      change({ selected: next });
    },
    [change],
  );
  return { ids, select };
}
