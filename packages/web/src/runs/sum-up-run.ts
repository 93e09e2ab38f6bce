import type { FullRun, FullStep, RunFailure, RunSignal, StepType } from '@cairn/protocol';

/** The steps of one type together. */
export interface TypeSum {
  readonly step_type: StepType;
  readonly count: number;
  readonly latency_ms: number;
}

/** How many steps of each type there are and how long they took, the longest first. */
export function sumByType(steps: readonly FullStep[]): readonly TypeSum[] {
  return [...Map.groupBy(steps, ({ step_type }) => step_type)]
    .map(([step_type, all]) => ({
      step_type,
      count: all.length,
      latency_ms: all.reduce((sum, { latency_ms }) => sum + latency_ms, 0),
    }))
    .toSorted((a, b) => b.latency_ms - a.latency_ms);
}

/** How often each kind of failure, `type/code`, is there; the most frequent first. */
export function countFailures(
  failures: readonly RunFailure[],
): readonly { readonly kind: string; readonly count: number }[] {
  const kinds = Map.groupBy(failures, (each) => `${each.failure_type}/${each.failure_code}`);
  return [...kinds]
    .map(([kind, { length: count }]) => ({ kind, count }))
    .toSorted((a, b) => b.count - a.count);
}

/** The signals of one type. */
export interface SignalGroup {
  readonly signal_type: string;
  readonly signals: readonly RunSignal[];
  readonly true: number;
  readonly false: number;
}

/** Signals by type, in the order in which the types came. */
export function groupSignals(signals: readonly RunSignal[]): readonly SignalGroup[] {
  return [...Map.groupBy(signals, ({ signal_type }) => signal_type)].map(([signal_type, all]) => {
    const is_true = all.filter(({ value }) => value).length;
    return { signal_type, signals: all, true: is_true, false: all.length - is_true };
  });
}

/** The step of an id, with its number as people count; null when the run has no such step. */
export function findStep(
  run: Pick<FullRun, 'steps'>,
  step_id: string | null,
): { readonly step: FullStep; readonly number: number } | null {
  const at = step_id === null ? -1 : run.steps.findIndex((each) => each.step_id === step_id);
  const step = run.steps[at];
  return step === undefined ? null : { step, number: at + 1 };
}

/** The choices that a decision had, where its metadata names them. */
export function candidatesOf(metadata: Readonly<Record<string, unknown>>): readonly string[] {
  const { candidates } = metadata;
  if (!Array.isArray(candidates)) return [];
  return candidates.filter((each) => typeof each === 'string');
}

/** How `curl` reads a run from this server. The key is left for the reader to fill in: it is not for the clipboard. */
export function curlCommand(origin: string, run_id: string): string {
  const url = `${origin}/v1/runs/${encodeURIComponent(run_id)}?view=full`;
  return `curl -H "Authorization: Bearer $CAIRN_KEY" '${url.replaceAll("'", '%27')}'`;
}
