import { MCP_SCHEMAS, mcpTag, type McpServerStatus, type McpServerTools } from '@cairn/protocol';
import { AppError, checksum } from '../../base/index.ts';
import type { Breadcrumbs } from '../../breadcrumbs/index.ts';
import type { IdentityStore } from '../../identity/index.ts';
import { toolsPrincipal } from '../tool-runner.ts';
import type { FoundSchema, McpStore } from './mcp-store.ts';

export interface FoundPorts {
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly store: McpStore;
}

const TITLES: Readonly<Record<FoundSchema, string>> = {
  [MCP_SCHEMAS.status]: 'MCP server',
  [MCP_SCHEMAS.tools]: 'Tools of the MCP server',
};

/** Whether a server is connected. The revision that it spoke last is kept while it is away. */
export async function writeStatus(
  ports: FoundPorts,
  owner_id: string,
  status: Omit<McpServerStatus, 'protocol_version'> & { protocol_version?: string },
): Promise<void> {
  await write(ports, owner_id, MCP_SCHEMAS.status, status.server, (before) => {
    const { protocol_version = null } = (before ?? {}) as Partial<McpServerStatus>;
    return { protocol_version, ...status } satisfies McpServerStatus;
  });
}

/** Which tools a server has. */
export async function writeTools(
  ports: FoundPorts,
  owner_id: string,
  found: McpServerTools,
): Promise<void> {
  await write(ports, owner_id, MCP_SCHEMAS.tools, found.server, () => found);
}

/** Deletes what is known of a server that is not mounted any more. */
export async function removeFound(
  ports: FoundPorts,
  owner_id: string,
  server: string,
  schemas: readonly FoundSchema[] = [MCP_SCHEMAS.tools, MCP_SCHEMAS.status],
): Promise<void> {
  for (const schema_name of schemas) {
    for (const { id } of await ports.store.found(owner_id, schema_name, server)) {
      await ports.breadcrumbs.remove(toolsPrincipal(owner_id), id).catch((error: unknown) => {
        if (!(error instanceof AppError && error.code === 'not_found')) throw error;
      });
    }
  }
}

/**
 * Writes a server's one record of a schema, if it says something else. Several processes may do so at once; what they
 * find is the same, and the last one stands.
 */
async function write(
  ports: FoundPorts,
  owner_id: string,
  schema_name: FoundSchema,
  server: string,
  toContext: (before: unknown) => object,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [known] = await ports.store.found(owner_id, schema_name, server);
    const context = toContext(known?.context);
    if (known && checksum(known.context) === checksum(context)) return;
    try {
      const principal = toolsPrincipal(owner_id);
      if (known) {
        await ports.breadcrumbs.update(principal, known.id, { context }, known.version);
        return;
      }
      await ports.identity.ensureAgent(principal);
      const body = {
        title: `${TITLES[schema_name]}: ${server}`,
        schema_name,
        tags: ['mcp:found', mcpTag(server)],
        context,
        // So that nobody but curators changes what models are told.
        visibility: 'private' as const,
      };
      // The key keeps two processes that start together from writing two; it stays used when the record is deleted.
      const key = attempt < ATTEMPTS - 1 ? `${schema_name}:${server}` : null;
      await ports.breadcrumbs.create(principal, body, key);
      return;
    } catch (error) {
      if (!(error instanceof AppError) || !AGAIN.has(error.code)) throw error;
    }
  }
}

const ATTEMPTS = 3;

/** Somebody else was faster, or the record is gone. */
const AGAIN: ReadonlySet<string> = new Set([
  'version_mismatch',
  'not_found',
  'conflict',
  'idempotency_mismatch',
]);
