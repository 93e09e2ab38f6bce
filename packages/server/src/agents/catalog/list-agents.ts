import type { Principal } from '../../http/index.ts';
import type { ToolDefinitions } from '../../tools/index.ts';
import { warnOfDefinition } from '../warn-of-definition.ts';
import type { CatalogStore, RegisteredAgent } from './catalog-store.ts';

/** The agents whose definitions the principal may read, newest first, with what is to be known of those that count. */
export async function listAgents(
  principal: Principal,
  page: { limit: number; before?: string | null | undefined },
  ports: { definitions: ToolDefinitions; store: CatalogStore },
): Promise<RegisteredAgent[]> {
  const rows = await ports.store.agents(principal, page);
  // Few name their tools, and then all of them are read once.
  const names_tools = rows.some(({ tools }) => Array.isArray(tools) && tools.length > 0);
  const tools = names_tools ? await ports.definitions.list(principal) : [];
  const known = new Set(tools.map(({ definition }) => definition.name));
  return rows.map(({ tools: named, has_namesake, ...agent }) => {
    if (agent.status !== 'active') return agent;
    return { ...agent, reason: warnOfDefinition({ tools: named, has_namesake }, known) };
  });
}
