import type { BehaviorDrift, DeadLetter, ModelCircuit, RegistryAgent } from '@cairn/protocol';
import type { FailedKind } from './failed-kinds.ts';

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
  readonly failures?: readonly FailedKind[] | undefined;
  readonly drift?: readonly BehaviorDrift[] | undefined;
  readonly circuits?: readonly ModelCircuit[] | undefined;
  readonly agents?: readonly RegistryAgent[] | undefined;
}

const PERCENT = 100;
/** The agent of runs that deliver webhooks. Whoever sees dead letters sees what it could not deliver by them. */
const DELIVERER = 'cairn.webhooks';

/** All that needs a person besides approvals: what blocks work first, then the newest. Alike ones stand in one line. */
export function needsOf(sources: NeedSources): readonly Need[] {
  const blocking = [
    ...(sources.circuits ?? []).map(needOfCircuit),
    ...(sources.agents ?? []).filter(({ status }) => status !== 'active').map(needOfAgent),
  ];
  const others = [
    ...grouped(sources.dead_letters ?? [], ({ endpoint_id }) => endpoint_id, needOfDeadLetter),
    ...(sources.failures ?? [])
      .filter(({ agent_id }) => agent_id !== DELIVERER || sources.dead_letters === undefined)
      .map(needOfFailure),
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

function needOfFailure({ agent_id, code, count, is_bounded, newest }: FailedKind): Need {
  const times = `${count.toLocaleString('en')}${is_bounded ? ' or more' : ''} times`;
  return {
    key: `failed:${agent_id}\n${code}`,
    kind: 'failed_run',
    // Runs that say nothing of why are not to be found by it, so how many they are is not known.
    title: code === null || count === 1 ? `${agent_id} failed` : `${agent_id} failed ${times}`,
    detail: [code ?? 'without a reason', newest.end_reason].filter((each) => each).join(': '),
    at: Date.parse(newest.started_at),
    to:
      count === 1
        ? `/runs/${newest.run_id}`
        : `/runs?${new URLSearchParams({
            status: 'failure',
            since: '24h',
            agent: agent_id,
            ...(code === null ? {} : { q: code }),
          })}`,
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
