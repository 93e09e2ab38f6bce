import type { Figure } from './figure.ts';
import { createFigure } from './figures/create.ts';
import { footprintFigure } from './figures/footprint.ts';
import { listFigure } from './figures/list.ts';
import { readFigure } from './figures/read.ts';
import { selectorsFigure } from './figures/selectors.ts';
import { streamFigure } from './figures/stream.ts';

/** Every group that `npm run bench` measures, in this order. A new one is a file in figures/ and a line here. */
export const FIGURES: readonly Figure[] = [
  createFigure,
  readFigure,
  streamFigure,
  selectorsFigure,
  listFigure,
  footprintFigure,
];
