import {
  FullRun,
  FullStep,
  Run,
  RunDecision,
  RunFailure,
  RunSignal,
  RunStep,
  RunSummary,
} from '@cairn/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError, type Clock } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { linkNext, type HttpServer, type Routes } from '../http/index.ts';
import { CollectionStore } from './query/collection-store.ts';
import { addCollections } from './query/collection-routes.ts';
import { readRunId, RunListQuery } from './query/read-query.ts';
import { COUNT_MAX, RunQueries, type RunPage } from './query/run-queries.ts';
import { RunStatistics } from './query/stats-queries.ts';
import { addStatistics } from './query/stats-routes.ts';
import { StatsStore } from './query/stats-store.ts';
import { RunQueryStore } from './query-store.ts';

/** What the routes read from. The database may be one that can only read. */
export interface RunQueryPorts {
  readonly db: Database;
  readonly clock: Clock;
}

// The id is not checked by the schema: a bad one is 422 here, as in the contract.
const ById = Type.Object({ id: Type.String() });
const access = {
  config: { access: 'run.read', open_in_dev: true },
  serializerCompiler: () => JSON.stringify,
};
/** For the routes that clients of the original ask. */
const original = { ...access, config: { ...access.config, refuses_as_original: true } };
const tags = ['runs'];
const Page = Type.Array(Type.Union([Run, FullRun, RunSummary]));

const PAGING = `The header \`Link: <…>; rel="next"\` leads to the next page. \`Lists-Cut\` names the lists of which some run has
more than the page shows; \`GET /v1/runs/:id\` has them whole.`;

/** The routes that read runs and their statistics, for under /v1: everything is of the tenant that asks. */
export function runQueryRoutes({ db, clock }: RunQueryPorts): Routes {
  const runs = new RunQueries(new RunQueryStore(db));
  const collections = new CollectionStore(db);
  const statistics = new RunStatistics(new StatsStore(db), collections, clock);
  return (server: HttpServer) => {
    addLists(server, runs);
    addRun(server, runs);
    addParts(server, runs);
    addCollections(server, collections, statistics);
    addStatistics(server, statistics);
  };
}

function addLists(server: HttpServer, runs: RunQueries): void {
  server.get(
    '/runs',
    {
      ...original,
      schema: {
        summary: 'List runs, newest first',
        description: PAGING,
        tags,
        querystring: RunListQuery,
        response: { 200: Page },
      },
    },
    async (request, reply) =>
      answerPage(request, reply, await runs.page(request.principal.owner_id, request.query)),
  );
  server.get(
    '/runs/:id/children',
    {
      ...access,
      schema: {
        summary: 'The runs that a run began, newest first',
        description: PAGING,
        tags,
        params: ById,
        querystring: RunListQuery,
        response: { 200: Page },
      },
    },
    async (request, reply) => {
      const query = { ...request.query, parent_run_id: readRunId(request.params.id) };
      return answerPage(request, reply, await runs.page(request.principal.owner_id, query));
    },
  );
}

function answerPage(request: FastifyRequest, reply: FastifyReply, page: RunPage) {
  if (page.cursor !== null) linkNext(request, reply, page.cursor);
  if (page.total !== null) {
    reply.header('x-total-count', page.total);
    if (page.total === COUNT_MAX) reply.header('x-total-count-is-bounded', 'true');
  }
  tellCut(reply, page.cut);
  return page.runs;
}

function tellCut(reply: FastifyReply, cut: readonly string[]): void {
  if (cut.length > 0) reply.header('lists-cut', cut.join(', '));
}

function addRun(server: HttpServer, runs: RunQueries): void {
  const { view, steps_max } = RunListQuery.properties;
  server.get(
    '/runs/:id',
    {
      ...original,
      schema: {
        summary: 'Read a run with its steps, failures, decisions and quality signals',
        tags,
        params: ById,
        querystring: Type.Object({ view, steps_max }),
        response: { 200: Type.Union([Run, FullRun]) },
      },
    },
    async ({ principal, params, query }, reply) => {
      const id = readRunId(params.id);
      const found = await runs.find(principal.owner_id, id, query);
      if (!found) throw new AppError('not_found', `Run ${id} not found`);
      tellCut(reply, found.cut);
      return found.run;
    },
  );
}

function addParts(server: HttpServer, runs: RunQueries): void {
  server.get(
    '/runs/:id/steps',
    {
      ...original,
      schema: {
        summary: 'The steps of a run, in order',
        description: '404 also when the run has none.',
        tags,
        params: ById,
        querystring: Type.Object({ view: RunListQuery.properties.view }),
        response: { 200: Type.Array(Type.Union([RunStep, FullStep])) },
      },
    },
    async ({ principal, params, query }) => {
      const id = readRunId(params.id);
      const steps = await runs.steps(principal.owner_id, id, query.view === 'full');
      if (steps.length === 0) throw new AppError('not_found', `No steps found for run ${id}`);
      return steps;
    },
  );
  server.get(
    '/runs/:id/failures',
    {
      ...part('The failures of a run; none also when there is no such run', RunFailure),
      ...original,
    },
    ({ principal, params }) => runs.failures(principal.owner_id, readRunId(params.id)),
  );
  server.get(
    '/runs/:id/decisions',
    part(
      'The decisions of a run, as they were reported; none also when there is no such run',
      RunDecision,
    ),
    ({ principal, params }) => runs.decisions(principal.owner_id, readRunId(params.id)),
  );
  server.get(
    '/runs/:id/signals',
    part(
      'The quality signals of a run, as they were reported; none also when there is no such run',
      RunSignal,
    ),
    ({ principal, params }) => runs.signals(principal.owner_id, readRunId(params.id)),
  );
}

function part<T extends typeof RunFailure | typeof RunDecision | typeof RunSignal>(
  summary: string,
  item: T,
) {
  return {
    ...access,
    schema: { summary, tags, params: ById, response: { 200: Type.Array(item) } },
  };
}
