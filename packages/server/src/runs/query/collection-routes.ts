import {
  DecisionsSummary,
  ListedDecision,
  ListedSignal,
  RUN_LIMITS,
  SignalsSummary,
} from '@cairn/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type, type Static, type TSchema } from 'typebox';
import { linkNext, type HttpServer } from '../../http/index.ts';
import type { CollectionStore, RecordedFilter } from './collection-store.ts';
import type { PageOf } from './contract.ts';
import { FILTER_QUERY, given, PAGE_SIZE, readFilter, readPlace, writePlace } from './read-query.ts';
import type { RunStatistics } from './stats-queries.ts';
import { viewListedDecision, viewListedSignal } from './view-runs.ts';

const tags = ['runs'];
const Text = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ maxLength, description }));

/** Lists and summaries mean the same time, so that they agree. */
const RECORDED_QUERY = {
  ...FILTER_QUERY,
  start_time: Text(40, 'Recorded then or later; without an offset it is UTC'),
  end_time: Text(40, 'Recorded then or sooner'),
};

const Listed = Type.Object({
  ...RECORDED_QUERY,
  ...PAGE_SIZE,
  type: Text(RUN_LIMITS.code_chars, 'Exactly this type'),
  code: Text(RUN_LIMITS.code_chars, 'Part of the reason or code'),
  agent: Text(RUN_LIMITS.agent_id_chars, "Part of the agent's name"),
});
type Listed = Static<typeof Listed>;

const DecisionsQuery = Type.Object({
  ...Listed.properties,
  selected: Text(RUN_LIMITS.selected_chars, 'Exactly what was selected'),
  min_confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
});
const SignalsQuery = Type.Object({
  ...Listed.properties,
  value: Type.Optional(Type.Boolean()),
});

function reads<Q extends TSchema, A extends TSchema>(summary: string, querystring: Q, answer: A) {
  return {
    config: { access: 'run.read', open_in_dev: true },
    serializerCompiler: () => JSON.stringify,
    schema: { summary, tags, querystring, response: { 200: answer } },
  };
}

/** The routes of what all runs decided and how good it was. */
export function addCollections(
  server: HttpServer,
  store: CollectionStore,
  statistics: RunStatistics,
): void {
  server.get(
    '/decisions',
    reads('Decisions of all runs, newest first', DecisionsQuery, Type.Array(ListedDecision)),
    async (request, reply) => {
      const { principal, query } = request;
      const { selected, min_confidence } = query;
      const filter = { ...readRecorded(query), selected: given(selected), min_confidence };
      const rows = await answerRecorded(request, reply, query, (page) =>
        store.decisions(principal.owner_id, filter, page),
      );
      return rows.map(viewListedDecision);
    },
  );
  server.get(
    '/signals',
    reads('Quality signals of all runs, newest first', SignalsQuery, Type.Array(ListedSignal)),
    async (request, reply) => {
      const { principal, query } = request;
      const filter = { ...readRecorded(query), value: query.value };
      const rows = await answerRecorded(request, reply, query, (page) =>
        store.signals(principal.owner_id, filter, page),
      );
      return rows.map(viewListedSignal);
    },
  );
  server.get(
    '/decisions/summary',
    reads(
      'Decisions counted by type, by what was selected and by reason',
      Type.Object(RECORDED_QUERY),
      DecisionsSummary,
    ),
    ({ principal, query }) => statistics.decisions(principal.owner_id, readFilter(query)),
  );
  server.get(
    '/signals/summary',
    reads(
      'Quality signals counted by type, code and value',
      Type.Object(RECORDED_QUERY),
      SignalsSummary,
    ),
    ({ principal, query }) => statistics.signals(principal.owner_id, readFilter(query)),
  );
}

function readRecorded(query: Listed): RecordedFilter {
  return {
    ...readFilter(query),
    type: given(query.type),
    code: given(query.code),
    agent: given(query.agent),
  };
}

/** One page of rows, with the header that leads to the next. */
async function answerRecorded<
  Row extends { recorded_at: string } & ({ decision_id: string } | { signal_id: string }),
>(
  request: FastifyRequest,
  reply: FastifyReply,
  { page_size = RUN_LIMITS.page_size_default, cursor }: Listed,
  read: (page: PageOf) => Promise<Row[]>,
): Promise<Row[]> {
  const after = readPlace(cursor);
  const rows = await read({ limit: page_size + 1, offset: 0, after });
  const last = rows[page_size - 1];
  if (last && rows.length > page_size) {
    const id = 'decision_id' in last ? last.decision_id : last.signal_id;
    linkNext(request, reply, writePlace(last.recorded_at, id));
  }
  return rows.slice(0, page_size);
}
