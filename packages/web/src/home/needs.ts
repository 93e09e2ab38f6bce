import type {
  BehaviorDrift,
  DeadLetter,
  ModelCircuit,
  RegistryAgent,
  RunSummary,
} from '@cairn/protocol';

/** Something that a person should look at. */
export interface Need {
  readonly key: string;
  readonly kind: 'dead_letter' | 'failed_run' | 'drift' | 'circuit' | 'definition';
  readonly title: string;
  readonly detail: string;
  /** Milliseconds. */
  readonly at: number;
  /** Address within the page. */
  readonly to: string;
  /** How many alike it stands for. */
  readonly count: number;
}

/** What was read; absent is what could not be read or is not ours to see. */
export interface NeedSources {
  readonly dead_letters?: readonly DeadLetter[] | undefined;
  readonly failed_runs?: readonly RunSummary[] | undefined;
  readonly drift?: readonly BehaviorDrift[] | undefined;
  readonly circuits?: readonly ModelCircuit[] | undefined;
  readonly agents?: readonly RegistryAgent[] | undefined;
}

const PERCENT = 100;

/** All that needs a person besides approvals: what blocks work first, then the newest. Alike ones stand in one line. */
export function needsOf(sources: NeedSources): readonly Need[] {
  const blocking = [
    ...(sources.circuits ?? []).map(needOfCircuit),
    ...(sources.agents ?? []).filter(({ status }) => status !== 'active').map(needOfAgent),
  ];
  const others = [
    ...grouped(sources.dead_letters ?? [], ({ endpoint_id }) => endpoint_id, needOfDeadLetter),
    ...grouped(
      sources.failed_runs ?? [],
      ({ agent_id, failure }) => `${agent_id}\n${failure}`,
      needOfRun,
    ),
    ...grouped(
      sources.drift ?? [],
      ({ agent_id, agent_version, environment }) => `${agent_id}\n${agent_version}\n${environment}`,
      needOfDrift,
    ),
  ].toSorted((a, b) => b.at - a.at);
  return [...blocking, ...others];
}

function grouped<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  needOf: (newest: T, count: number) => Need,
): readonly Need[] {
  return [...Map.groupBy(items, keyOf).values()].flatMap((alike) =>
    // Lists come newest first.
    alike[0] === undefined ? [] : [needOf(alike[0], alike.length)],
  );
}

function needOfCircuit(circuit: ModelCircuit): Need {
  return {
    key: `circuit:${circuit.fingerprint}`,
    kind: 'circuit',
    title: `${circuit.provider} refuses its key`,
    detail: circuit.reason,
    at: Date.parse(circuit.opened_at),
    to: '/operations/status',
    count: 1,
  };
}

function needOfAgent(agent: RegistryAgent): Need {
  const is_proposed = agent.status === 'proposed';
  return {
    key: `agent:${agent.id}`,
    kind: 'definition',
    title: is_proposed
      ? `The agent ${agent.name} waits to be activated`
      : `The agent ${agent.name} does not count`,
    detail:
      agent.reason ?? (is_proposed ? 'A curator must let it count' : 'Its definition is invalid'),
    at: agent.last_seen === null ? 0 : Date.parse(agent.last_seen),
    to: `/team/agents/${agent.id}`,
    count: 1,
  };
}

function needOfDeadLetter(letter: DeadLetter, count: number): Need {
  return {
    key: `dead:${letter.endpoint_id}`,
    kind: 'dead_letter',
    title: `${count === 1 ? 'An event' : `${count} events`} could not be delivered`,
    detail: `${hostOf(letter.url)}: ${letter.last_error}`,
    at: Date.parse(letter.created_at),
    to: `/operations/dead-letters?endpoint=${encodeURIComponent(letter.endpoint_id)}`,
    count,
  };
}

function needOfRun(run: RunSummary, count: number): Need {
  return {
    key: `run:${run.run_id}`,
    kind: 'failed_run',
    title: `${run.agent_id} failed${count === 1 ? '' : ` ${count} times`}`,
    detail: run.end_reason ?? run.failure ?? 'No reason was reported',
    at: Date.parse(run.started_at),
    to:
      count === 1
        ? `/runs/${run.run_id}`
        : `/runs?status=failure&since=24h&agent=${encodeURIComponent(run.agent_id)}`,
    count,
  };
}

function needOfDrift(drift: BehaviorDrift, count: number): Need {
  const { delta_percent } = drift;
  const change =
    delta_percent === null
      ? 'appeared'
      : `${delta_percent > 0 ? '+' : '−'}${Math.abs(delta_percent) < PERCENT ? Math.abs(delta_percent).toFixed(1) : Math.abs(delta_percent).toFixed(0)} %`;
  return {
    key: `drift:${drift.drift_id}`,
    kind: 'drift',
    title: `${drift.agent_id} behaves differently`,
    detail:
      count === 1
        ? `${drift.metric} ${change}, ${drift.severity} severity`
        : `${count} changes, the latest: ${drift.metric} ${change}`,
    at: Date.parse(drift.last_detected_at),
    to:
      count === 1
        ? `/behaviour/${drift.drift_id}`
        : `/behaviour?tab=drift&resolved=no&agent=${encodeURIComponent(drift.agent_id)}`,
    count,
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
