import { create, getToken, readText } from '../api.ts';
import type { Figure } from '../figure.ts';
import { toRequest } from '../load/http-connection.ts';
import { sampleBody } from '../payload.ts';
import { startConstantServer } from '../processes.ts';
import { median, round } from '../statistics.ts';

const CONNECTIONS = 64;
const RECORDS = 500;

/**
 * Reading a record against Fastify alone: the same version with one route, no hooks, and a text of the same size that
 * is ready from the start. The reader is an ordinary agent, so that the access rule is part of the query.
 */
export const readFigure: Figure = {
  name: 'read',
  title: 'GET /breadcrumbs/:id ÷ Fastify with a constant JSON of that size, both at 64 connections',
  async measure(bench) {
    const server = await bench.startServer(await bench.newDatabase());
    const { slot_ms: measure_ms, rounds } = bench.options;
    const token = await getToken(server.port, { roles: ['emitter', 'subscriber'] });
    const made = Array.from({ length: RECORDS }, () => create(server.port, token, sampleBody()));
    const ids = (await Promise.all(made)).map(({ id }) => id);
    const body = await readText(server.port, token, `/breadcrumbs/${ids[0]}`);
    const constant = await startConstantServer({ kind: 'fastify', body });
    const bare = await startConstantServer({ kind: 'bare', body });
    try {
      const requests = ids.map((id) => toRequest('GET', `/breadcrumbs/${id}`, { token }));
      const load = { task: 'http', connections: CONNECTIONS, measure_ms, requests } as const;
      const read = async (port: number) => {
        const { per_second, generator_cores } = await bench.generator.run({ ...load, port });
        return { per_second, generator_cores };
      };
      const used: number[] = [];
      const values = await bench.takeTurns(
        async () => {
          const { per_second, generator_cores } = await read(server.port);
          used.push(generator_cores);
          return per_second;
        },
        async () => (await read(constant.port)).per_second,
      );
      const ceiling = (await read(bare.port)).per_second;
      return [
        {
          figure: 'read',
          unit: '/s',
          ...values,
          goal: { of: 'ratio', at_least: 0.5 },
          notes: [
            `${Buffer.byteLength(body)} bytes, ${RECORDS} records in turn, ${rounds} rounds of ${measure_ms} ms a side`,
            `the generator used ${round(median(used))} cores on our side; against a socket that answers ready bytes it reaches ${round(ceiling)}/s`,
          ],
        },
      ];
    } finally {
      await Promise.all([server.stop(), constant.stop(), bare.stop()]);
    }
  },
};
