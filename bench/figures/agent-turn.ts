import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getToken } from '../api.ts';
import type { Figure, Measurement } from '../figure.ts';
import type { Bench } from '../harness.ts';
import type { MeterReading } from '../load/database-meter.ts';
import { TurnClient } from '../load/take-turns.ts';
import { median, percentile, round } from '../statistics.ts';

const CONVERSATIONS = 32;
/** So that histories stay short. */
const TURNS_OF_A_CONVERSATION = 10;
const WARM_UP = 40;

/** A server whose model answers at once, and its meter. */
interface AgentServer {
  readonly port: number;
  read(): Promise<MeterReading>;
  stop(): Promise<void>;
}

/** What one round came to. */
interface Round {
  readonly times: number[];
  /** Parts of the time in which the database was at work. */
  readonly busy: number;
  readonly under_way: number;
  readonly statements: number;
  readonly per_second: number;
}

/** What an agent's turn costs beside its model and its tool: message in, model, tool, model, answer out. */
export const agentTurnFigure: Figure = {
  name: 'agent-turn',
  title: `A turn of an agent with an instant model and one instant tool; then ${CONVERSATIONS} conversations`,
  async measure(bench) {
    const folder = mkdtempSync(join(tmpdir(), 'cairn-bench-agents-'));
    const server = await startAgentServer(await bench.newDatabase(), folder);
    const client = await TurnClient.open(server.port, await getToken(server.port));
    try {
      await measureRound(client, server, { lines: 1, turns: WARM_UP });
      const alone = await measureRounds(bench, client, server, 1);
      const together = await measureRounds(bench, client, server, CONVERSATIONS);
      return toMeasurements(bench, alone, together);
    } finally {
      await client.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function toMeasurements(
  bench: Bench,
  alone: readonly Round[],
  together: readonly Round[],
): Measurement[] {
  const p50 = alone.map(({ times }) => percentile(times, 0.5));
  const p99 = alone.map(({ times }) => percentile(times, 0.99));
  const count = alone.reduce((sum, { times }) => sum + times.length, 0);
  const of = (rounds: readonly Round[], key: 'busy' | 'under_way' | 'statements') =>
    median(rounds.map((each) => each[key]));
  const notes = [
    `${count} turns one after the other in ${alone.length} rounds of ${bench.options.slot_ms} ms; from the send of the message to the frame of the answer in a stream`,
    `${Math.round(of(alone, 'busy') * 100)} % of that time a statement was under way; ${round(of(alone, 'statements'))} statements a turn, those of idle workers included`,
    `tool echo through the queue; server, client and PostgreSQL share the cores`,
  ];
  const latencies = together.map(({ times }) => percentile(times, 0.5));
  const common = { baseline: null, unit: 'ms' };
  return [
    { ...common, figure: 'agent-turn-p50', ours: p50, goal: { of: 'ours', at_most: 25 }, notes },
    {
      ...common,
      figure: 'agent-turn-p99',
      ours: p99,
      goal: { of: 'ours', at_most: 80 },
      notes: ['as agent-turn-p50'],
    },
    {
      ...common,
      figure: 'agent-turns',
      unit: '/s',
      ours: together.map(({ per_second }) => per_second),
      // Told, and not judged.
      goal: { of: 'ours', at_least: 0 },
      notes: [
        `${CONVERSATIONS} conversations, each sends when it is answered; a turn took p50 ${round(median(latencies))} ms`,
        `${Math.round(of(together, 'busy') * 100)} % of the time a statement was under way, ${round(of(together, 'under_way'))} at once on average; ${round(of(together, 'statements'))} statements a turn`,
      ],
    },
  ];
}

async function measureRounds(
  bench: Bench,
  client: TurnClient,
  server: AgentServer,
  lines: number,
): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let turn = 0; turn < bench.options.rounds; turn++) {
    const measured = await measureRound(client, server, { lines, ms: bench.options.slot_ms });
    rounds.push(measured);
    const { times, per_second } = measured;
    bench.say(
      `${lines} at once: p50 ${round(percentile(times, 0.5))} ms, ${round(per_second)} turns/s`,
    );
  }
  return rounds;
}

async function measureRound(
  client: TurnClient,
  server: AgentServer,
  { lines, ms = 60_000, turns = Infinity }: { lines: number; ms?: number; turns?: number },
): Promise<Round> {
  const before = await server.read();
  const began = performance.now();
  const times: number[] = [];
  const talk = async () => {
    let conversation = '';
    for (let turn = 0; turn < turns && performance.now() - began < ms; turn++) {
      if (turn % TURNS_OF_A_CONVERSATION === 0) conversation = crypto.randomUUID();
      times.push(await client.takeTurn(conversation));
    }
  };
  await Promise.all(Array.from({ length: lines }, talk));
  const took_ms = performance.now() - began;
  const after = await server.read();
  const span_ms = after.at_ms - before.at_ms;
  return {
    times,
    busy: (after.busy_ms - before.busy_ms) / span_ms,
    under_way: (after.work_ms - before.work_ms) / span_ms,
    statements: (after.statements - before.statements) / times.length,
    per_second: (times.length * 1_000) / took_ms,
  };
}

async function startAgentServer(database_url: string, data_dir: string): Promise<AgentServer> {
  const file = fileURLToPath(new URL('../load/agent-server.ts', import.meta.url));
  const child = fork(file, { env: { PATH: process.env.PATH ?? '' } });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const next = <T>(order: object) =>
    new Promise<T>((resolve, reject) => {
      const end = () => reject(new Error('the agent server ended'));
      child.once('exit', end);
      child.once('message', (message) => {
        child.off('exit', end);
        resolve(message as T);
      });
      child.send(order);
    });
  const port = await next<number>({ database_url, data_dir });
  return {
    port,
    read: () => next<MeterReading>({}),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
      await ended;
      process.off('exit', endWithUs);
    },
  };
}
