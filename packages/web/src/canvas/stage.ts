import { useEffect, useRef, useState } from 'react';
import type { Store } from '../live/store.ts';
import { isArrowKey, neighbourTowards, type Scene } from './draw/scene.ts';
import type { Point } from './layouts/place-new-nodes.ts';
import type { Places } from './layouts/use-places.ts';
import type { Window } from './panels/minimap.tsx';

/** What the page asks of the view. */
export interface StageControls {
  fit(): void;
  zoomBy(factor: number): void;
  /** Brings a point into the middle, or what is selected, or everything. */
  centre(point?: Point): void;
  focus(): void;
}

/** What happens on a stage, by ids of nodes. */
export interface StageEvents {
  onSelect: (ids: readonly string[]) => void;
  /** Somebody wants to see more of what is selected. */
  onOpen: () => void;
  onMoved: (places: Places) => void;
}

/** What a stage is given: the canvas and the space show the same. */
export interface StageProps extends StageEvents {
  readonly scene: Scene;
  /** Changes when nodes were arranged anew. */
  readonly arrangement: string;
  readonly selected: ReadonlySet<string>;
  /** Told what the page can ask of the stage, and null when the stage is gone. */
  readonly onControls: (controls: StageControls | null) => void;
  readonly label: string;
  /** Told of what is seen. */
  readonly window: Store<Window | null>;
}

const ZOOM_STEP = 1.3;

export type StageActions = ReturnType<typeof useStageActions>;

/** What pointers and keys do, in places of the scene that is shown. The same object all the time. */
export function useStageActions(scene: Scene, selected: ReadonlySet<string>, events: StageEvents) {
  const now = useRef({ scene, selected, events });
  useEffect(() => {
    now.current = { scene, selected, events };
  });
  const [actions] = useState(() => {
    const idOf = (place: number): readonly string[] => {
      const id = now.current.scene.nodes[place]?.id;
      return id === undefined ? [] : [id];
    };
    const select = (ids: ReadonlySet<string>): void => {
      now.current = { ...now.current, selected: ids };
      now.current.events.onSelect([...ids]);
    };
    return {
      onSelect(place: number, is_more: boolean) {
        const ids = new Set(is_more ? now.current.selected : []);
        for (const id of idOf(place)) {
          if (is_more && now.current.selected.has(id)) ids.delete(id);
          else ids.add(id);
        }
        select(ids);
      },
      onSelectMany(places: readonly number[], is_more: boolean) {
        const ids = new Set(is_more ? now.current.selected : []);
        for (const place of places) for (const id of idOf(place)) ids.add(id);
        select(ids);
      },
      onClear: () => select(new Set()),
      onOpen(place: number) {
        select(new Set(idOf(place)));
        now.current.events.onOpen();
      },
      onOpenSelected: () => now.current.events.onOpen(),
      onMoved: (places: Places) => now.current.events.onMoved(places),
      isSelected: (place: number) => idOf(place).some((id) => now.current.selected.has(id)),
      selected: (): ReadonlySet<number> =>
        new Set([...now.current.selected].flatMap((id) => now.current.scene.places.get(id) ?? [])),
    };
  });
  return actions;
}

/** Follows a key; true when it meant something here. `show` brings a node into sight. */
export function pressStageKey(
  key: string,
  scene: Scene,
  act: StageActions,
  controls: StageControls | null,
  show: (place: number) => void,
): boolean {
  if (isArrowKey(key)) {
    if (scene.nodes.length === 0) return true;
    const [from] = [...act.selected()].slice(-1);
    const to = from === undefined ? 0 : neighbourTowards(scene, from, key);
    if (to !== null) {
      act.onSelect(to, false);
      show(to);
    }
    return true;
  }
  if (key === 'Enter') act.onOpenSelected();
  else if (key === 'Escape') act.onClear();
  else if (key === '+' || key === '=') controls?.zoomBy(ZOOM_STEP);
  else if (key === '-') controls?.zoomBy(1 / ZOOM_STEP);
  else if (key === '0') controls?.fit();
  else return false;
  return true;
}
