import type { Principal } from '../../http/index.ts';
import type { SurveyedTool, ToolDefinitions } from '../../tools/index.ts';
import type { CatalogStore, ToolMetrics } from './catalog-store.ts';

/** A tool as the registry knows it. */
export interface RegisteredTool extends SurveyedTool {
  /** When it ran last. */
  readonly last_seen: string | null;
  readonly metrics: ToolMetrics;
}

const NONE: ToolMetrics = { calls: 0, failures: 0, mean_ms: null };

/** The tools whose definitions the principal may read, and those of other sources, with what they did. */
export async function listTools(
  principal: Principal,
  ports: { definitions: ToolDefinitions; store: CatalogStore },
): Promise<RegisteredTool[]> {
  const tools = await ports.definitions.survey(principal);
  const names = tools.map(({ name }) => name);
  const used = await ports.store.tools(principal.owner_id, names);
  return tools.map((tool) => {
    // Of several definitions with one name one counts.
    const of_name = tool.status === 'active' ? used.get(tool.name) : undefined;
    return { ...tool, last_seen: of_name?.last_seen ?? null, metrics: of_name?.metrics ?? NONE };
  });
}
