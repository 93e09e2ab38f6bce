import type { CanvasView } from '../draw/canvas-view.ts';
import { nodeAt, nodesIn } from '../draw/scene.ts';
import { panBy, toCanvas, zoomAt, type Rect } from '../draw/viewport.ts';
import type { Point } from '../layouts/place-new-nodes.ts';

/** What pointers do to the canvas. Places are those of the nodes of the scene. */
export interface PointerActions {
  /** `is_more` keeps what is selected: the node is added, or taken out when it was in. */
  onSelect(place: number, is_more: boolean): void;
  /** A rectangle was drawn around these. */
  onSelectMany(places: readonly number[], is_more: boolean): void;
  onClear(): void;
  onOpen(place: number): void;
  /** Nodes were dragged; `places` says where they are now, by id. */
  onMoved(places: ReadonlyMap<string, Point>): void;
  isSelected(place: number): boolean;
  selected(): ReadonlySet<number>;
}

/** Pixels that a pointer may tremble before it drags. */
const TREMBLE = { mouse: 4, touch: 10 } as const;
/** Pixels of a wheel step that double the size. */
const WHEEL_DOUBLES = 460;
const LINE_PIXELS = 16;
const PAGE_PIXELS = 400;

type Gesture =
  | { readonly type: 'press'; readonly start: Point; readonly node: number | null }
  | { readonly type: 'pan' }
  | { readonly type: 'drag' }
  | { readonly type: 'marquee'; readonly start: Point }
  | { readonly type: 'pinch' };

/** Turns pointers and the wheel on a canvas into movements and selections. The answer ends it. */
export function followPointer(
  canvas: HTMLCanvasElement,
  view: CanvasView,
  actions: PointerActions,
): () => void {
  const follower = new PointerFollower(canvas, view, actions);
  const stop = new AbortController();
  const { signal } = stop;
  canvas.addEventListener('pointerdown', (event) => follower.down(event), { signal });
  canvas.addEventListener('pointermove', (event) => follower.move(event), { signal });
  canvas.addEventListener('pointerup', (event) => follower.up(event), { signal });
  canvas.addEventListener('pointercancel', (event) => follower.cancel(event), { signal });
  canvas.addEventListener('pointerleave', () => view.setHovered(null), { signal });
  canvas.addEventListener('wheel', (event) => follower.wheel(event), { signal, passive: false });
  canvas.addEventListener('dblclick', (event) => follower.open(event), { signal });
  return () => stop.abort();
}

class PointerFollower {
  readonly #canvas: HTMLCanvasElement;
  readonly #view: CanvasView;
  readonly #actions: PointerActions;
  readonly #pointers = new Map<number, Point>();
  #gesture: Gesture | null = null;

  constructor(canvas: HTMLCanvasElement, view: CanvasView, actions: PointerActions) {
    this.#canvas = canvas;
    this.#view = view;
    this.#actions = actions;
  }

  down(event: PointerEvent): void {
    if (event.button > 1) return;
    this.#canvas.setPointerCapture(event.pointerId);
    const point = this.#at(event);
    this.#pointers.set(event.pointerId, point);
    if (this.#pointers.size === 2) {
      this.#drop();
      this.#gesture = { type: 'pinch' };
    }
    if (this.#pointers.size > 1) return;
    const node = event.button === 1 ? null : this.#under(point);
    this.#gesture = { type: 'press', start: point, node };
  }

  move(event: PointerEvent): void {
    const point = this.#at(event);
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) {
      this.#view.setHovered(event.pointerType === 'touch' ? null : this.#under(point));
      return;
    }
    if (this.#gesture?.type === 'press') {
      const tremble = event.pointerType === 'touch' ? TREMBLE.touch : TREMBLE.mouse;
      const { start, node } = this.#gesture;
      if (Math.hypot(point.x - start.x, point.y - start.y) < tremble) return;
      this.#gesture = this.#begin(event, start, node);
    }
    if (this.#gesture?.type === 'pinch') this.#pinch(event.pointerId, before, point);
    this.#pointers.set(event.pointerId, point);
    const view = this.#view;
    const [dx, dy] = [point.x - before.x, point.y - before.y];
    if (this.#gesture?.type === 'pan') view.setViewport(panBy(view.viewport, dx, dy));
    if (this.#gesture?.type === 'drag')
      view.moveLifted(dx / view.viewport.zoom, dy / view.viewport.zoom);
    if (this.#gesture?.type === 'marquee') view.setMarquee(rectOf(this.#gesture.start, point));
  }

  up(event: PointerEvent): void {
    if (!this.#pointers.delete(event.pointerId)) return;
    const gesture = this.#gesture;
    if (gesture?.type === 'press') this.#click(event, gesture.node);
    if (gesture?.type === 'marquee') this.#selectIn(rectOf(gesture.start, this.#at(event)), event);
    this.#drop();
    // One finger of two was lifted: the other pans on.
    this.#gesture = this.#pointers.size === 1 ? { type: 'pan' } : null;
  }

  cancel(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    this.#drop();
    this.#gesture = null;
  }

  wheel(event: WheelEvent): void {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? LINE_PIXELS : event.deltaMode === 2 ? PAGE_PIXELS : 1;
    // A pinch on a trackpad comes as a wheel with the control key, in much smaller steps.
    const speed = event.ctrlKey && event.deltaMode === 0 ? 5 : 1;
    const factor = 2 ** ((-event.deltaY * unit * speed) / WHEEL_DOUBLES);
    this.#view.setViewport(zoomAt(this.#view.viewport, this.#at(event), factor));
  }

  open(event: MouseEvent): void {
    const node = this.#under(this.#at(event));
    if (node !== null) this.#actions.onOpen(node);
  }

  #at({ clientX, clientY }: MouseEvent): Point {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  #under(point: Point): number | null {
    return nodeAt(this.#view.scene, toCanvas(this.#view.viewport, point));
  }

  #begin(event: PointerEvent, start: Point, node: number | null): Gesture {
    if (node === null) return isMore(event) ? { type: 'marquee', start } : { type: 'pan' };
    const actions = this.#actions;
    const is_selected = actions.isSelected(node);
    // A finger pans wherever it lies; what it selected before it also drags.
    if (event.pointerType === 'touch' && !is_selected) return { type: 'pan' };
    if (!is_selected) actions.onSelect(node, isMore(event));
    this.#view.lift(new Set([...actions.selected(), node]));
    return { type: 'drag' };
  }

  /** Puts down what is in the hand, and takes away a marquee. */
  #drop(): void {
    if (this.#gesture?.type === 'drag') this.#actions.onMoved(this.#view.drop());
    if (this.#gesture?.type === 'marquee') this.#view.setMarquee(null);
  }

  #pinch(id: number, before: Point, after: Point): void {
    const other = [...this.#pointers].find(([each]) => each !== id)?.[1];
    if (other === undefined) return;
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(after.x - other.x, after.y - other.y);
    const middle = { x: (after.x + other.x) / 2, y: (after.y + other.y) / 2 };
    const [dx, dy] = [(after.x - before.x) / 2, (after.y - before.y) / 2];
    const moved = panBy(this.#view.viewport, dx, dy);
    this.#view.setViewport(zoomAt(moved, middle, was < 1 ? 1 : is / was));
  }

  #click(event: PointerEvent, node: number | null): void {
    if (node !== null) this.#actions.onSelect(node, isMore(event));
    else if (!isMore(event)) this.#actions.onClear();
  }

  #selectIn(rect: Rect, event: PointerEvent): void {
    const { viewport, scene } = this.#view;
    const start = toCanvas(viewport, { x: rect.left, y: rect.top });
    const end = toCanvas(viewport, { x: rect.right, y: rect.bottom });
    const area = { left: start.x, top: start.y, right: end.x, bottom: end.y };
    this.#actions.onSelectMany(nodesIn(scene, area), isMore(event));
  }
}

function isMore({ shiftKey, ctrlKey, metaKey }: MouseEvent): boolean {
  return shiftKey || ctrlKey || metaKey;
}

function rectOf(a: Point, b: Point): Rect {
  return {
    left: Math.min(a.x, b.x),
    right: Math.max(a.x, b.x),
    top: Math.min(a.y, b.y),
    bottom: Math.max(a.y, b.y),
  };
}
