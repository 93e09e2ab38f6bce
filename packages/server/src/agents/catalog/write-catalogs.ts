import { SCHEMAS, TAGS, WELL_KNOWN, type BreadcrumbCreate } from '@cairn/protocol';
import { AppError, checksum, type Clock } from '../../base/index.ts';
import type { Breadcrumbs } from '../../breadcrumbs/index.ts';
import type { Principal } from '../../http/index.ts';
import type { IdentityStore } from '../../identity/index.ts';
import type { Outcome } from '../../queue/index.ts';
import type { ToolDefinitions } from '../../tools/index.ts';
import type { CatalogStore, RegisteredAgent } from './catalog-store.ts';
import { listAgents } from './list-agents.ts';
import { listTools, type RegisteredTool } from './list-tools.ts';

/** Agents of one catalogue at most. */
const AGENTS_MAX = 1_000;
/** Characters of a catalogue's JSON; a longer one has no schemas and examples. */
const CATALOG_CHARS = 500_000;

/** Which catalogue of a tenant. */
export type CatalogKind = 'agents' | 'tools';

export interface CatalogPorts {
  readonly store: CatalogStore;
  readonly definitions: ToolDefinitions;
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly clock: Clock;
}

/**
 * Keeps the two catalogues of each tenant: records that tell whoever reads them, people and models, which agents and
 * tools there are. They tell what every principal of the tenant may know, and are written when that has changed; their
 * metrics and times are those of that moment, the registry has those of now.
 */
export class Catalogs {
  readonly #ports: CatalogPorts;

  constructor(ports: CatalogPorts) {
    this.#ports = ports;
  }

  /** Brings a catalogue up to date. To do it again changes nothing. */
  async write(owner_id: string, kind: CatalogKind): Promise<Outcome> {
    const { store, breadcrumbs, identity } = this.#ports;
    const principal: Principal = {
      owner_id,
      agent_id: WELL_KNOWN.catalog_keeper,
      roles: ['emitter'],
    };
    const body = kind === 'agents' ? await this.#agents(principal) : await this.#tools(principal);
    const known = await store.find(principal, body.schema_name ?? '');
    if (known && lasting(known.context) === lasting(body.context)) return { type: 'done' };
    if (known) {
      const { schema_name: _, ...patch } = body;
      try {
        await breadcrumbs.update(principal, known.id, patch, known.version);
        return { type: 'done' };
      } catch (error) {
        if (!(error instanceof AppError) || !PASSING.has(error.code)) throw error;
        return { type: 'retry', reason: error.message };
      }
    }
    await identity.ensureAgent(principal);
    return {
      type: 'done',
      commit: async (tx) => {
        await breadcrumbs.createIn(tx, principal, [body]);
      },
      committed: () => breadcrumbs.announce(),
    };
  }

  async #agents(principal: Principal): Promise<BreadcrumbCreate> {
    const agents = await listAgents(principal, { limit: AGENTS_MAX }, this.#ports);
    return {
      title: 'Agent Catalog',
      schema_name: SCHEMAS.agent_catalog,
      tags: [TAGS.agents_workspace, TAGS.agent_catalog],
      context: {
        workspace: TAGS.agents_workspace,
        agents: agents.map(toAgentEntry),
        totalAgents: agents.length,
        activeAgents: agents.filter(({ status }) => status === 'active').length,
        lastUpdated: this.#now(),
      },
    };
  }

  async #tools(principal: Principal): Promise<BreadcrumbCreate> {
    const tools = await listTools(principal, this.#ports);
    const whole = tools.map(toWholeEntry);
    const is_long = JSON.stringify(whole).length > CATALOG_CHARS;
    return {
      title: 'Tool Catalog',
      schema_name: SCHEMAS.tool_catalog,
      tags: [TAGS.tools_workspace, TAGS.tool_catalog],
      context: {
        workspace: TAGS.tools_workspace,
        tools: is_long ? tools.map(toToolEntry) : whole,
        totalTools: tools.length,
        activeTools: tools.filter(({ status }) => status === 'active').length,
        lastUpdated: this.#now(),
      },
    };
  }

  #now(): string {
    return new Date(this.#ports.clock.now()).toISOString();
  }
}

const PASSING: ReadonlySet<string> = new Set(['version_mismatch', 'not_found']);

function toAgentEntry({ id, name, last_seen, ...agent }: RegisteredAgent) {
  return { agent_id: name, definition_id: id, name, lastSeen: last_seen, ...agent };
}

function toToolEntry(registered: RegisteredTool) {
  const { name, kind, description, category, version, status, reason, metrics } = registered;
  const { definition, definition_id, last_seen } = registered;
  const capabilities = { requires_approval: definition?.requires_approval ?? false };
  const head = { name, kind, description, category, version, status, reason, metrics };
  return { ...head, definition_id, capabilities, lastSeen: last_seen };
}

/** What a model needs to use a tool. */
function toWholeEntry(tool: RegisteredTool) {
  const { inputSchema = null, outputSchema = null } = tool.definition?.definition ?? {};
  return { ...toToolEntry(tool), inputSchema, outputSchema, examples: tool.examples };
}

/** What a catalogue is written for when it changes: all but what passes. */
function lasting(context: unknown): string {
  const { lastUpdated: _, ...rest } = (context ?? {}) as Record<string, unknown>;
  const withoutPassing = (list: unknown) =>
    Array.isArray(list)
      ? list.map(({ lastSeen: __, metrics: ___, ...each }: Record<string, unknown>) => each)
      : null;
  return checksum({
    ...rest,
    agents: withoutPassing(rest['agents']),
    tools: withoutPassing(rest['tools']),
  });
}
