import { lazy, Suspense, useMemo, useState } from 'react';
import { createStore } from '../live/store.ts';
import { Canvas2D } from './canvas-2d.tsx';
import { createScene } from './draw/scene.ts';
import type { Graph } from './graph/graph.ts';
import type { useGraph } from './graph/use-graph.ts';
import { usePlaces } from './layouts/use-places.ts';
import { CountsLine } from './panels/counts-line.tsx';
import { Minimap, type Window } from './panels/minimap.tsx';
import { NodeList } from './panels/node-list.tsx';
import { Opening, Stage } from './panels/stage-states.tsx';
import { Toolbar } from './panels/toolbar.tsx';
import type { StageControls } from './stage.ts';
import type { Selection, Settings } from './use-settings.ts';

const Space = lazy(() => import('./space/space.tsx'));

/** Of the stage, before it is known: it decides only how broad a grid is. */
const ASPECT = 1.7;

/** The picture of the graph with its tools, or the list. */
export function StageArea({
  source,
  shown,
  settings,
  selection,
  selected_count,
  are_filters_open,
  onFilters,
  onOpen,
}: {
  source: ReturnType<typeof useGraph>;
  shown: Graph;
  settings: Settings;
  selection: Selection;
  selected_count: number;
  are_filters_open: boolean;
  onFilters: () => void;
  onOpen: () => void;
}) {
  const { mode, layout, filter, change } = settings;
  const { graph } = source;
  const { places, arrangement, is_arranging, move, arrangeAgain } = usePlaces(
    shown,
    layout,
    JSON.stringify([filter.q, filter.tags, filter.kinds]),
    ASPECT,
  );
  const scene = useMemo(() => createScene(shown, places), [shown, places]);
  const [controls, setControls] = useState<StageControls | null>(null);
  const [window] = useState(() => createStore<Window | null>(null));
  const stage = {
    scene,
    arrangement,
    selected: selection.ids,
    onControls: setControls,
    label: `Canvas of ${shown.nodes.length} nodes`,
    onSelect: selection.select,
    onOpen,
    onMoved: move,
    window,
  };
  return (
    <div className="relative min-w-0 flex-1 overflow-hidden">
      <Stage {...source} is_empty={graph.nodes.length === 0}>
        {mode === '2d' && <Canvas2D {...stage} />}
        {mode === '3d' && (
          <Suspense fallback={<Opening />}>
            <Space {...stage} />
          </Suspense>
        )}
        {mode === 'list' && (
          <NodeList graph={shown} selected={selection.ids} onSelect={selection.select} />
        )}
      </Stage>
      <Toolbar
        mode={mode}
        layout={layout}
        is_filtered={shown !== graph}
        are_filters_open={are_filters_open}
        onMode={(next) => change({ mode: next })}
        onLayout={(next) => change({ layout: next })}
        onFilters={onFilters}
        onFit={() => controls?.fit()}
        onCentre={() => controls?.centre()}
        onReset={arrangeAgain}
        onZoom={(factor) => controls?.zoomBy(factor)}
      />
      <CountsLine
        shown={shown}
        total={graph}
        has_more={source.has_more}
        selected={selected_count}
        is_arranging={is_arranging}
        window={window}
        has_zoom={mode === '2d'}
      />
      {mode === '2d' && shown.nodes.length > 0 && (
        <Minimap scene={scene} window={window} onGo={(point) => controls?.centre(point)} />
      )}
    </div>
  );
}
