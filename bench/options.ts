import { parseArgs } from 'node:util';

/** How a run is to be made. */
export interface BenchOptions {
  /** One JSON line per figure on standard output, and nothing else there. */
  readonly json: boolean;
  /** Fewer and shorter measurements: shows that all works, and no more than roughly how fast. */
  readonly quick: boolean;
  /** Rows of the larger of the two lists. */
  readonly list_rows: number;
  /** Folder for CPU profiles of the servers under test; null makes none. */
  readonly cpu_prof: string | null;
  /** The groups to run; empty runs all. */
  readonly names: readonly string[];
  /** Rounds of each measurement; ours and the baseline take turns in each. */
  readonly rounds: number;
  /** How long one side of one round is measured. */
  readonly slot_ms: number;
  /** The whole run ends by then, finished or not. */
  readonly limit_ms: number;
}

export const USAGE = `npm run bench -- [--json] [--quick] [--list-rows=1000000] [--cpu-prof=FOLDER] [names]
  DATABASE_URL=postgres://…  measures on that server (it needs the right to create databases); else one is started`;

/** The command line is not as it should be. */
export class UsageError extends Error {}

/** `groups` are the names that may be given. @throws UsageError */
export function readOptions(args: readonly string[], groups: readonly string[]): BenchOptions {
  const { values, positionals } = parse(args);
  const unknown = positionals.filter((name) => !groups.includes(name));
  if (unknown.length > 0)
    throw new UsageError(`No such group: ${unknown.join(', ')}. The groups: ${groups.join(', ')}.`);
  const { json, quick } = values;
  const list_rows = Number(values['list-rows'] ?? (quick ? 50_000 : 1_000_000));
  if (!Number.isSafeInteger(list_rows) || list_rows < 20_000)
    throw new UsageError('--list-rows must be a whole number of at least 20000');
  return {
    json,
    quick,
    list_rows,
    cpu_prof: values['cpu-prof'] ?? null,
    names: positionals,
    rounds: 5,
    slot_ms: quick ? 600 : 2_500,
    limit_ms: (quick ? 5 : 25) * 60_000,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        'list-rows': { type: 'string' },
        'cpu-prof': { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
