import type { Figure } from './figure.ts';
import { agentTurnFigure } from './figures/agent-turn.ts';
import { canvasFigure } from './figures/canvas.ts';
import { createFigure } from './figures/create.ts';
import { footprintFigure } from './figures/footprint.ts';
import { listFigure } from './figures/list.ts';
import { readFigure } from './figures/read.ts';
import { runsFigure } from './figures/runs.ts';
import { sandboxFigure } from './figures/sandbox.ts';
import { searchFigure } from './figures/search.ts';
import { selectorsFigure } from './figures/selectors.ts';
import { streamFigure } from './figures/stream.ts';

/** Every group that `npm run bench` measures, in this order. A new one is a file in figures/ and a line here. */
export const FIGURES: readonly Figure[] = [
  createFigure,
  readFigure,
  streamFigure,
  selectorsFigure,
  listFigure,
  searchFigure,
  runsFigure,
  sandboxFigure,
  agentTurnFigure,
  canvasFigure,
  footprintFigure,
];
