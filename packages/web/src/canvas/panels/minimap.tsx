import { useEffect, useRef } from 'react';
import type { Store } from '../../live/store.ts';
import { readPalette, watchPalette, type Palette } from '../draw/palette.ts';
import type { Scene } from '../draw/scene.ts';
import { seen, type Rect, type Size, type Viewport } from '../draw/viewport.ts';
import type { Point } from '../layouts/place-new-nodes.ts';

const MAP: Size = { width: 176, height: 112 };
const PADDING = 8;

/** What is seen of the canvas, and in how large a window. */
export interface Window {
  readonly viewport: Viewport;
  readonly size: Size;
}

/** The whole graph, small, with a frame around what is seen. A press or a drag goes there. */
export function Minimap({
  scene,
  window,
  onGo,
}: {
  scene: Scene;
  window: Store<Window | null>;
  onGo: (point: Point) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const { bounds } = scene;
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const draw = (palette: Palette): void => drawMap(element, scene, palette);
    draw(readPalette());
    return watchPalette(draw);
  }, [scene]);
  useEffect(() => {
    const show = (): void => {
      const [element, now] = [frame.current, window.get()];
      if (element === null || bounds === null || now === null) return;
      const { viewport, size } = now;
      const area = seen(viewport, size);
      const start = toMap(bounds, { x: area.left, y: area.top });
      const end = toMap(bounds, { x: area.right, y: area.bottom });
      const left = Math.max(0, Math.min(MAP.width, start.x));
      const top = Math.max(0, Math.min(MAP.height, start.y));
      const right = Math.max(0, Math.min(MAP.width, end.x));
      const bottom = Math.max(0, Math.min(MAP.height, end.y));
      element.style.transform = `translate(${left}px, ${top}px)`;
      element.style.width = `${right - left}px`;
      element.style.height = `${bottom - top}px`;
    };
    show();
    // Each frame of a movement is followed without React.
    return window.subscribe(show);
  }, [bounds, window]);
  const go = (event: React.PointerEvent): void => {
    if (bounds === null || event.buttons === 0) return;
    const { left, top } = event.currentTarget.getBoundingClientRect();
    onGo(fromMap(bounds, { x: event.clientX - left, y: event.clientY - top }));
  };
  return (
    <div
      aria-hidden
      data-testid="canvas-minimap"
      className="absolute right-3 bottom-3 touch-none overflow-hidden rounded-xl border border-line bg-surface/95 shadow-panel max-md:hidden"
      style={MAP}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={go}
    >
      <canvas ref={canvas} width={MAP.width * 2} height={MAP.height * 2} className="size-full" />
      <div
        ref={frame}
        className="pointer-events-none absolute top-0 left-0 rounded-sm border-[1.5px] border-accent bg-accent/10"
      />
    </div>
  );
}

function scaleOf(bounds: Rect): number {
  return Math.min(
    (MAP.width - 2 * PADDING) / Math.max(1, bounds.right - bounds.left),
    (MAP.height - 2 * PADDING) / Math.max(1, bounds.bottom - bounds.top),
  );
}

function toMap(bounds: Rect, { x, y }: Point): Point {
  const scale = scaleOf(bounds);
  return {
    x: MAP.width / 2 + (x - (bounds.left + bounds.right) / 2) * scale,
    y: MAP.height / 2 + (y - (bounds.top + bounds.bottom) / 2) * scale,
  };
}

function fromMap(bounds: Rect, { x, y }: Point): Point {
  const scale = scaleOf(bounds);
  return {
    x: (bounds.left + bounds.right) / 2 + (x - MAP.width / 2) / scale,
    y: (bounds.top + bounds.bottom) / 2 + (y - MAP.height / 2) / scale,
  };
}

function drawMap(canvas: HTMLCanvasElement, scene: Scene, palette: Palette): void {
  const context = canvas.getContext('2d');
  const { bounds } = scene;
  if (context === null || bounds === null) return;
  context.setTransform(2, 0, 0, 2, 0, 0);
  context.clearRect(0, 0, MAP.width, MAP.height);
  const scale = scaleOf(bounds);
  const width = Math.max(1.5, 200 * scale);
  const height = Math.max(1.2, 54 * scale);
  context.globalAlpha = 0.75;
  for (let at = 0; at < scene.nodes.length; at++) {
    const point = { x: scene.positions[at * 2] ?? 0, y: scene.positions[at * 2 + 1] ?? 0 };
    const { x, y } = toMap(bounds, point);
    context.fillStyle = palette.kinds[scene.kinds[at] ?? 0] ?? palette.ink;
    context.fillRect(x - width / 2, y - height / 2, width, height);
  }
}
