import type { TextSearch } from '../routes/search.ts';
import { SelectFilter } from '../ui/filters.tsx';
import { agentChoices } from './agent-choices.ts';
import { useAgents } from './use-agents.ts';

/** Narrows by agent, version and environment, each a choice of what was ever seen. */
export function AgentFilters({
  search,
  change,
}: {
  search: TextSearch;
  change: (changes: TextSearch) => void;
}) {
  const agents = useAgents();
  const choices = agentChoices(agents, search['agent']);
  return (
    <>
      <SelectFilter
        label="Agent"
        value={search['agent'] ?? ''}
        options={choices.agents}
        // A version is one of an agent.
        onChange={(agent) => change({ agent, version: '' })}
      />
      <SelectFilter
        label="Version"
        value={search['version'] ?? ''}
        options={choices.versions}
        onChange={(version) => change({ version })}
      />
      <SelectFilter
        label="Environment"
        value={search['environment'] ?? ''}
        options={choices.environments}
        onChange={(environment) => change({ environment })}
      />
    </>
  );
}
