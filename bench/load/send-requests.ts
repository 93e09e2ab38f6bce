import { percentile } from '../statistics.ts';
import type { HttpLoad, LoadResult } from './contract.ts';
import { HttpConnection } from './http-connection.ts';
import { startMeter } from './processor-meter.ts';

/** Sends requests over kept-alive connections, one at a time on each. Rejects at the first answer that is not a 2xx. */
export async function sendRequests(load: HttpLoad): Promise<LoadResult> {
  const { port, connections, measure_ms, requests } = load;
  const latencies: number[] = [];
  let next = 0;
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const open = await Promise.all(
    Array.from({ length: connections }, async () => {
      let sent_at = 0;
      const connection = await HttpConnection.open(port, (status, fault) => {
        if (fault !== null) return fail(new Error(`an answer was ${status}: ${fault}`));
        const now = performance.now();
        latencies.push(now - sent_at);
        sent_at = now;
        connection.send(requests[next++ % requests.length] as Uint8Array);
      });
      return () => {
        sent_at = performance.now();
        connection.send(requests[next++ % requests.length] as Uint8Array);
        return connection;
      };
    }),
  );
  const meter = startMeter();
  const running = open.map((begin) => begin());
  await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, measure_ms))]);
  const { elapsed_ms, cores } = meter();
  const done = latencies.length;
  for (const connection of running) connection.close();
  return {
    per_second: (done / elapsed_ms) * 1_000,
    p50_ms: percentile(latencies, 0.5),
    p95_ms: percentile(latencies, 0.95),
    p99_ms: percentile(latencies, 0.99),
    generator_cores: cores,
  };
}
