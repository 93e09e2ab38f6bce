import { paintEdges } from './paint-edges.ts';
import { nothingMade, paintNodes, type MadeBefore } from './paint-nodes.ts';
import type { Palette } from './palette.ts';
import { nodesIn, type Scene } from './scene.ts';
import { seen, type Size, type Viewport } from './viewport.ts';

/** What is painted. Another object is painted anew. */
export interface Subject {
  readonly scene: Scene;
  readonly palette: Palette;
  /** Places of nodes that are being dragged: they and their edges are left out. */
  readonly lifted: ReadonlySet<number>;
}

/** How much more than the window a picture holds, on each side, as a share of the window. */
const MARGIN = 0.3;
/** A picture is replaced when the window has moved over this share of its margin. */
const STALE_SHARE = 0.4;
/** Batches that are drawn before the time is looked at. */
const BATCHES = 3;
const DOTS = { spacing: 24, least_zoom: 0.3 } as const;

interface Picture {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  /** The viewport that it was painted for, the subject, and the size of the window. */
  viewport: Viewport;
  subject: Subject | null;
  size: Size;
  scale: number;
}

/**
 * Paints a scene so that moving about stays smooth however much there is to draw: the whole is drawn into a picture that
 * is larger than the window, a slice in each frame, while the last finished picture is shown, moved and scaled to where
 * it belongs.
 */
export class ScenePainter {
  #shown = newPicture();
  #next = newPicture();
  #work: Generator<void> | null = null;
  readonly made = nothingMade();

  /**
   * Shows the scene on a context of the window and paints on for at most `budget_ms`. True when the picture is not
   * finished and another frame is needed.
   */
  paint(
    target: CanvasRenderingContext2D,
    subject: Subject,
    viewport: Viewport,
    size: Size,
    scale: number,
    budget_ms: number,
  ): boolean {
    const is_first = this.#shown.subject === null;
    if (this.#work === null && !isFresh(this.#shown, subject, viewport, size, scale)) {
      this.#begin(subject, viewport, size, scale);
    }
    if (this.#work !== null) this.#goOn(is_first ? Number.POSITIVE_INFINITY : budget_ms);
    show(this.#shown, target, subject.palette, viewport, scale);
    return this.#work !== null || !isFresh(this.#shown, subject, viewport, size, scale);
  }

  #begin(subject: Subject, viewport: Viewport, size: Size, scale: number): void {
    const next = this.#next;
    const width = Math.ceil(size.width * (1 + 2 * MARGIN) * scale);
    const height = Math.ceil(size.height * (1 + 2 * MARGIN) * scale);
    if (next.canvas.width !== width || next.canvas.height !== height) {
      next.canvas.width = width;
      next.canvas.height = height;
    }
    Object.assign(next, { viewport, subject, size, scale });
    this.#work = paintAll(next, subject, this.made);
  }

  #goOn(budget_ms: number): void {
    const end = performance.now() + budget_ms;
    do {
      for (let batch = 0; batch < BATCHES; batch++) {
        if (this.#work?.next().done !== true) continue;
        this.#work = null;
        [this.#shown, this.#next] = [this.#next, this.#shown];
        return;
      }
      // Browsers note down what is drawn and do it later, all at once: reading a pixel has it done now.
      this.#next.context.getImageData(0, 0, 1, 1);
    } while (performance.now() < end);
  }
}

function newPicture(): Picture {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (context === null) throw new Error('the browser has no 2D canvas');
  const viewport = { x: 0, y: 0, zoom: 1 };
  return { canvas, context, viewport, subject: null, size: { width: 0, height: 0 }, scale: 1 };
}

function isFresh(
  picture: Picture,
  subject: Subject,
  viewport: Viewport,
  size: Size,
  scale: number,
): boolean {
  if (picture.subject !== subject) return false;
  if (picture.viewport.zoom !== viewport.zoom || picture.scale !== scale) return false;
  if (picture.size.width !== size.width || picture.size.height !== size.height) return false;
  const room = MARGIN * STALE_SHARE;
  return (
    Math.abs(picture.viewport.x - viewport.x) <= size.width * room &&
    Math.abs(picture.viewport.y - viewport.y) <= size.height * room
  );
}

function* paintAll(picture: Picture, subject: Subject, made: MadeBefore): Generator<void> {
  const { context, viewport, size, scale } = picture;
  const { scene, palette, lifted } = subject;
  const margin = { x: size.width * MARGIN, y: size.height * MARGIN };
  const larger = { width: size.width + 2 * margin.x, height: size.height + 2 * margin.y };
  const moved = { ...viewport, x: viewport.x + margin.x, y: viewport.y + margin.y };
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.globalAlpha = 1;
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, larger.width, larger.height);
  paintDots(context, palette, moved, larger);
  yield;
  const zoom = viewport.zoom * scale;
  context.setTransform(zoom, 0, 0, zoom, moved.x * scale, moved.y * scale);
  const area = seen(moved, larger);
  yield* paintEdges(context, subject, area, viewport.zoom);
  const brush = { context, scene, zoom: viewport.zoom, scale: zoom, palette, made };
  const places = nodesIn(scene, area);
  yield* paintNodes(brush, lifted.size === 0 ? places : places.filter((at) => !lifted.has(at)));
}

/** The ground: a quiet grid of dots that moves and grows with the canvas. */
function paintDots(
  context: CanvasRenderingContext2D,
  palette: Palette,
  { x, y, zoom }: Viewport,
  size: Size,
): void {
  // Zoomed out, every fourth dot stays, so that the grid is never a grey haze.
  const spacing = DOTS.spacing * zoom * (zoom < DOTS.least_zoom ? 4 : 1);
  const dot = Math.max(1, Math.min(2, 1.5 * zoom));
  context.fillStyle = palette.dots;
  for (let left = ((x % spacing) + spacing) % spacing; left < size.width; left += spacing) {
    for (let top = ((y % spacing) + spacing) % spacing; top < size.height; top += spacing) {
      context.fillRect(left, top, dot, dot);
    }
  }
}

/** Draws a picture where it belongs now, and plain ground where it does not reach. */
function show(
  picture: Picture,
  target: CanvasRenderingContext2D,
  palette: Palette,
  viewport: Viewport,
  scale: number,
): void {
  const { width, height } = target.canvas;
  const growth = viewport.zoom / picture.viewport.zoom;
  const corner = {
    x: picture.viewport.x + picture.size.width * MARGIN,
    y: picture.viewport.y + picture.size.height * MARGIN,
  };
  const left = Math.round((viewport.x - corner.x * growth) * scale);
  const top = Math.round((viewport.y - corner.y * growth) * scale);
  const shown_width = (picture.canvas.width / picture.scale) * scale * growth;
  const shown_height = (picture.canvas.height / picture.scale) * scale * growth;
  target.setTransform(1, 0, 0, 1, 0, 0);
  const covers =
    left <= 0 && top <= 0 && left + shown_width >= width && top + shown_height >= height;
  if (!covers) {
    target.fillStyle = palette.ground;
    target.fillRect(0, 0, width, height);
  }
  target.imageSmoothingEnabled = growth !== 1;
  target.imageSmoothingQuality = 'low';
  if (growth === 1 && picture.scale === scale) target.drawImage(picture.canvas, left, top);
  else target.drawImage(picture.canvas, left, top, shown_width, shown_height);
}
