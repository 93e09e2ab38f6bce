import { measureIngest } from '../runs/measure-ingest.ts';
import { measureQueries } from '../runs/measure-queries.ts';
import type { Figure } from '../figure.ts';

/** What agents report of their runs, in and out. */
export const runsFigure: Figure = {
  name: 'runs',
  title: 'ingest of runs and spans; statistics and pages of many runs ÷ of few',
  async measure(bench) {
    return [...(await measureIngest(bench)), ...(await measureQueries(bench))];
  },
};
