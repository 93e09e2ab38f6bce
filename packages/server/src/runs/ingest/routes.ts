import { RUN_LIMITS, Run, RunBatchResults, RunProgress, Uuid } from '@cairn/protocol';
import { Type } from 'typebox';
import { AppError } from '../../base/index.ts';
import type { HttpServer, Routes } from '../../http/index.ts';
import type { Ingest } from './ingest.ts';
import { unpackBody } from './unpack-body.ts';

/** Clients of the original have no credentials: see `open_in_dev`. */
const config = { access: 'run.write', open_in_dev: true };
const tags = ['runs'];
const params = Type.Object({ run_id: Uuid });

/** Bodies are read by this module, laxly and with messages of their own; answers are made key by key. */
const lenient = {
  bodyLimit: RUN_LIMITS.body_bytes,
  serializerCompiler: () => JSON.stringify,
};

/** Reports of runs: whole, many at once, or in pieces. */
export function ingestRoutes(ingest: Ingest): Routes {
  return (server: HttpServer) => {
    server.addHook('preParsing', unpackBody(RUN_LIMITS.body_bytes));
    server.addHook('preValidation', async ({ body }) => {
      if (body === undefined) throw new AppError('invalid_json', 'the body is empty; send JSON');
    });
    addWholeRuns(server, ingest);
    addRunsInPieces(server, ingest);
  };
}

function addWholeRuns(server: HttpServer, ingest: Ingest): void {
  server.post(
    '/runs',
    {
      config: { ...config, refuses_as_original: true },
      ...lenient,
      schema: {
        summary: 'Report a run',
        description: `With all its steps; \`seq\` is exactly 0 to n-1, in any order. A repeat of the same report answers 200, another body with the same \`run_id\` 409. The ids of steps, decisions and quality signals are unique within their run. ${LIMITS_TEXT}`,
        tags,
        response: { 200: Run, 201: Run },
      },
    },
    async (request, reply) => {
      const { is_new, run } = await ingest.report(request.principal.owner_id, request.body);
      return reply.code(is_new ? 201 : 200).send(run);
    },
  );
  server.post(
    '/runs/batch',
    {
      config,
      ...lenient,
      schema: {
        summary: 'Report many runs',
        description: `\`{"runs": [...]}\` with up to ${RUN_LIMITS.batch_runs}; each is stored or refused by itself. ${LIMITS_TEXT}`,
        tags,
        response: { 200: RunBatchResults },
      },
    },
    async (request) => ({
      results: await ingest.batch(request.principal.owner_id, request.body),
    }),
  );
}

const LIMITS_TEXT = `A body has up to ${RUN_LIMITS.body_bytes / 1_048_576} MiB unpacked, and may come with \`Content-Encoding: gzip\`.`;

function addRunsInPieces(server: HttpServer, ingest: Ingest): void {
  server.post(
    '/runs/start',
    {
      config,
      ...lenient,
      schema: {
        summary: 'Begin a run that is reported in pieces',
        description:
          'A run without steps, status and end. When nothing is heard of it for a time (RUNS_SILENT_AFTER_S), it is closed as partial.',
        tags,
        response: { 200: Run, 201: Run },
      },
    },
    async (request, reply) => {
      const { is_new, run } = await ingest.begin(request.principal.owner_id, request.body);
      return reply.code(is_new ? 201 : 200).send(run);
    },
  );
  server.post(
    '/runs/:run_id/steps',
    {
      config,
      ...lenient,
      schema: {
        summary: 'Add to a run that goes on',
        description:
          'Steps, decisions and quality signals. The same once more does no harm; `{}` only says that the run goes on.',
        tags,
        params,
        response: { 200: RunProgress },
      },
    },
    async (request) =>
      ingest.append(request.principal.owner_id, request.params.run_id.toLowerCase(), request.body),
  );
  server.post(
    '/runs/:run_id/end',
    {
      config,
      ...lenient,
      schema: {
        summary: 'End a run',
        description:
          '`status`, `ended_at` and, with the status failure, `failure`. The same once more does no harm. Unless the status is partial, a `seq` of which no step came is refused with 422.',
        tags,
        params,
        response: { 200: Run },
      },
    },
    async (request) =>
      ingest.end(request.principal.owner_id, request.params.run_id.toLowerCase(), request.body),
  );
}
