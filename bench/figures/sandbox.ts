import { newId, silentLog, systemClock } from '../../packages/server/src/base/index.ts';
import { Sandbox, type SandboxRun } from '../../packages/server/src/tools/index.ts';
import type { Figure } from '../figure.ts';
import { percentile, round } from '../statistics.ts';

const GOAL_MS = 5;
const WARM_UP = 100;
/** Calls of a round, unless it takes longer than this. */
const CALLS = 2_000;
const ROUND_MS = 1_000;

const TRIVIAL: SandboxRun = {
  source: `export async function execute(input: { n: number }) { return { n: input.n + 1 }; }`,
  language: 'typescript',
  input: { n: 1 },
};

/**
 * A trivial tool with code of its own, in the sandbox: a fresh context, its code loaded, its input in and its answer out
 * of the thread. In this process, without network, queue or database.
 */
export const sandboxFigure: Figure = {
  name: 'sandbox',
  title: 'One call of a trivial tool in the sandbox, its thread warm',
  async measure(bench) {
    const sandbox = new Sandbox({ clock: systemClock, log: silentLog, threads: 1, uuid: newId });
    try {
      const began = performance.now();
      await sandbox.run(TRIVIAL);
      const cold_ms = performance.now() - began;
      for (let call = 0; call < WARM_UP; call++) await sandbox.run(TRIVIAL);
      const p50: number[] = [];
      const p99: number[] = [];
      for (let turn = 0; turn < bench.options.rounds; turn++) {
        const times = await measureRound(sandbox);
        p50.push(percentile(times, 0.5));
        p99.push(percentile(times, 0.99));
      }
      const notes = [
        'one call at a time; a fresh QuickJS context each, TypeScript with its types taken out once',
        `p99 of the rounds ${p99.map(round).join(', ')} ms; the first call, with the start of its thread, ${round(cold_ms)} ms`,
      ];
      return [
        {
          figure: 'sandbox-p50',
          unit: 'ms',
          ours: p50,
          baseline: null,
          goal: { of: 'ours', at_most: GOAL_MS },
          notes,
        },
      ];
    } finally {
      await sandbox.stop();
    }
  },
};

async function measureRound(sandbox: Sandbox): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + ROUND_MS;
  while (times.length < CALLS && performance.now() < end) {
    const began = performance.now();
    const result = await sandbox.run(TRIVIAL);
    if (result.status === 'error') throw new Error(result.error);
    times.push(performance.now() - began);
  }
  return times;
}
