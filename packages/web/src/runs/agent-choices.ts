import type { AgentOverview } from '@cairn/protocol';

/** More choices than these are of no use in a list: what is looked for is found by words. */
const CHOICES_MAX = 300;

/** What can be chosen of agents, their versions and environments. */
export interface AgentChoices {
  readonly agents: readonly string[];
  /** Of the chosen agent; of all when none is chosen. */
  readonly versions: readonly string[];
  readonly environments: readonly string[];
}

/** The choices that narrow by agent, given the agents there are and the one that is chosen, if any. */
export function agentChoices(
  agents: readonly AgentOverview[],
  chosen: string | undefined,
): AgentChoices {
  const wanted = agents.filter(({ agent_id }) => chosen === undefined || agent_id === chosen);
  const versions = wanted.flatMap((each) => each.versions.map((one) => one.agent_version));
  return {
    agents: distinct(agents.map(({ agent_id }) => agent_id)),
    versions: distinct(versions).toReversed(),
    environments: distinct(wanted.flatMap(({ environments }) => environments)),
  };
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].toSorted(BY_NUMBERS.compare).slice(0, CHOICES_MAX);
}

/** `2.10` comes after `2.9`. */
const BY_NUMBERS = new Intl.Collator('en', { numeric: true });
