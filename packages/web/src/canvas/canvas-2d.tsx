import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { CanvasView } from './draw/canvas-view.ts';
import { readPalette, watchPalette } from './draw/palette.ts';
import { pointOf } from './draw/scene.ts';
import { centreOn, seen, zoomAt } from './draw/viewport.ts';
import { followPointer } from './input/follow-pointer.ts';
import { pressStageKey, useStageActions, type StageControls, type StageProps } from './stage.ts';
import { StageFrame } from './stage-frame.tsx';

/** The graph in two dimensions, on a canvas. */
export function Canvas2D({
  scene,
  arrangement,
  selected,
  onControls,
  label,
  window,
  ...events
}: StageProps) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const controls = useRef<StageControls>(null);
  const [view, setView] = useState<CanvasView | null>(null);
  const act = useStageActions(scene, selected, events);
  const firstScene = useEffectEvent(() => scene);
  const tellControls = useEffectEvent(onControls);

  useEffect(() => {
    const [element, around] = [canvas.current, frame.current];
    if (element === null || around === null) return;
    const is_still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const next = new CanvasView(element, firstScene(), readPalette(), {
      onViewport: (viewport, size) => window.set({ viewport, size }),
      is_still,
    });
    const sizes = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      const was_hidden = next.size.width === 0;
      next.setSize({ width, height });
      if (was_hidden) next.fit();
    });
    sizes.observe(around);
    const unwatch = watchPalette((palette) => next.setPalette(palette));
    setView(next);
    return () => {
      sizes.disconnect();
      unwatch();
      next.stop();
    };
  }, [window]);
  useEffect(
    () => (view && canvas.current ? followPointer(canvas.current, view, act) : undefined),
    [view, act],
  );
  useEffect(() => view?.setScene(scene), [view, scene]);
  useEffect(() => view?.fit(), [view, arrangement]);
  useEffect(() => {
    const places = [...selected].flatMap((id) => scene.places.get(id) ?? []);
    view?.setSelected(new Set(places));
  }, [view, scene, selected]);
  useEffect(() => {
    if (view === null) return;
    const focus = (): void => frame.current?.focus();
    controls.current = controlsOf(view, focus, () => act.selected());
    tellControls(controls.current);
    return () => tellControls(null);
  }, [view, act]);

  return (
    <StageFrame
      frame={frame}
      scene={scene}
      selected={selected}
      label={label}
      name="canvas-2d"
      onKey={(key) =>
        view !== null &&
        pressStageKey(key, scene, act, controls.current, (place) => showNode(view, place))
      }
    >
      <canvas
        ref={canvas}
        aria-hidden
        className="block size-full touch-none"
        onPointerDown={() => frame.current?.focus({ preventScroll: true })}
      />
    </StageFrame>
  );
}

/** Moves the view if the node is not in it. */
function showNode(view: CanvasView, place: number): void {
  const point = pointOf(view.scene, place);
  const area = seen(view.viewport, view.size);
  const is_seen =
    point.x > area.left && point.x < area.right && point.y > area.top && point.y < area.bottom;
  if (!is_seen) view.setViewport(centreOn(view.viewport, view.size, point));
}

function controlsOf(
  view: CanvasView,
  focus: () => void,
  selected: () => ReadonlySet<number>,
): StageControls {
  const middle = () => ({ x: view.size.width / 2, y: view.size.height / 2 });
  const goal = () => {
    const places = [...selected()];
    if (places.length === 0) {
      const { bounds } = view.scene;
      if (bounds === null) return { x: 0, y: 0 };
      return { x: (bounds.left + bounds.right) / 2, y: (bounds.top + bounds.bottom) / 2 };
    }
    const points = places.map((place) => pointOf(view.scene, place));
    return {
      x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
      y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
    };
  };
  return {
    fit: () => view.fit(),
    zoomBy: (factor) => view.setViewport(zoomAt(view.viewport, middle(), factor)),
    centre: (point = goal()) => view.setViewport(centreOn(view.viewport, view.size, point)),
    focus,
  };
}
