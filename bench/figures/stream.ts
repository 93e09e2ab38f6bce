import { newId } from '../../packages/server/src/base/index.ts';
import { getToken } from '../api.ts';
import type { Figure } from '../figure.ts';
import { MARK } from '../load/contract.ts';
import { toRequest } from '../load/http-connection.ts';
import { jsonBytes, sampleBody } from '../payload.ts';
import { processorSeconds } from '../processes.ts';
import { median, percentile, round } from '../statistics.ts';

const CLIENTS = 1_000;
const MATCHES = 10;
const PER_SECOND = 500;
/** An agent may have 100 streams. */
const CLIENTS_PER_AGENT = 50;
const WARM_MS = 1_500;

/** From the send of a create to the arrival of its frame at each of the streams that it matches. */
export const streamFigure: Figure = {
  name: 'stream',
  title: `create → SSE: ${CLIENTS} clients with own selectors, ${PER_SECOND} events/s, each matched by ${MATCHES}`,
  async measure(bench) {
    const server = await bench.startServer(await bench.newDatabase());
    try {
      const { rounds, quick } = bench.options;
      const round_ms = quick ? 1_200 : 5_000;
      const streams: Buffer[] = [];
      let token = '';
      for (let client = 0; client < CLIENTS; client++) {
        if (client % CLIENTS_PER_AGENT === 0)
          token = await getToken(server.port, { agent_id: newId() });
        const filters = JSON.stringify({ any_tags: [topic(client), `client:${client}`] });
        const path = `/events/stream?filters=${encodeURIComponent(filters)}`;
        streams.push(toRequest('GET', path, { token }));
      }
      const groups = CLIENTS / MATCHES;
      const bodies = Array.from({ length: groups }, (_, group) => {
        const body = sampleBody(MARK);
        return { ...body, tags: [...body.tags, topic(group * MATCHES)] };
      });
      const creates = bodies.map((body) => toRequest('POST', '/breadcrumbs', { token, body }));
      const began = performance.now();
      const used_before = processorSeconds(server.pid);
      const result = await bench.generator.run({
        task: 'stream',
        port: server.port,
        streams,
        creates,
        per_second: PER_SECOND,
        matches: MATCHES,
        warm_ms: WARM_MS,
        round_ms,
        rounds,
      });
      const used = (processorSeconds(server.pid) ?? Number.NaN) - (used_before ?? Number.NaN);
      const cores = used / ((performance.now() - began) / 1_000);
      const all = (key: 'p50_ms' | 'answer_p50_ms' | 'answer_p99_ms' | 'lateness_p99_ms') =>
        round(median(result.rounds.map((each) => each[key])));
      return [
        {
          figure: 'stream',
          unit: 'ms',
          ours: result.rounds.map(({ p99_ms }) => p99_ms),
          baseline: null,
          goal: { of: 'ours', at_most: 60 },
          notes: [
            `p99 of ${(PER_SECOND * MATCHES * round_ms) / 1_000} frames a round; p50 ${all('p50_ms')} ms, longest ${round(
              percentile(
                result.rounds.map(({ max_ms }) => max_ms),
                1,
              ),
            )} ms; ${rounds} rounds of ${round_ms} ms`,
            `the create itself was answered in p50 ${all('answer_p50_ms')} ms, p99 ${all('answer_p99_ms')} ms; the generator was late by p99 ${all('lateness_p99_ms')} ms, which counts only for what waits behind it`,
            `body ${jsonBytes(bodies[0])} bytes; no frame lost or doubled; the server used ${round(cores)} cores, the generator ${round(result.generator_cores)}`,
          ],
        },
      ];
    } finally {
      await server.stop();
    }
  },
};

function topic(client: number): string {
  return `topic:${Math.floor(client / MATCHES)}`;
}
