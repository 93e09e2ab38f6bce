import type { Figure } from '../figure.ts';
import { residentMegabytes } from '../processes.ts';
import { round } from '../statistics.ts';

/** What an installation costs that has nothing to do, and how long a start takes. */
export const footprintFigure: Figure = {
  name: 'footprint',
  title: 'resident memory idle on PostgreSQL; time from the start of the process to healthy',
  async measure(bench) {
    const { rounds, quick } = bench.options;
    const idle_ms = quick ? 3_000 : 5_000;
    const url = await bench.newEmptyDatabase();
    const first = await bench.startServer(url);
    await first.stop();
    const megabytes: number[] = [];
    const seconds: number[] = [];
    for (let index = 0; index < rounds; index++) {
      const server = await bench.startServer(url);
      seconds.push(server.healthy_after_ms / 1_000);
      await new Promise((resolve) => setTimeout(resolve, idle_ms));
      const resident = residentMegabytes(server.pid);
      await server.stop();
      if (resident !== null) megabytes.push(resident);
      bench.say(`round ${index + 1}: ${seconds.at(-1)?.toPrecision(3)} s, ${resident} MB`);
    }
    return [
      ...(megabytes.length === 0
        ? []
        : [
            {
              figure: 'idle-memory',
              unit: 'MB',
              ours: megabytes,
              baseline: null,
              goal: { of: 'ours', at_most: 150 } as const,
              notes: [
                `resident memory of the one process, all roles, ${idle_ms} ms after it was healthy; MB of 1,000,000 bytes`,
              ],
            },
          ]),
      {
        figure: 'time-to-healthy',
        unit: 's',
        ours: seconds,
        baseline: null,
        goal: { of: 'ours', at_most: 1 } as const,
        notes: [
          `from spawn to the first 200 of /health on a database with its tables; the very first start, which makes the tables, took ${round(first.healthy_after_ms / 1_000)} s`,
        ],
      },
    ];
  },
};
