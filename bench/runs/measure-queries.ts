import { getToken, readText } from '../api.ts';
import type { Measurement } from '../figure.ts';
import type { Bench } from '../harness.ts';
import { HttpConnection, toRequest } from '../load/http-connection.ts';
import type { LoadResult } from '../load/contract.ts';
import { percentile } from '../statistics.ts';
import { DAYS, fillRuns, STEPS } from './fill-runs.ts';

const FEW = 10_000;
const PAGE = 20;
const DAY_MS = 86_400_000;
/** A turn lasts so long at least, or a slow machine would not answer once. */
const MEASURE_MS = 1_000;

/** Statistics and pages among many runs and among few, on two servers with databases on the same PostgreSQL. */
export async function measureQueries(bench: Bench): Promise<Measurement[]> {
  const { list_rows: many_runs, slot_ms, rounds } = bench.options;
  const measure_ms = Math.max(MEASURE_MS, slot_ms / 2.5);
  const many_url = await bench.newDatabase();
  const few_url = await bench.newDatabase();
  for (const [url, runs] of [
    [many_url, many_runs],
    [few_url, FEW],
  ] as const) {
    bench.say(`filling ${runs} runs`);
    await bench.withDatabase(url, (client) => fillRuns(client, runs));
  }
  const many = await bench.startServer(many_url);
  const few = await bench.startServer(few_url);
  const tokens = new Map([
    [many.port, await getToken(many.port)],
    [few.port, await getToken(few.port)],
  ]);
  const ask = (port: number, path: string): Promise<LoadResult> => {
    const requests = [toRequest('GET', path, { token: tokens.get(port) ?? '' })];
    const load = { connections: 1, measure_ms, requests };
    return bench.generator.run({ task: 'http', port, ...load });
  };
  const compare = async (figure: string, path: string, about: string): Promise<Measurement> => ({
    figure,
    unit: 'ms',
    ...(await bench.takeTurns(
      async () => (await ask(many.port, path)).p50_ms,
      async () => (await ask(few.port, path)).p50_ms,
    )),
    goal: { of: 'ratio', at_most: 3 },
    notes: [
      `p50 of one GET ${path.split('?')[0]} after the other at ${many_runs} and at ${FEW} runs over the same ${DAYS} days; ${about}`,
    ],
  });
  try {
    const page = `/v1/runs?page_size=${PAGE}`;
    const text = await readText(many.port, tokens.get(many.port) ?? '', page);
    const shown = JSON.parse(text) as { steps: unknown[] }[];
    if (shown.length !== PAGE || shown.some(({ steps }) => steps.length !== STEPS))
      throw new Error(`the page is not of ${PAGE} runs with ${STEPS} steps each`);
    const from = new Date(Date.now() - 30.4 * DAY_MS).toISOString();
    const to = new Date(Date.now() - 1.3 * DAY_MS).toISOString();
    const range = `/v1/stats?start_time=${from}&end_time=${to}`;
    const request = toRequest('GET', page, { token: tokens.get(many.port) ?? '' });
    await timeOneByOne(many.port, request, measure_ms);
    const p95: number[] = [];
    for (let turn = 0; turn < rounds; turn++)
      p95.push(percentile(await timeOneByOne(many.port, request, measure_ms), 0.95));
    return [
      await compare('runs-stats', '/v1/stats', 'of all runs'),
      await compare('runs-stats-range', range, 'of 29 days, neither end on the hour'),
      {
        figure: 'runs-page',
        unit: 'ms',
        ours: p95,
        baseline: null,
        goal: { of: 'ours', at_most: 30 },
        notes: [
          `p95 of one page of ${PAGE} whole runs of ${STEPS} steps after the other, among ${many_runs} runs; answer ${Buffer.byteLength(text)} bytes`,
        ],
      },
    ];
  } finally {
    await Promise.all([many.stop(), few.stop()]);
  }
}

/** Milliseconds of each answer, on one connection. */
async function timeOneByOne(
  port: number,
  request: Uint8Array,
  measure_ms: number,
): Promise<number[]> {
  const { promise, resolve, reject } = Promise.withResolvers<number[]>();
  const latencies: number[] = [];
  const end = performance.now() + measure_ms;
  let sent_at = 0;
  const connection = await HttpConnection.open(port, (status, fault) => {
    if (fault !== null) return reject(new Error(`an answer was ${status}: ${fault}`));
    const now = performance.now();
    latencies.push(now - sent_at);
    if (now > end) return resolve(latencies);
    sent_at = now;
    connection.send(request);
  });
  sent_at = performance.now();
  connection.send(request);
  return promise.finally(() => connection.close());
}
