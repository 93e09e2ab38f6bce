import type { TextSearch } from '../routes/search.ts';
import { EDGE_KINDS, NODE_KINDS } from './graph/graph.ts';
import type { GraphFilter } from './graph/filter-graph.ts';
import { LAYOUTS, type LayoutName } from './layouts/layout.ts';

/** Selected nodes that an address holds: it must stay an address. */
const SELECTED_AT_MOST = 50;

/** Two dimensions, three, or the same graph as a list without a picture. */
export const MODES = ['2d', '3d', 'list'] as const;
export type CanvasMode = (typeof MODES)[number];

/** The settings of the canvas, read from the address. */
export interface CanvasSettings {
  readonly mode: CanvasMode;
  readonly layout: LayoutName;
  readonly filter: GraphFilter;
  readonly selected: readonly string[];
}

/** What the address means; whatever it does not say, or says wrongly, is at its default. */
export function readSettings(search: TextSearch): CanvasSettings {
  const text = (name: string): string => search[name] ?? '';
  return {
    mode: MODES.find((mode) => mode === text('mode')) ?? '2d',
    layout: LAYOUTS.find((name) => name === text('layout')) ?? 'grid',
    filter: {
      q: text('q'),
      tags: readPieces(text('tags')),
      kinds: text('kinds') === '' ? NODE_KINDS : known(text('kinds'), NODE_KINDS),
      edges: text('edges') === '' ? EDGE_KINDS : known(text('edges'), EDGE_KINDS),
    },
    selected: readPieces(text('selected')),
  };
}

/** The texts of the address that say these settings. Lists are percent-encoded pieces; defaults are empty. */
export function writeSettings({ mode, layout, filter, selected }: CanvasSettings): TextSearch {
  const { q, tags, kinds, edges } = filter;
  return {
    mode: mode === '2d' ? '' : mode,
    layout: layout === 'grid' ? '' : layout,
    q,
    tags: writePieces(tags),
    kinds: kinds.length === NODE_KINDS.length ? '' : writePieces(kinds) || NONE,
    edges: edges.length === EDGE_KINDS.length ? '' : writePieces(edges) || NONE,
    selected: writePieces(selected.slice(0, SELECTED_AT_MOST)),
  };
}

/** An empty list that is not the default. */
const NONE = '-';

function known<T extends string>(text: string, all: readonly T[]): readonly T[] {
  const pieces = new Set(readPieces(text));
  return all.filter((each) => pieces.has(each));
}

function writePieces(pieces: readonly string[]): string {
  // Half a character pair cannot be percent-encoded.
  return pieces.map((piece) => encodeURIComponent(piece.toWellFormed())).join(',');
}

function readPieces(text: string): readonly string[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((piece) => {
      try {
        return decodeURIComponent(piece);
      } catch {
        // Somebody wrote the address by hand.
        return piece;
      }
    });
}
