import { NODE_KINDS } from '../graph/graph.ts';
import { NODE_SIZE } from '../layouts/layout.ts';
import { KIND_LOOKS } from './kind-looks.ts';
import type { Palette } from './palette.ts';
import type { Scene } from './scene.ts';

/** What is drawn of a node: below the first zoom a mark in its colour, below the second a title only, above everything. */
const DETAIL = { title: 0.34, all: 0.62 } as const;
const CORNER = 12;
const BATCH = { marks: 150, cards: 12 } as const;
const TEXT_LEFT = 44;
const PADDING = 12;

/** What nodes of one drawing share. */
interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly scene: Scene;
  readonly zoom: number;
  /** Pixels of the screen for a unit of the canvas. */
  readonly scale: number;
  readonly palette: Palette;
  readonly made: MadeBefore;
}

/** What is slow to make and was made before: titles cut to the width of a node, and cards of one palette and scale. */
export interface MadeBefore {
  readonly labels: Map<string, string>;
  cards: readonly HTMLCanvasElement[];
  cards_of: { readonly palette: Palette; readonly scale: number } | null;
}

/** Nothing yet. */
export function nothingMade(): MadeBefore {
  return { labels: new Map(), cards: [], cards_of: null };
}

/** Draws nodes on a context in units of the canvas; yields after each batch, so that it can pause. */
export function* paintNodes(brush: Brush, places: readonly number[]): Generator<void> {
  if (brush.zoom < DETAIL.title) yield* paintMarks(brush, places);
  else yield* paintCards(brush, places);
}

function* paintMarks({ context, scene, zoom, palette }: Brush, places: readonly number[]) {
  const { width, height } = NODE_SIZE;
  // Rounded corners cost, and under a few pixels nobody sees them.
  const is_round = height * zoom >= 9;
  for (let kind = 0; kind < NODE_KINDS.length; kind++) {
    const own = places.filter((at) => scene.kinds[at] === kind);
    context.fillStyle = palette.kinds[kind] ?? palette.ink;
    context.globalAlpha = NODE_KINDS[kind] === 'breadcrumb' ? 0.5 : 0.92;
    for (let start = 0; start < own.length; start += BATCH.marks) {
      if (is_round) context.beginPath();
      for (const at of own.slice(start, start + BATCH.marks)) {
        const x = (scene.positions[at * 2] ?? 0) - width / 2;
        const y = (scene.positions[at * 2 + 1] ?? 0) - height / 2;
        if (is_round) context.roundRect(x, y, width, height, CORNER);
        else context.fillRect(x, y, width, height);
      }
      if (is_round) context.fill();
      yield;
    }
  }
  context.globalAlpha = 1;
}

function* paintCards(brush: Brush, places: readonly number[]): Generator<void> {
  const { context, scene, zoom } = brush;
  const cards = cardsOf(brush);
  for (const [index, at] of places.entries()) {
    const x = scene.positions[at * 2] ?? 0;
    const y = scene.positions[at * 2 + 1] ?? 0;
    const card = cards[scene.kinds[at] ?? 0];
    if (card !== undefined) {
      const [width, height] = [card.width / brush.scale, card.height / brush.scale];
      context.drawImage(card, x - width / 2, y - height / 2, width, height);
    }
    paintLabel(brush, at, x, y, zoom >= DETAIL.all);
    if (index % BATCH.cards === BATCH.cards - 1) yield;
  }
}

function cardsOf(brush: Brush): readonly HTMLCanvasElement[] {
  const { made, palette, scale } = brush;
  if (made.cards_of?.palette !== palette || made.cards_of.scale !== scale) {
    made.cards = NODE_KINDS.map((_, kind) => makeCard(brush, kind));
    made.cards_of = { palette, scale };
  }
  return made.cards;
}

/** A card without its text: drawn once for each kind, since shadows are slow. */
function makeCard({ scale, palette }: Brush, kind: number): HTMLCanvasElement {
  const margin = 16;
  const card = document.createElement('canvas');
  card.width = Math.ceil((NODE_SIZE.width + 2 * margin) * scale);
  card.height = Math.ceil((NODE_SIZE.height + 2 * margin) * scale);
  const context = card.getContext('2d');
  if (context === null) return card;
  const colour = palette.kinds[kind] ?? palette.ink;
  context.scale(scale, scale);
  context.translate(margin, margin);
  context.beginPath();
  context.roundRect(0, 0, NODE_SIZE.width, NODE_SIZE.height, CORNER);
  context.shadowColor = palette.is_dark ? 'rgb(0 0 0 / 45%)' : 'rgb(40 34 20 / 16%)';
  context.shadowBlur = 10 * scale;
  context.shadowOffsetY = 3 * scale;
  context.fillStyle = palette.raised;
  context.fill();
  context.shadowColor = 'transparent';
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.stroke();
  context.beginPath();
  context.roundRect(PADDING - 2, (NODE_SIZE.height - 30) / 2, 30, 30, 9);
  context.fillStyle = colour;
  context.globalAlpha = palette.is_dark ? 0.2 : 0.13;
  context.fill();
  context.globalAlpha = 1;
  context.translate(PADDING + 4, (NODE_SIZE.height - 18) / 2);
  context.scale(0.75, 0.75);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.lineCap = context.lineJoin = 'round';
  context.stroke(new Path2D(KIND_LOOKS[NODE_KINDS[kind] ?? 'breadcrumb'].sign));
  return card;
}

function paintLabel(brush: Brush, at: number, x: number, y: number, is_whole: boolean): void {
  const { context, scene, palette } = brush;
  const node = scene.nodes[at];
  if (node === undefined) return;
  const left = x - NODE_SIZE.width / 2 + TEXT_LEFT + 4;
  context.textBaseline = 'middle';
  context.fillStyle = palette.ink;
  if (!is_whole) {
    // Seen from afar only the title is there, and larger.
    context.font = `500 19px ${palette.font}`;
    context.fillText(cut(brush, node.title, 'far'), left, y + 1);
    return;
  }
  context.font = `500 13px ${palette.font}`;
  context.fillText(cut(brush, node.title, 'title'), left, y - 8);
  context.font = `400 11px ${palette.font}`;
  context.fillStyle = palette.ink_faint;
  context.fillText(cut(brush, node.subtitle, 'subtitle'), left, y + 10);
}

/** The text with an ellipsis where it is wider than the card. The font must be set. */
function cut(
  { context, made: { labels } }: Brush,
  text: string,
  size: 'far' | 'title' | 'subtitle',
): string {
  const key = `${size} ${text}`;
  const known = labels.get(key);
  if (known !== undefined) return known;
  const room = NODE_SIZE.width - TEXT_LEFT - PADDING - 4;
  const line = text.slice(0, 80).replaceAll(/\s+/g, ' ').trim();
  let shown = line;
  if (context.measureText(line).width > room) {
    let [fits, too_long] = [0, line.length];
    while (too_long - fits > 1) {
      const length = (fits + too_long) >> 1;
      if (context.measureText(`${line.slice(0, length)}…`).width <= room) fits = length;
      else too_long = length;
    }
    shown = `${line.slice(0, fits).trimEnd()}…`;
  }
  labels.set(key, shown);
  return shown;
}
