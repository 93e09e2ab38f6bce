import { EDGE_KINDS } from '../graph/graph.ts';
import { NODE_SIZE } from '../layouts/layout.ts';
import { isCurved, pointOnEdge, traceEdge } from './paint-edges.ts';
import { paintNodes, type MadeBefore } from './paint-nodes.ts';
import type { Palette } from './palette.ts';
import { nodeAt, pointOf, type Scene } from './scene.ts';
import { meets, seen, type Rect, type Size, type Viewport } from './viewport.ts';

/** What changes from frame to frame and so is drawn over the picture. */
export interface Overlay {
  /** Places of nodes. */
  readonly selected: ReadonlySet<number>;
  readonly hovered: number | null;
  /** A rectangle of the screen that is being drawn to select. */
  readonly marquee: Rect | null;
  /** Where the dots on triggered edges are, from 0 to 1; null draws none. */
  readonly phase: number | null;
  readonly made: MadeBefore;
}

const TRIGGERED = EDGE_KINDS.indexOf('triggered');
/** Dots that run along edges at once. */
const DOTS_AT_MOST = 120;
/** Edges of selected nodes that are drawn strongly. */
const EDGES_AT_MOST = 300;
/** With more nodes selected only their rings are drawn. */
const MARKED_AT_MOST = 60;
const CORNER = 12;

/** Draws selection, hover, marquee and the dots on triggered edges. `scale` is pixels of the device for one of the page. */
export function paintOverlay(
  context: CanvasRenderingContext2D,
  scene: Scene,
  palette: Palette,
  viewport: Viewport,
  size: Size,
  scale: number,
  overlay: Overlay,
): void {
  const zoom = viewport.zoom * scale;
  const area = seen(viewport, size);
  context.setTransform(zoom, 0, 0, zoom, viewport.x * scale, viewport.y * scale);
  const marked = new Set(overlay.selected);
  if (overlay.hovered !== null) marked.add(overlay.hovered);
  if (marked.size > 0 && marked.size <= MARKED_AT_MOST) {
    paintMarkedEdges(context, scene, palette, viewport.zoom, marked);
    // Their edges run beneath the cards, as all edges do.
    const near = [...marked].filter((at) => isIn(scene, at, area));
    const brush = { context, scene, zoom: viewport.zoom, scale: zoom, palette, made: overlay.made };
    for (const _ of paintNodes(brush, near)) continue;
  }
  if (overlay.phase !== null)
    paintRunningDots(context, scene, palette, viewport.zoom, area, overlay.phase);
  context.strokeStyle = palette.accent;
  for (const at of overlay.selected) ring(context, scene, at, area, 2.5 / viewport.zoom);
  if (overlay.hovered !== null && !overlay.selected.has(overlay.hovered)) {
    context.globalAlpha = 0.55;
    ring(context, scene, overlay.hovered, area, 1.5 / viewport.zoom);
    context.globalAlpha = 1;
  }
  if (overlay.marquee !== null) paintMarquee(context, palette, scale, overlay.marquee);
}

function ring(
  context: CanvasRenderingContext2D,
  scene: Scene,
  at: number,
  area: Rect,
  width: number,
): void {
  const { x, y } = pointOf(scene, at);
  const [half_width, half_height] = [NODE_SIZE.width / 2 + width, NODE_SIZE.height / 2 + width];
  const box = {
    left: x - half_width,
    right: x + half_width,
    top: y - half_height,
    bottom: y + half_height,
  };
  if (!meets(box, area)) return;
  context.lineWidth = width;
  context.beginPath();
  context.roundRect(box.left, box.top, half_width * 2, half_height * 2, CORNER + width);
  context.stroke();
}

function paintMarkedEdges(
  context: CanvasRenderingContext2D,
  scene: Scene,
  palette: Palette,
  zoom: number,
  marked: ReadonlySet<number>,
): void {
  const edges = new Set([...marked].flatMap((at) => scene.edges_of[at] ?? []));
  context.lineWidth = 2 / zoom;
  context.globalAlpha = 0.9;
  let drawn = 0;
  for (const edge of edges) {
    if (++drawn > EDGES_AT_MOST) break;
    context.strokeStyle = palette.edges[scene.edges[edge * 3 + 2] ?? 0] ?? palette.accent;
    context.beginPath();
    traceEdge(context, scene, edge, isCurved(zoom));
    context.stroke();
  }
  context.globalAlpha = 1;
}

function paintRunningDots(
  context: CanvasRenderingContext2D,
  scene: Scene,
  palette: Palette,
  zoom: number,
  area: Rect,
  phase: number,
): void {
  context.fillStyle = palette.edges[TRIGGERED] ?? palette.accent;
  const radius = Math.min(5, 3 / zoom);
  context.beginPath();
  let drawn = 0;
  for (let edge = 0; edge * 3 < scene.edges.length && drawn < DOTS_AT_MOST; edge++) {
    if (scene.edges[edge * 3 + 2] !== TRIGGERED) continue;
    // Each edge has its own beat; equal ones would blink together.
    const share = (phase + ((edge * 0.618_034) % 1)) % 1;
    const { x, y } = pointOnEdge(scene, edge, share, isCurved(zoom));
    if (x < area.left || x > area.right || y < area.top || y > area.bottom) continue;
    // Near, cards lie over the edges, and so over what runs along them.
    if (isCurved(zoom) && nodeAt(scene, { x, y }) !== null) continue;
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
    drawn += 1;
  }
  context.fill();
}

function paintMarquee(
  context: CanvasRenderingContext2D,
  palette: Palette,
  scale: number,
  { left, top, right, bottom }: Rect,
): void {
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = context.strokeStyle = palette.accent;
  context.lineWidth = 1;
  context.globalAlpha = 0.12;
  context.fillRect(left, top, right - left, bottom - top);
  context.globalAlpha = 1;
  context.strokeRect(left + 0.5, top + 0.5, right - left, bottom - top);
}

function isIn(scene: Scene, at: number, area: Rect): boolean {
  const { x, y } = pointOf(scene, at);
  const [width, height] = [NODE_SIZE.width / 2, NODE_SIZE.height / 2];
  return meets({ left: x - width, right: x + width, top: y - height, bottom: y + height }, area);
}

/** True when some triggered edge could carry a dot. */
export function hasTriggered(scene: Scene): boolean {
  for (let at = 2; at < scene.edges.length; at += 3) {
    if (scene.edges[at] === TRIGGERED) return true;
  }
  return false;
}
