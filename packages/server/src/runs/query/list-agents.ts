import type { AgentOverview } from '@cairn/protocol';
import type { AgentRow } from './collection-store.ts';
import { toWireTime, toWireTimeOrNull } from './instant.ts';

/** Puts the versions and environments of each agent together. Rows come by name. */
export function listAgents(rows: readonly AgentRow[]): AgentOverview[] {
  return [...Map.groupBy(rows, ({ agent_id }) => agent_id)].map(([agent_id, all]) => {
    const last_started = all[0]?.last_started ?? null;
    return {
      agent_id,
      ...sumOf(all),
      // Exact where the last run is still kept.
      ...(last_started === null ? {} : { last_seen: toWireTime(last_started) }),
      environments: [...new Set(all.map(({ environment }) => environment))].toSorted(),
      versions: all.map((row) => ({
        agent_version: row.agent_version,
        environment: row.environment,
        ...sumOf([row]),
      })),
    };
  });
}

function sumOf(rows: readonly AgentRow[]) {
  const sum = (pick: (row: AgentRow) => number) => rows.reduce((all, row) => all + pick(row), 0);
  const times = (pick: (row: AgentRow) => string | null) =>
    rows.flatMap((row) => pick(row) ?? []).toSorted();
  return {
    runs: sum(({ runs }) => runs),
    failures: sum(({ failures }) => failures),
    running: sum(({ running }) => running),
    first_seen: toWireTimeOrNull(times(({ first_hour }) => first_hour)[0] ?? null),
    last_seen: toWireTimeOrNull(times(({ last_hour }) => last_hour).at(-1) ?? null),
  };
}
