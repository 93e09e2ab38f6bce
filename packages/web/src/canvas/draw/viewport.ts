import { NODE_SIZE } from '../layouts/layout.ts';
import type { Point } from '../layouts/place-new-nodes.ts';

/** What part of the canvas is seen: a point `p` of it is drawn at `p * zoom + (x, y)`, in pixels. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** A rectangle by its edges. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const ZOOM = { least: 0.1, most: 3 } as const;
/** To fit is never to magnify: a few nodes keep their size. */
const FIT = { most: 1, padding: 48 } as const;
/** What the toolbar covers. */
const COVERED = 36;

/** The point of the canvas that is drawn at a point of the screen. */
export function toCanvas({ x, y, zoom }: Viewport, screen: Point): Point {
  return { x: (screen.x - x) / zoom, y: (screen.y - y) / zoom };
}

/** Where a point of the canvas is drawn. */
export function toScreen({ x, y, zoom }: Viewport, point: Point): Point {
  return { x: point.x * zoom + x, y: point.y * zoom + y };
}

/** The viewport after a zoom by `factor`, where what is under `screen` stays there. Kept within 0.1 and 3. */
export function zoomAt(viewport: Viewport, screen: Point, factor: number): Viewport {
  const zoom = Math.min(ZOOM.most, Math.max(ZOOM.least, viewport.zoom * factor));
  const under = toCanvas(viewport, screen);
  return { x: screen.x - under.x * zoom, y: screen.y - under.y * zoom, zoom };
}

/** The viewport moved by pixels. */
export function panBy(viewport: Viewport, dx: number, dy: number): Viewport {
  return { ...viewport, x: viewport.x + dx, y: viewport.y + dy };
}

/** The viewport with a point of the canvas in the middle. */
export function centreOn({ zoom }: Viewport, size: Size, point: Point): Viewport {
  return { x: size.width / 2 - point.x * zoom, y: size.height / 2 - point.y * zoom, zoom };
}

/** The viewport that shows a whole rectangle, as far as the least zoom allows. */
export function fit(bounds: Rect, size: Size): Viewport {
  const width = Math.max(1, bounds.right - bounds.left);
  const height = Math.max(1, bounds.bottom - bounds.top);
  const padding = Math.min(FIT.padding, size.width / 10);
  const wanted = Math.min(
    (size.width - 2 * padding) / width,
    (size.height - COVERED - 2 * padding) / height,
    FIT.most,
  );
  const zoom = Math.min(ZOOM.most, Math.max(ZOOM.least, wanted));
  const middle = { x: bounds.left + width / 2, y: bounds.top + height / 2 };
  return panBy(centreOn({ x: 0, y: 0, zoom }, size, middle), 0, COVERED / 2);
}

/** The part of the canvas that is seen. */
export function seen(viewport: Viewport, size: Size): Rect {
  const start = toCanvas(viewport, { x: 0, y: 0 });
  const end = toCanvas(viewport, { x: size.width, y: size.height });
  return { left: start.x, top: start.y, right: end.x, bottom: end.y };
}

/** The rectangle around all nodes with these middles; null where there are none. */
export function boundsOf(points: Iterable<Point>): Rect | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  if (left > right) return null;
  const [half_width, half_height] = [NODE_SIZE.width / 2, NODE_SIZE.height / 2];
  return {
    left: left - half_width,
    right: right + half_width,
    top: top - half_height,
    bottom: bottom + half_height,
  };
}

/** Whether two rectangles meet. */
export function meets(a: Rect, b: Rect): boolean {
  return a.left <= b.right && a.right >= b.left && a.top <= b.bottom && a.bottom >= b.top;
}
