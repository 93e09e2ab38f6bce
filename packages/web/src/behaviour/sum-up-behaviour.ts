import type { AgentOverview, BehaviorBaseline, BehaviorDrift } from '@cairn/protocol';

/** Who behaves: one version of an agent in one environment. */
export interface Behaver {
  readonly agent_id: string;
  readonly agent_version: string;
  readonly environment: string;
}

/** What is known of the behaviour of one version of an agent. */
export interface BehaverRow extends Behaver {
  readonly runs: number;
  readonly baseline: BehaviorBaseline | null;
  readonly drifts: number;
  readonly unresolved: number;
  readonly latest: BehaviorDrift | null;
}

/** A name of its own for each behaver. */
export function keyOf({ agent_id, agent_version, environment }: Behaver): string {
  return JSON.stringify([agent_id, agent_version, environment]);
}

/**
 * A row for each version of an agent and environment that ran, has a baseline or drifted: first those with unresolved drift, then
 * by name. Drift and baselines come newest first.
 */
export function sumUpBehaviour(
  agents: readonly AgentOverview[],
  active: readonly BehaviorBaseline[],
  drifts: readonly BehaviorDrift[],
): readonly BehaverRow[] {
  const baselines = new Map(active.map((each) => [keyOf(each), each]));
  const found = Map.groupBy(drifts, keyOf);
  const ran = agents.flatMap(({ agent_id, versions }) =>
    versions.map(({ agent_version, environment, runs }) => ({
      agent_id,
      agent_version,
      environment,
      runs,
    })),
  );
  const behavers = new Map<string, Behaver & { readonly runs: number }>();
  for (const each of [...active, ...drifts]) {
    const { agent_id, agent_version, environment } = each;
    behavers.set(keyOf(each), { agent_id, agent_version, environment, runs: 0 });
  }
  for (const each of ran) behavers.set(keyOf(each), each);
  return [...behavers]
    .map(([key, behaver]): BehaverRow => {
      const of_it = found.get(key) ?? [];
      return {
        ...behaver,
        baseline: baselines.get(key) ?? null,
        drifts: of_it.length,
        unresolved: of_it.filter(({ resolved_at }) => resolved_at === null).length,
        latest: of_it[0] ?? null,
      };
    })
    .toSorted((a, b) => b.unresolved - a.unresolved || compareNames(a, b));
}

const NAMES = new Intl.Collator('en', { numeric: true });

function compareNames(a: Behaver, b: Behaver): number {
  return (
    NAMES.compare(a.agent_id, b.agent_id) ||
    NAMES.compare(b.agent_version, a.agent_version) ||
    NAMES.compare(a.environment, b.environment)
  );
}

/** The rows that a search, an environment and the wish for drift let through. */
export function narrowBehaviour(
  rows: readonly BehaverRow[],
  wanted: {
    readonly q?: string | undefined;
    readonly environment?: string | undefined;
    readonly has_drift: boolean;
  },
): readonly BehaverRow[] {
  const words = wanted.q?.trim().toLowerCase() ?? '';
  return rows.filter(
    (row) =>
      `${row.agent_id} ${row.agent_version}`.toLowerCase().includes(words) &&
      (wanted.environment === undefined || row.environment === wanted.environment) &&
      (!wanted.has_drift || row.drifts > 0),
  );
}
