import type { RunCreate } from '@cairn/protocol';

/** What the times of decisions and signals come from. */
type Timed = Pick<RunCreate, 'started_at' | 'ended_at'> & {
  readonly steps: readonly Pick<
    RunCreate['steps'][number],
    'step_id' | 'started_at' | 'ended_at'
  >[];
};

/** When something of a step was recorded, or with null something of the whole run. */
export interface RecordedTimes {
  decision(step_id: string | null): string;
  signal(step_id: string | null): string;
}

/**
 * When the decisions and signals of a run were recorded: reports do not say, and the time at which they came says nothing
 * of their order. A decision comes before what it is about, so it has the time at which its step or its run began; a
 * signal comes after it, and has that of the end.
 */
export function recordedTimes({ started_at, ended_at, steps }: Timed): RecordedTimes {
  let by_id: Map<string, Timed['steps'][number]> | null = null;
  const find = (step_id: string | null) => {
    if (step_id === null) return undefined;
    by_id ??= new Map(steps.map((step) => [step.step_id, step]));
    return by_id.get(step_id);
  };
  return {
    decision: (step_id) => find(step_id)?.started_at ?? started_at,
    signal: (step_id) => find(step_id)?.ended_at ?? ended_at ?? started_at,
  };
}
