import { EDGE_KINDS, NODE_KINDS } from '../graph/graph.ts';
import { EDGE_LOOKS, KIND_LOOKS } from './kind-looks.ts';

/** The colours of the theme, read once: a canvas does not know variables. */
export interface Palette {
  readonly is_dark: boolean;
  readonly ground: string;
  readonly dots: string;
  readonly raised: string;
  readonly line: string;
  readonly ink: string;
  readonly ink_faint: string;
  readonly accent: string;
  readonly accent_soft: string;
  /** By place in `NODE_KINDS`. */
  readonly kinds: readonly string[];
  /** By place in `EDGE_KINDS`. */
  readonly edges: readonly string[];
  readonly font: string;
}

/** Reads the palette from the styles that hold now. */
export function readPalette(): Palette {
  const styles = getComputedStyle(document.documentElement);
  const colour = (name: string): string => styles.getPropertyValue(name).trim();
  return {
    is_dark: document.documentElement.dataset['theme'] === 'dark',
    ground: colour('--ground'),
    dots: colour('--line'),
    raised: colour('--raised'),
    line: colour('--line'),
    ink: colour('--ink'),
    ink_faint: colour('--ink-faint'),
    accent: colour('--accent'),
    accent_soft: colour('--accent-soft'),
    kinds: NODE_KINDS.map((kind) => colour(KIND_LOOKS[kind].colour)),
    edges: EDGE_KINDS.map((kind) => colour(EDGE_LOOKS[kind].colour)),
    font: getComputedStyle(document.body).fontFamily,
  };
}

/** Calls `onChange` with the new palette whenever the theme changes, until the answer is called. */
export function watchPalette(onChange: (palette: Palette) => void): () => void {
  const observer = new MutationObserver(() => onChange(readPalette()));
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
