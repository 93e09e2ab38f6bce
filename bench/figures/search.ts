import { WELL_KNOWN } from '@cairn/protocol';
import { newId, silentLog } from '../../packages/server/src/base/index.ts';
import {
  createEmbedder,
  EMBEDDER_DEFAULTS,
  embedRecords,
} from '../../packages/server/src/breadcrumbs/index.ts';
import { getToken } from '../api.ts';
import type { Figure, Measurement } from '../figure.ts';
import type { Bench } from '../harness.ts';
import { toRequest } from '../load/http-connection.ts';
import { fillNotes, toIndexable } from '../search/fill-notes.ts';
import { measureRecall } from '../search/measure-recall.ts';
import { NoteWriter } from '../search/write-notes.ts';
import { median, round } from '../statistics.ts';

const RECORDS = 100_000;
const RECORDS_QUICK = 10_000;
const QUERIES = 200;
const HITS = 10;
/** Of 100 records, those that are private to a colleague of the reader; so that the access filter leaves something out. */
const PRIVATE = 10;
/** Of 100 records, those of a small tenant, for whose agents the access filter leaves nearly everything out. */
const OF_GUEST = 8;
const AGENT = ['emitter', 'subscriber'] as const;

interface Searcher {
  readonly owner_id: string;
  readonly agent_id: string;
  readonly token: string;
}

/** Where the records are, and who looks for them. */
interface Library {
  readonly url: string;
  readonly port: number;
  readonly count: number;
  readonly reader: Searcher;
  readonly guest: Searcher;
  /** What people type. */
  readonly questions: readonly string[];
  /** Of questions and of whole notes, in turn; none where the database keeps none. */
  readonly vectors: readonly string[];
  readonly embedder: string;
  readonly about: string;
}

/** Search over HTTP by ordinary agents: by words and vectors where a PostgreSQL with pgvector is here, else by words. */
export const searchFigure: Figure = {
  name: 'search',
  title: `search at ${RECORDS} breadcrumbs, access filter on`,
  async measure(bench) {
    const with_vectors = await bench.withVectors();
    if (with_vectors === null)
      bench.say('words only: no pgvector here (npm run test:services builds one under .cache/)');
    try {
      return await measureSearch(with_vectors ?? bench, with_vectors !== null);
    } finally {
      if (with_vectors !== bench) await with_vectors?.close();
    }
  },
};

async function measureSearch(bench: Bench, has_vectors: boolean): Promise<Measurement[]> {
  const url = await bench.newDatabase();
  const server = await bench.startServer(url);
  try {
    const library = await fillLibrary(bench, url, server.port, has_vectors);
    const mode = await readMode(library);
    if (mode !== (has_vectors ? 'hybrid' : 'words'))
      throw new Error(`the search mode is ${mode}, with vectors: ${has_vectors}`);
    const asked = library.questions.map((text) => `q=${encodeURIComponent(text)}`);
    const pointed = library.vectors.map((vector) => `qvec=${vector.slice(1, -1)}`);
    const { reader, guest } = library;
    const in_words = has_vectors ? 'words and vectors' : 'words only';
    const few = `for an agent that may read ${OF_GUEST} records in 100`;
    const time = async (figure: string, who: Searcher, queries: readonly string[], what: string) =>
      measureTime(bench, library, { figure, who, queries, what });
    const measured = [
      await time('search', reader, asked, `by ${in_words}`),
      await time('search-few-readable', guest, asked, `by ${in_words}, ${few}`),
    ];
    if (!has_vectors) return measured;
    return [
      ...measured,
      await time('search-vector', reader, pointed, 'by vector (qvec)'),
      await time('search-vector-few-readable', guest, pointed, `by vector (qvec), ${few}`),
      await recall(bench, library, { figure: 'search-recall', who: reader, what: 'found' }),
      await recall(bench, library, {
        figure: 'search-recall-few-readable',
        who: guest,
        what: `found ${few}`,
      }),
    ];
  } finally {
    await server.stop();
  }
}

async function fillLibrary(
  bench: Bench,
  url: string,
  port: number,
  has_vectors: boolean,
): Promise<Library> {
  const count = bench.options.quick ? RECORDS_QUICK : RECORDS;
  const newSearcher = async (owner_id: string): Promise<Searcher> => {
    const who = { owner_id, agent_id: newId() };
    return { ...who, token: await getToken(port, { ...who, roles: AGENT }) };
  };
  const reader = await newSearcher(WELL_KNOWN.owner_id);
  const colleague = await newSearcher(WELL_KNOWN.owner_id);
  const guest = await newSearcher(newId());
  const writer = new NoteWriter(7);
  const embedder = await createEmbedder(EMBEDDER_DEFAULTS);
  bench.say(`filling ${count} breadcrumbs${has_vectors ? ' and their vectors' : ''}`);
  const began = performance.now();
  await bench.withDatabase(url, (client) =>
    fillNotes(client, {
      count,
      note: () => writer.note(),
      author(n) {
        const chance = n % 100;
        if (chance < OF_GUEST) return { ...guest, is_private: false };
        const is_private = chance < OF_GUEST + PRIVATE;
        return { ...(is_private ? colleague : reader), is_private };
      },
      embedder: has_vectors ? embedder : null,
    }),
  );
  const took_s = Math.round((performance.now() - began) / 1_000);
  const questions = Array.from({ length: QUERIES }, () => writer.question());
  const meant = questions.map((title, at) =>
    toIndexable(at % 2 === 0 ? { title, tags: [], context: {} } : writer.note()),
  );
  const embedded = has_vectors ? await embedRecords(meant, { embedder, log: silentLog }) : null;
  const vectors = [...(embedded?.values() ?? [])].filter((vector) => vector !== null);
  const version = `PostgreSQL ${bench.settings.version}, shared_buffers ${bench.settings.shared_buffers}`;
  const about = `${count} breadcrumbs of 500 subjects, ${PRIVATE} in 100 private to a colleague and ${OF_GUEST} in 100 another tenant's; ${version}; filled within ${took_s} s`;
  return {
    url,
    port,
    count,
    reader,
    guest,
    questions,
    vectors,
    embedder: embedder.name,
    about,
  };
}

/** The p95 of one search after the other, each round beginning with another query. */
async function measureTime(
  bench: Bench,
  { port, about }: Library,
  order: { figure: string; who: Searcher; queries: readonly string[]; what: string },
): Promise<Measurement> {
  const { figure, who, queries, what } = order;
  const { rounds, slot_ms: measure_ms } = bench.options;
  const requests = queries.map((query) =>
    toRequest('GET', `/breadcrumbs/search?${query}&nn=${HITS}`, { token: who.token }),
  );
  const results = [];
  // The first one warms up and does not count.
  for (let each = 0; each <= rounds; each++) {
    const start = Math.floor((each * requests.length) / (rounds + 1));
    const turned = [...requests.slice(start), ...requests.slice(0, start)];
    const load = { port, connections: 1, measure_ms, requests: turned };
    results.push(await bench.generator.run({ task: 'http', ...load }));
  }
  const counted = results.slice(1);
  return {
    figure,
    unit: 'ms',
    ours: counted.map(({ p95_ms }) => p95_ms),
    baseline: null,
    goal: { of: 'ours', at_most: 50 },
    notes: [
      `${what}: p95 of one request after the other, ${HITS} hits each; p50 ${round(median(counted.map(({ p50_ms }) => p50_ms)))} ms; ${QUERIES} queries, ${rounds} rounds of ${measure_ms} ms`,
      about,
    ],
  };
}

async function recall(
  bench: Bench,
  { url, port, vectors, embedder }: Library,
  { figure, who, what }: { figure: string; who: Searcher; what: string },
): Promise<Measurement> {
  const share = await bench.withDatabase(url, (client) =>
    measureRecall(client, { port, ...who, by: embedder, vectors, hits: HITS }),
  );
  return {
    figure,
    unit: '%',
    ours: [share],
    baseline: null,
    goal: { of: 'ours', at_least: 90 },
    notes: [
      `${what} of the ${HITS} records that are nearest when all that may be read are compared one by one; ${vectors.length} vectors, of questions and of notes in turn`,
    ],
  };
}

async function readMode({ port, reader, questions }: Library): Promise<string> {
  const query = new URLSearchParams({ q: questions[0] ?? '', nn: String(HITS) });
  const answer = await fetch(`http://127.0.0.1:${port}/breadcrumbs/search?${query.toString()}`, {
    headers: { authorization: `Bearer ${reader.token}` },
  });
  const hits = (await answer.json()) as unknown[];
  if (hits.length !== HITS) throw new Error(`a search found ${hits.length} and not ${HITS}`);
  return answer.headers.get('search-mode') ?? 'unknown';
}
