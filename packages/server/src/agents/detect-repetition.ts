import { checksum } from '../base/index.ts';
import type { Step, ToolCallRecord } from './contract.ts';

/** The longest cycle that is looked for, in calls or in steps. */
const PERIOD_MAX = 3;
/** So often in a row something may be done before the run is told, and before it is stopped. */
export const TOLD_AFTER = 3;
export const STOPPED_AFTER = 5;

/** The same again and again, at the end of what a run has done. */
export interface Repetition {
  readonly times: number;
  /** The step in which it began. */
  readonly since_seq: number;
  readonly tools: readonly string[];
}

/** One thing that was done: its fingerprint, and the step that it is of. */
interface Done {
  readonly print: string;
  readonly seq: number;
  readonly tools: readonly string[];
}

/**
 * The repetition that a run ends in, or null when something new came of its last calls: the same tool with the same
 * arguments and the same output, alone or in a cycle of two or three. Steps are looked at as well as calls, so that calls
 * made side by side count as one thing. What is recorded decides alone, so every worker finds the same.
 */
export function detectRepetition(
  steps: readonly Step[],
  calls: readonly ToolCallRecord[],
): Repetition | null {
  if (calls.length < TOLD_AFTER) return null;
  const window = PERIOD_MAX * STOPPED_AFTER;
  const recent_steps = steps.filter(({ answer }) => answer.tool_calls.length > 0).slice(-window);
  const first_seq = recent_steps[0]?.seq ?? 0;
  const inputs = new Map(recent_steps.map(({ seq, answer }) => [seq, answer.tool_calls]));
  const done: Done[] = calls
    .filter(({ step_seq }) => step_seq >= first_seq)
    .map(({ step_seq: seq, place, tool, output, is_error }) => ({
      seq,
      tools: [tool],
      print: checksum([tool, inputs.get(seq)?.[place]?.input ?? null, output ?? null, is_error]),
    }));
  const by_step = recent_steps.map(({ seq }): Done => {
    const own = done.filter((each) => each.seq === seq);
    const tools = own.flatMap((each) => each.tools);
    return { seq, tools, print: own.map(({ print }) => print).join() };
  });
  const found = [longestCycle(done), longestCycle(by_step)].filter((each) => each !== null);
  return found.toSorted((a, b) => b.times - a.times)[0] ?? null;
}

function longestCycle(done: readonly Done[]): Repetition | null {
  let longest: Repetition | null = null;
  for (let period = 1; period <= PERIOD_MAX; period++) {
    const end = done.length;
    let same = 0;
    while (
      same < end - period &&
      done[end - 1 - same]?.print === done[end - 1 - same - period]?.print
    )
      same++;
    const times = Math.floor(same / period) + 1;
    const first = done[end - times * period];
    if (times < TOLD_AFTER || !first || (longest && longest.times >= times)) continue;
    const tools = [...new Set(done.slice(end - period).flatMap((each) => each.tools))];
    longest = { times, tools, since_seq: first.seq };
  }
  return longest;
}
