import { Client } from 'pg';
import { newId } from '../../packages/server/src/base/index.ts';
import { percentile } from '../statistics.ts';
import type { InsertLoad, LoadResult } from './contract.ts';
import { startMeter } from './processor-meter.ts';

/** Runs one prepared insert over and over on each connection, every one its own transaction. */
export async function insertRows(load: InsertLoad): Promise<LoadResult> {
  const { url, connections, measure_ms, text, values } = load;
  const clients = Array.from({ length: connections }, () => new Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  const latencies: number[] = [];
  const [, ...others] = values;
  const insert = (client: Client) =>
    client.query({ name: 'bare_insert', text, values: [newId(), ...others] });
  // The first run of each connection parses and plans.
  await Promise.all(clients.map(insert));
  const meter = startMeter();
  const end = performance.now() + measure_ms;
  await Promise.all(
    clients.map(async (client) => {
      for (let began = performance.now(); began < end;) {
        await insert(client);
        const now = performance.now();
        latencies.push(now - began);
        began = now;
      }
    }),
  );
  const { elapsed_ms, cores } = meter();
  await Promise.all(clients.map((client) => client.end()));
  return {
    per_second: (latencies.length / elapsed_ms) * 1_000,
    p50_ms: percentile(latencies, 0.5),
    p95_ms: percentile(latencies, 0.95),
    p99_ms: percentile(latencies, 0.99),
    generator_cores: cores,
  };
}
