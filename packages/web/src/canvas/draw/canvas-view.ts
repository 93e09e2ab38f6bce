import type { Point } from '../layouts/place-new-nodes.ts';
import type { Palette } from './palette.ts';
import { paintNodes } from './paint-nodes.ts';
import { hasTriggered, paintOverlay } from './paint-overlay.ts';
import { ScenePainter, type Subject } from './scene-painter.ts';
import type { Scene } from './scene.ts';
import { fit, type Rect, type Size, type Viewport } from './viewport.ts';

const NONE: ReadonlySet<number> = new Set();
/** Milliseconds of a frame that painting may take while something moves, and at rest. */
const BUDGET = { moving: 5, resting: 20 } as const;
/** After this long without a movement the view is at rest. */
const REST_MS = 160;
/** A dot needs this long from one end of an edge to the other. */
const DOT_MS = 2_600;
/** At rest dots move at this pace: a canvas that nobody touches must not keep a processor busy. */
const DOT_FRAME_MS = 50;
const SCALE_AT_MOST = 2;

/**
 * The canvas in two dimensions: holds what is seen and draws it, one frame at a time and only when something changed.
 * Knows nothing of pointers, keys and React.
 */
export class CanvasView {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #painter = new ScenePainter();
  readonly #onViewport: (viewport: Viewport, size: Size) => void;
  readonly #is_still: boolean;
  #subject: Subject;
  #viewport: Viewport = { x: 0, y: 0, zoom: 1 };
  #size: Size = { width: 0, height: 0 };
  #selected = NONE;
  #hovered: number | null = null;
  #marquee: Rect | null = null;
  #has_triggered = false;
  #frame: number | null = null;
  #moved_at = 0;
  #drawn_at = 0;

  /** `onViewport` is told of every frame in which the view moved. */
  constructor(
    canvas: HTMLCanvasElement,
    scene: Scene,
    palette: Palette,
    options: { onViewport: (viewport: Viewport, size: Size) => void; is_still: boolean },
  ) {
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('the browser has no 2D canvas');
    this.#canvas = canvas;
    this.#context = context;
    this.#onViewport = options.onViewport;
    this.#is_still = options.is_still;
    this.#subject = { scene, palette, lifted: NONE };
    this.#has_triggered = hasTriggered(scene);
  }

  get viewport(): Viewport {
    return this.#viewport;
  }

  get size(): Size {
    return this.#size;
  }

  get scene(): Scene {
    return this.#subject.scene;
  }

  setScene(scene: Scene): void {
    this.#subject = { ...this.#subject, scene, lifted: NONE };
    this.#has_triggered = hasTriggered(scene);
    this.#hovered = null;
    this.#draw();
  }

  setPalette(palette: Palette): void {
    this.#subject = { ...this.#subject, palette };
    this.#draw();
  }

  setSize(size: Size): void {
    if (size.width === this.#size.width && size.height === this.#size.height) return;
    this.#size = size;
    const scale = this.#scale();
    this.#canvas.width = Math.max(1, Math.round(size.width * scale));
    this.#canvas.height = Math.max(1, Math.round(size.height * scale));
    // A canvas is emptied by its new size: it is drawn before anybody sees it.
    this.#paint(performance.now());
    this.#onViewport(this.#viewport, size);
  }

  setViewport(viewport: Viewport): void {
    this.#viewport = viewport;
    this.#moved_at = performance.now();
    this.#onViewport(viewport, this.#size);
    this.#draw();
  }

  /** Shows everything. Does nothing before there is a size and a node. */
  fit(): void {
    const { bounds } = this.scene;
    if (bounds !== null && this.#size.width > 0) this.setViewport(fit(bounds, this.#size));
  }

  /** Places of the selected nodes. */
  setSelected(selected: ReadonlySet<number>): void {
    this.#selected = selected;
    this.#draw();
  }

  setHovered(hovered: number | null): void {
    if (hovered === this.#hovered) return;
    this.#hovered = hovered;
    this.#draw();
  }

  setMarquee(marquee: Rect | null): void {
    this.#marquee = marquee;
    this.#draw();
  }

  /** Takes nodes into the hand: until `drop` they are drawn apart, and moving them is cheap. */
  lift(places: ReadonlySet<number>): void {
    this.#subject = { ...this.#subject, lifted: places };
    this.#draw();
  }

  /** Moves the lifted nodes by units of the canvas. */
  moveLifted(dx: number, dy: number): void {
    const { positions } = this.scene;
    for (const at of this.#subject.lifted) {
      positions[at * 2] = (positions[at * 2] ?? 0) + dx;
      positions[at * 2 + 1] = (positions[at * 2 + 1] ?? 0) + dy;
    }
    this.#moved_at = performance.now();
    this.#draw();
  }

  /** Puts the lifted nodes down and tells where each is now. */
  drop(): ReadonlyMap<string, Point> {
    const { nodes, positions } = this.scene;
    const places = new Map<string, Point>();
    for (const at of this.#subject.lifted) {
      const id = nodes[at]?.id;
      if (id !== undefined)
        places.set(id, { x: positions[at * 2] ?? 0, y: positions[at * 2 + 1] ?? 0 });
    }
    this.#subject = { ...this.#subject, lifted: NONE };
    this.#draw();
    return places;
  }

  /** Ends all drawing. */
  stop(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #scale(): number {
    return Math.min(SCALE_AT_MOST, globalThis.devicePixelRatio || 1);
  }

  #draw(): void {
    if (this.#size.width === 0) return;
    this.#frame ??= requestAnimationFrame((now) => {
      this.#frame = null;
      this.#paint(now);
    });
  }

  #paint(now: number): void {
    if (this.#size.width === 0) return;
    const is_moving = now - this.#moved_at < REST_MS;
    const is_running = this.#has_triggered && !this.#is_still;
    const unfinished = this.#painter.paint(
      this.#context,
      this.#subject,
      this.#viewport,
      this.#size,
      this.#scale(),
      is_moving ? BUDGET.moving : BUDGET.resting,
    );
    this.#paintLifted();
    this.#drawn_at = now;
    const { scene, palette } = this.#subject;
    paintOverlay(this.#context, scene, palette, this.#viewport, this.#size, this.#scale(), {
      selected: this.#selected,
      hovered: this.#hovered,
      marquee: this.#marquee,
      phase: is_running ? (now % DOT_MS) / DOT_MS : null,
      made: this.#painter.made,
    });
    if (unfinished || is_moving) this.#draw();
    else if (is_running) this.#drawLater();
  }

  /** Keeps the dots running, at their own pace. */
  #drawLater(): void {
    this.#frame ??= requestAnimationFrame((now) => {
      this.#frame = null;
      if (now - this.#drawn_at >= DOT_FRAME_MS || now - this.#moved_at < REST_MS) this.#paint(now);
      else this.#drawLater();
    });
  }

  #paintLifted(): void {
    const { scene, palette, lifted } = this.#subject;
    if (lifted.size === 0) return;
    const { x, y, zoom } = this.#viewport;
    const scale = this.#scale();
    const context = this.#context;
    context.setTransform(zoom * scale, 0, 0, zoom * scale, x * scale, y * scale);
    const { made } = this.#painter;
    const brush = { context, scene, zoom, scale: zoom * scale, palette, made };
    for (const _ of paintNodes(brush, [...lifted])) continue;
  }
}
