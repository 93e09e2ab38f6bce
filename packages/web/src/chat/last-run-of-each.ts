import type { RunSummary } from '@cairn/protocol';

/** The newest run of each agent; runs come newest first. */
export function lastRunOfEach<T extends Pick<RunSummary, 'agent_id'>>(
  runs: readonly T[],
): readonly T[] {
  const seen = new Set<string>();
  return runs.filter(({ agent_id }) => !seen.has(agent_id) && seen.add(agent_id));
}
