import type { Agents } from '../agents/index.ts';
import { secureRandom, type Clock, type Log, type Service } from '../base/index.ts';
import type { Breadcrumbs, Search } from '../breadcrumbs/index.ts';
import type { Database } from '../db/index.ts';
import type { EventStore, LoggedEvent, LogTail } from '../events/index.ts';
import { createGuardedStream, type Principal, type Routes } from '../http/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type { Secrets } from '../secrets/index.ts';
import {
  EventWaits,
  limitBody,
  mcpRoutes,
  McpHost,
  McpStore,
  McpTools,
  readServersFile,
  type ToolDefinitions,
  type ToolSource,
} from '../tools/index.ts';
import type { Config } from './config.ts';
import { VERSION } from './version.ts';

/**
 * What a process has of foreign MCP servers: all list their tools, and those with the role `tools` run and call them.
 * @throws ConfigError when the administrator's file is not as expected
 */
export async function makeMcp(
  config: Config,
  ports: {
    readonly db: Database;
    readonly breadcrumbs: Breadcrumbs;
    readonly identity: IdentityStore;
    readonly secrets: Secrets;
    readonly tail: LogTail;
    readonly clock: Clock;
    readonly log: Log;
  },
): Promise<{ source: ToolSource; services: Service[] }> {
  const { servers_file, call_timeout_s, path, home, ...settings } = config.mcp;
  const store = new McpStore(ports.db);
  const timeout_ms = call_timeout_s * 1_000;
  if (!config.roles.has('tools')) {
    return { source: new McpTools(store, null, timeout_ms), services: [] };
  }
  const servers =
    servers_file === null ? [] : await readServersFile(servers_file, { PATH: path, HOME: home });
  const allow_private = config.webhooks.allow_private === 'true';
  const fetch = limitBody(createGuardedStream({ allow_private }));
  const host = new McpHost({
    ...ports,
    ...settings,
    store,
    servers,
    fetch,
    allow_private,
    random: secureRandom,
  });
  return { source: new McpTools(store, host, timeout_ms), services: [host] };
}

export interface McpRoutesPorts {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly breadcrumbs: Breadcrumbs;
  readonly search: Search;
  readonly definitions: ToolDefinitions;
  readonly tail: LogTail;
  readonly events: EventStore;
  readonly may_see: (principal: Principal, event: LoggedEvent) => boolean;
  readonly identity: IdentityStore;
  readonly agents: Pick<Agents, 'definitions'>;
}

/** `/mcp`, for clients of the Model Context Protocol. */
export function makeMcpRoutes(ports: McpRoutesPorts): Routes {
  return mcpRoutes({
    ...ports,
    waits: new EventWaits(ports),
    version: VERSION,
    timeout_ms: ports.config.tools.timeout_s * 1_000,
    async isCurator(owner_id, agent_id) {
      if (await ports.agents.definitions.isAgent(owner_id, agent_id)) return false;
      return (await ports.identity.agentRoles(owner_id, agent_id))?.includes('curator') ?? false;
    },
  });
}
