import { Client } from 'pg';
import { getToken } from '../api.ts';
import type { Measurement } from '../figure.ts';
import type { Bench } from '../harness.ts';
import { toRequest } from '../load/http-connection.ts';
import { jsonBytes } from '../payload.ts';
import { percentile, round } from '../statistics.ts';
import { plainInserts, sampleRun, sampleTraces } from './sample-run.ts';

const CONNECTIONS = 32;
const WRITERS = 100;
const TRACES = 20;
/** Exports made ahead for a turn: enough that none is sent twice. */
const EXPORTS_PER_SECOND = 150;

/** Runs and spans over HTTP. The server and the baseline have databases of their own on the same PostgreSQL. */
export async function measureIngest(bench: Bench): Promise<Measurement[]> {
  const server = await bench.startServer(await bench.newDatabase());
  const baseline_url = await bench.newDatabase();
  try {
    const token = await getToken(server.port);
    return [
      await compareWithInserts(bench, server.port, token, baseline_url),
      await measureManyWriters(bench, server.port, token),
      await measureSpans(bench, server.port, token),
    ];
  } finally {
    await server.stop();
  }
}

async function compareWithInserts(
  bench: Bench,
  port: number,
  token: string,
  baseline_url: string,
): Promise<Measurement> {
  const { rounds } = bench.options;
  const measure_ms = turnOf(bench);
  const run = sampleRun(Date.now());
  const requests = [toRequest('POST', '/v1/runs', { token, body: run })];
  const client = new Client({ connectionString: baseline_url });
  await client.connect();
  try {
    const expires_on = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10);
    await client.query('select run_partition($1::date)', [expires_on]);
    const latencies: string[] = [];
    const values = await bench.takeTurns(
      async () => {
        const load = {
          task: 'http',
          port,
          connections: CONNECTIONS,
          measure_ms,
          requests,
        } as const;
        const { per_second, p50_ms, p99_ms } = await bench.generator.run(load);
        latencies.push(`p50 ${round(p50_ms)} ms, p99 ${round(p99_ms)} ms`);
        return per_second;
      },
      () => insertPlainly(client, run, expires_on, measure_ms),
    );
    return {
      figure: 'runs-ingest',
      unit: '/s',
      ...values,
      goal: { of: 'ratio', at_least: 3 },
      notes: [
        `runs of 10 steps, ${jsonBytes(run)} bytes, over ${CONNECTIONS} connections; the baseline is one prepared insert for each of their 11 rows, each committed by itself, on one connection`,
        `${rounds} rounds of ${measure_ms} ms a side; the last answers took ${latencies.at(-1)}; ours also writes key and statistics`,
      ],
    };
  } finally {
    await client.end();
  }
}

/** Runs in a second when each of their rows is an insert. */
async function insertPlainly(
  client: Client,
  run: ReturnType<typeof sampleRun>,
  expires_on: string,
  measure_ms: number,
): Promise<number> {
  const began = performance.now();
  let runs = 0;
  while (performance.now() - began < measure_ms) {
    for (const { name, text, values } of plainInserts(run, expires_on))
      await client.query({ name, text, values: [...values] });
    runs++;
  }
  return (runs * 1_000) / (performance.now() - began);
}

async function measureManyWriters(bench: Bench, port: number, token: string): Promise<Measurement> {
  const { rounds } = bench.options;
  const measure_ms = turnOf(bench);
  const requests = [toRequest('POST', '/v1/runs', { token, body: sampleRun(Date.now()) })];
  const load = { task: 'http', port, connections: WRITERS, measure_ms, requests } as const;
  await bench.generator.run(load);
  const ours: number[] = [];
  const rates: number[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    const { p99_ms, per_second } = await bench.generator.run(load);
    ours.push(p99_ms);
    rates.push(per_second);
    bench.say(`p99 with ${WRITERS} writers: ${round(p99_ms)} ms`);
  }
  return {
    figure: 'runs-ingest-p99',
    unit: 'ms',
    ours,
    baseline: null,
    goal: { of: 'ours', at_most: 200 },
    notes: [
      `${WRITERS} writers, each sends its next run of 10 steps when the answer is there: ${round(percentile(rates, 0.5))} runs/s; ${rounds} rounds of ${measure_ms} ms`,
    ],
  };
}

async function measureSpans(bench: Bench, port: number, token: string): Promise<Measurement> {
  const { rounds } = bench.options;
  const measure_ms = turnOf(bench);
  const exports = Math.ceil((EXPORTS_PER_SECOND * measure_ms) / 1_000);
  const spans = TRACES * 10;
  const ours: number[] = [];
  for (let turn = 0; turn <= rounds; turn++) {
    // Each export is sent once: spans that were seen before would be another piece of work.
    const requests = Array.from({ length: exports }, () =>
      toRequest('POST', '/v1/traces', { token, body: sampleTraces(TRACES, Date.now()) }),
    );
    const load = { task: 'http', port, connections: 8, measure_ms, requests } as const;
    const { per_second } = await bench.generator.run(load);
    if ((per_second * measure_ms) / 1_000 > exports)
      throw new Error(`${exports} exports were not enough for ${per_second}/s`);
    bench.say(`${round(per_second * spans)} spans/s`);
    // The first turn does not count.
    if (turn > 0) ours.push(per_second * spans);
  }
  return {
    figure: 'otlp',
    unit: 'spans/s',
    ours,
    baseline: null,
    goal: { of: 'ours', at_least: 5_000 },
    notes: [
      `POST /v1/traces in JSON, not packed, ${TRACES} traces of 10 spans in each, over 8 connections; ${rounds} rounds of ${measure_ms} ms`,
    ],
  };
}

/** A turn lasts a second at least, or a slow machine would not answer once. */
function turnOf({ options }: Bench): number {
  return Math.max(1_000, options.slot_ms);
}
