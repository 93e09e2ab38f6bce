import { WELL_KNOWN, type BreadcrumbCreate } from '@cairn/protocol';
import { newId } from '../../packages/server/src/base/index.ts';
import { getToken } from '../api.ts';
import type { Figure } from '../figure.ts';
import type { Bench } from '../harness.ts';
import { toRequest } from '../load/http-connection.ts';
import { sendEach } from '../load/send-each.ts';
import { sampleBody } from '../payload.ts';
import { median, round } from '../statistics.ts';

const RECORDS = 100_000;
const RECORDS_QUICK = 10_000;
const WORDS = 3_000;
const WORDS_OF_RECORD = 25;
const QUERIES = 200;
const HITS = 10;
/** One record in ten is private to somebody else, so that the access filter has something to leave out. */
const HIDDEN = 10;
const INDEXED_MS = 300_000;

/** Search over HTTP by an ordinary agent, by words or by words and meaning, as the database can. */
export const searchFigure: Figure = {
  name: 'search',
  title: `search at ${RECORDS} breadcrumbs, access filter on`,
  async measure(bench) {
    const { quick, rounds, slot_ms: measure_ms } = bench.options;
    const count = quick ? RECORDS_QUICK : RECORDS;
    const url = await bench.newDatabase();
    const server = await bench.startServer(url);
    try {
      const { port } = server;
      const random = randomFrom(7);
      const roles = ['emitter', 'subscriber'] as const;
      const reader = await getToken(port, { roles });
      const stranger = await getToken(port, { roles, agent_id: newId() });
      bench.say(`creating ${count} breadcrumbs`);
      await sendEach(port, count, (n) => {
        const is_hidden = n % HIDDEN === 0;
        const body = { ...note(random), ...(is_hidden ? { visibility: 'private' } : {}) };
        return toRequest('POST', '/breadcrumbs', { token: is_hidden ? stranger : reader, body });
      });
      await untilIndexed(bench, url);
      const queries = Array.from({ length: QUERIES }, () => {
        const words = [pickWord(random), pickWord(random), pickWord(random)].join(' ');
        return `/breadcrumbs/search?q=${encodeURIComponent(words)}&nn=${HITS}`;
      });
      const mode = await readMode(port, reader, queries[0] ?? '');
      const load = { port, connections: 1, measure_ms };
      const searches = queries.map((path) => toRequest('GET', path, { token: reader }));
      const measureOnce = () => bench.generator.run({ task: 'http', ...load, requests: searches });
      await measureOnce();
      const results = [];
      for (let each = 0; each < rounds; each++) results.push(await measureOnce());
      return [
        {
          figure: 'search',
          unit: 'ms',
          ours: results.map(({ p95_ms }) => p95_ms),
          baseline: null,
          goal: { of: 'ours', at_most: 50 },
          notes: [
            `p95 of one request after the other at ${count} breadcrumbs, of which every ${HIDDEN}th is hidden from the reader; search-mode ${mode}; p50 ${round(median(results.map(({ p50_ms }) => p50_ms)))} ms`,
            `${QUERIES} queries of three words, ${HITS} hits each; records have ${WORDS_OF_RECORD} of ${WORDS} words, some of them common; ${rounds} rounds of ${measure_ms} ms`,
          ],
        },
      ];
    } finally {
      await server.stop();
    }
  },
};

/** A record of words that are unevenly common, as in a language. */
function note(random: () => number): BreadcrumbCreate {
  const words = Array.from({ length: WORDS_OF_RECORD }, () => pickWord(random));
  return {
    ...sampleBody(words.slice(0, 5).join(' ')),
    tags: ['workspace:bench', `service:${Math.floor(random() * 500)}`],
    context: { summary: words.slice(5).join(' '), took_ms: Math.floor(random() * 10_000) },
  };
}

function pickWord(random: () => number): string {
  return wordOf(Math.floor(WORDS * random() ** 3));
}

/** Made up of syllables, so that no list of words has to be part of the benchmark. */
function wordOf(number: number): string {
  const syllables = ['ka', 'to', 'mi', 're', 'su', 'lan', 'per', 'vo', 'dri', 'ben', 'hul', 'ox'];
  const digits = Array.from(number.toString(12).padStart(3, '0'), (digit) => parseInt(digit, 12));
  return digits.map((digit) => syllables[digit]).join('');
}

/** The same numbers in each run (a linear congruential generator). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Waits until the words, and the vectors where the database has any, of all records are there. */
async function untilIndexed(bench: Bench, url: string): Promise<void> {
  const began = performance.now();
  await bench.withDatabase(url, async (client) => {
    for (;;) {
      const { rows } = await client.query<{ missing: number }>(
        `select count(*)::int as missing from breadcrumbs
         where owner_id = $1 and (indexed_version < version or embedded_by is null)`,
        [WELL_KNOWN.owner_id],
      );
      if (rows[0]?.missing === 0) break;
      if (performance.now() - began > INDEXED_MS)
        throw new Error(`${rows[0]?.missing} records are not indexed after ${INDEXED_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await client.query('vacuum analyze breadcrumbs');
  });
}

async function readMode(port: number, token: string, path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const hits = (await answer.json()) as unknown[];
  if (hits.length !== HITS) throw new Error(`a search found ${hits.length} and not ${HITS}`);
  return answer.headers.get('search-mode') ?? 'unknown';
}
