import {
  MCP_SCHEMAS,
  mcpTag,
  McpServerTools,
  type McpToolItem,
  type ToolDefinition,
} from '@cairn/protocol';
import { Type, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Principal } from '../../http/index.ts';
import { ToolInputError, type BuiltinTool, type ToolContext } from '../builtin/index.ts';
import type { ToolSource } from '../find-definition.ts';
import type { RunnableTool } from '../read-definition.ts';
import { ForeignArguments } from './check-arguments.ts';
import { McpError } from './contract.ts';
import { convertResult } from './convert-result.ts';
import type { McpHost } from './mcp-host.ts';
import type { McpStore } from './mcp-store.ts';
import { cleanText } from './read-tools.ts';

/** Tenants whose tools are held in memory. */
const TENANTS_MAX = 100;
/** Progress is told so often at most. */
const PROGRESS_MS = 100;
const PROGRESS_CHARS = 500;

interface Held {
  /** The versions of all lists that the tools are of. */
  readonly mark: string;
  readonly tools: readonly RunnableTool[];
}

/**
 * The tools of MCP servers, beside our own. Every process can list them, since what they are is kept in records; only one
 * that runs tools has a `host` and can call them. Records are read again when one of them has another version.
 */
export class McpTools implements ToolSource {
  readonly #store: McpStore;
  readonly #host: McpHost | null;
  readonly #timeout_ms: number;
  readonly #held = new Map<string, Held>();
  readonly #arguments = new ForeignArguments();

  constructor(store: McpStore, host: McpHost | null, timeout_ms: number) {
    this.#store = store;
    this.#host = host;
    this.#timeout_ms = timeout_ms;
  }

  async list({ owner_id }: Principal): Promise<RunnableTool[]> {
    const versions = await this.#store.toolVersions(owner_id);
    if (versions.length === 0) return [];
    const mark = versions.map(({ id, version }) => `${id}:${version}`).join();
    const held = this.#held.get(owner_id);
    if (held?.mark === mark) return [...held.tools];
    const rows = await this.#store.found(owner_id, MCP_SCHEMAS.tools);
    const tools = rows.flatMap(({ context }) => this.#toolsOf(context));
    if (this.#held.size >= TENANTS_MAX) this.#held.clear();
    this.#held.set(owner_id, { mark, tools });
    return [...tools];
  }

  #toolsOf(found: unknown): RunnableTool[] {
    if (!Value.Check(McpServerTools, found)) return [];
    return found.tools.map((tool) => ({
      definition: toDefinition(tool),
      builtin: this.#toBuiltin(found.server, tool),
      ...(tool.unchecked_because === undefined
        ? {}
        : {
            note: `its arguments are not checked here: ${tool.unchecked_because}`,
          }),
    }));
  }

  #toBuiltin(server: string, tool: McpToolItem): BuiltinTool {
    return {
      name: tool.name,
      description: tool.description,
      input_schema: toOutline(tool.input_schema),
      output_schema: Type.Unknown(),
      execute: (input, context) =>
        this.#execute(server, tool, input as Record<string, unknown>, context),
    };
  }

  async #execute(
    server: string,
    tool: McpToolItem,
    input: Record<string, unknown>,
    context: ToolContext,
  ): Promise<unknown> {
    const { name } = tool;
    const misfit = this.#arguments.whyMisfit(tool, input);
    if (misfit !== null) throw new ToolInputError(`The input of ${name} is not valid: ${misfit}.`);
    if (!this.#host) throw new McpError('mcp_unavailable', 'this process runs no tools');
    const result = await this.#host.call(context.owner_id, server, name, input, {
      signal: context.signal,
      timeout_ms: this.#timeout_ms,
      onProgress: spaceOut(context),
    });
    return convertResult(result, async ({ mime_type, data, name: file }) => {
      const { id } = await context.breadcrumbs.create({
        title: cleanText(file ?? `${mime_type} of ${name}`, 200),
        schema_name: MCP_SCHEMAS.content,
        tags: [mcpTag(server)],
        context: { mime_type, name: file, data },
        visibility: 'private',
      });
      return id;
    });
  }
}

function toDefinition({
  name,
  description,
  input_schema,
  output_schema,
  tool,
}: McpToolItem): ToolDefinition {
  return {
    name,
    description,
    definition: {
      inputSchema: input_schema,
      ...(output_schema
        ? { outputSchema: { type: 'object', properties: { structured: output_schema } } }
        : {}),
    },
    implementation: { type: 'mcp', name: tool },
  };
}

/** Of a foreign schema, the names of its fields and which of them must be there; the whole of it is checked after that. */
function toOutline({ properties, required }: Record<string, unknown>): TSchema {
  const names =
    typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  const needed = Array.isArray(required) ? required.filter((each) => typeof each === 'string') : [];
  const fields = names.map((name) => {
    const field = Type.Unknown();
    return [name, needed.includes(name) ? field : Type.Optional(field)];
  });
  return Type.Object(Object.fromEntries(fields));
}

/** Tells of progress, but not of every step of a server that takes very many. */
function spaceOut({ clock, progress }: ToolContext): (text: string) => void {
  let told_at = Number.NEGATIVE_INFINITY;
  return (text) => {
    if (!progress || clock.now() - told_at < PROGRESS_MS) return;
    told_at = clock.now();
    progress(cleanText(text, PROGRESS_CHARS));
  };
}
