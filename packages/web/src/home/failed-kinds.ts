import type { FailureGroup, RunSummary } from '@cairn/protocol';

/** Failures of one agent that are alike, as the list of runs finds them. */
export interface FailedKind {
  readonly agent_id: string;
  /** Such as `timeout`; null for runs that failed and said nothing of why. */
  readonly code: string | null;
  readonly count: number;
  /** Whether there are more than were counted. */
  readonly is_bounded: boolean;
  readonly newest: RunSummary;
}

/** What to count: an agent, and the code of its failures. */
export type FailedPair = Pick<FailedKind, 'agent_id' | 'code'>;

/**
 * The agents that failed and with what, by the kinds of failures of the same time, and by the newest runs that failed:
 * of those some said nothing of why.
 */
export function failedPairs(
  kinds: readonly Pick<FailureGroup, 'agents' | 'failure_code'>[],
  newest: readonly Pick<RunSummary, 'agent_id' | 'failure'>[],
): readonly FailedPair[] {
  const pairs = [
    ...kinds.flatMap(({ agents, failure_code: code }) =>
      agents.map((agent_id): FailedPair => ({ agent_id, code })),
    ),
    ...newest
      .filter(({ failure }) => failure === null)
      .map(({ agent_id }): FailedPair => ({ agent_id, code: null })),
  ];
  return [...new Map(pairs.map((each) => [JSON.stringify(each), each])).values()];
}
