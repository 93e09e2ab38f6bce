import { EDGE_KINDS } from '../graph/graph.ts';
import { EDGE_LOOKS } from './kind-looks.ts';
import type { Palette } from './palette.ts';
import type { Scene } from './scene.ts';
import { meets, type Rect } from './viewport.ts';

/** Edges of one stroke. A path of thousands of lines is slow to fill, and so is a stroke for each line. */
const BATCH = 60;
/** Below this zoom edges are straight and solid: bends and dashes would not be seen. */
const CURVED_ZOOM = 0.3;
/** With more edges than this in sight, near ones that only pass through are left out: they say nothing there. */
const PASSING_EDGES = 250;
/** With more edges than this in sight dashes are left out: each costs as much as a line of its own. */
const DASHED_EDGES = 400;

interface EdgeSubject {
  readonly scene: Scene;
  readonly palette: Palette;
  readonly lifted: ReadonlySet<number>;
}

/** Draws the edges that meet `area` on a context in units of the canvas; yields after each batch, so that it can pause. */
export function* paintEdges(
  context: CanvasRenderingContext2D,
  { scene, palette, lifted }: EdgeSubject,
  area: Rect,
  zoom: number,
): Generator<void> {
  const is_curved = zoom >= CURVED_ZOOM;
  let visible = visibleEdges(scene, area, lifted);
  if (is_curved && countOf(visible) > PASSING_EDGES) {
    visible = visible.map((edges) => edges.filter((edge) => endsIn(scene, edge, area)));
  }
  const total = countOf(visible);
  const is_dashed = is_curved && total <= DASHED_EDGES;
  context.lineWidth = (is_curved ? 1.5 : 1) / zoom;
  // Many edges together must not drown the nodes.
  const alpha = total > 1_000 ? 0.15 : total > 200 ? 0.3 : 0.6;
  for (const [kind, edges] of visible.entries()) {
    context.strokeStyle = palette.edges[kind] ?? palette.line;
    context.globalAlpha = EDGE_KINDS[kind] === 'belongs' ? alpha * 0.7 : alpha;
    const dash = EDGE_LOOKS[EDGE_KINDS[kind] ?? 'creates'].dash;
    context.setLineDash(is_dashed ? dash.map((length) => length / zoom) : []);
    for (let start = 0; start < edges.length; start += BATCH) {
      context.beginPath();
      for (const edge of edges.slice(start, start + BATCH))
        traceEdge(context, scene, edge, is_curved);
      context.stroke();
      yield;
    }
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function countOf(lists: readonly (readonly number[])[]): number {
  return lists.reduce((sum, edges) => sum + edges.length, 0);
}

/** Whether one of its ends is in sight. */
export function endsIn({ edges, positions }: Scene, edge: number, area: Rect): boolean {
  return [edges[edge * 3] ?? 0, edges[edge * 3 + 1] ?? 0].some((end) => {
    const [x, y] = [positions[end * 2] ?? 0, positions[end * 2 + 1] ?? 0];
    return x >= area.left && x <= area.right && y >= area.top && y <= area.bottom;
  });
}

function visibleEdges(
  scene: Scene,
  area: Rect,
  lifted: ReadonlySet<number>,
): readonly (readonly number[])[] {
  const { edges, positions } = scene;
  const visible: number[][] = EDGE_KINDS.map(() => []);
  for (let at = 0; at * 3 < edges.length; at++) {
    const [from, to] = [edges[at * 3] ?? 0, edges[at * 3 + 1] ?? 0];
    if (lifted.size > 0 && (lifted.has(from) || lifted.has(to))) continue;
    const [x1, y1] = [positions[from * 2] ?? 0, positions[from * 2 + 1] ?? 0];
    const [x2, y2] = [positions[to * 2] ?? 0, positions[to * 2 + 1] ?? 0];
    const box = {
      left: Math.min(x1, x2),
      right: Math.max(x1, x2),
      top: Math.min(y1, y2),
      bottom: Math.max(y1, y2),
    };
    if (meets(box, area)) visible[edges[at * 3 + 2] ?? 0]?.push(at);
  }
  return visible;
}

/** Adds one edge to the path: a line, or a calm bend that leaves and enters from above or below. */
export function traceEdge(
  context: CanvasRenderingContext2D,
  { edges, positions }: Scene,
  edge: number,
  is_curved: boolean,
): void {
  const [from, to] = [edges[edge * 3] ?? 0, edges[edge * 3 + 1] ?? 0];
  const [x1, y1] = [positions[from * 2] ?? 0, positions[from * 2 + 1] ?? 0];
  const [x2, y2] = [positions[to * 2] ?? 0, positions[to * 2 + 1] ?? 0];
  context.moveTo(x1, y1);
  if (!is_curved) {
    context.lineTo(x2, y2);
    return;
  }
  const middle = (y1 + y2) / 2;
  context.bezierCurveTo(x1, middle, x2, middle, x2, y2);
}

/** A point on an edge; `share` is 0 at its beginning and 1 at its end. */
export function pointOnEdge(
  { edges, positions }: Scene,
  edge: number,
  share: number,
  is_curved: boolean,
): { x: number; y: number } {
  const [from, to] = [edges[edge * 3] ?? 0, edges[edge * 3 + 1] ?? 0];
  const [x1, y1] = [positions[from * 2] ?? 0, positions[from * 2 + 1] ?? 0];
  const [x2, y2] = [positions[to * 2] ?? 0, positions[to * 2 + 1] ?? 0];
  if (!is_curved) return { x: x1 + (x2 - x1) * share, y: y1 + (y2 - y1) * share };
  const rest = 1 - share;
  const middle = (y1 + y2) / 2;
  const [a, b, c, d] = [rest ** 3, 3 * rest * rest * share, 3 * rest * share * share, share ** 3];
  return { x: (a + b) * x1 + (c + d) * x2, y: a * y1 + (b + c) * middle + d * y2 };
}

/** True when edges are drawn with a bend at this zoom. */
export function isCurved(zoom: number): boolean {
  return zoom >= CURVED_ZOOM;
}
