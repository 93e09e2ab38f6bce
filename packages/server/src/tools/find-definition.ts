import { SCHEMAS, ToolDefinition, type BreadcrumbContext } from '@cairn/protocol';
import { Value } from 'typebox/value';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Principal } from '../http/index.ts';
import { BUILTIN_TOOLS, type BuiltinTool } from './builtin/index.ts';

/** The tag under which a definition is found by name. */
export const toolTag = (name: string): string => `tool:${name}`;

/** Definitions of one tenant that are read at most. */
const DEFINITIONS_MAX = 500;

/** A tool of a tenant that can be run. */
export interface RunnableTool {
  readonly definition: ToolDefinition;
  readonly builtin: BuiltinTool;
}

/**
 * Reads tool definitions from the record store at the moment of use. Nothing is cached, so a definition that was
 * changed a moment ago is the one that counts, in every process.
 */
export class ToolDefinitions {
  readonly #breadcrumbs: Breadcrumbs;
  readonly #builtins: readonly BuiltinTool[];

  constructor(breadcrumbs: Breadcrumbs, builtins: readonly BuiltinTool[] = BUILTIN_TOOLS) {
    this.#breadcrumbs = breadcrumbs;
    this.#builtins = builtins;
  }

  /** The tools that the principal may use, by name. Of two with one name the one changed last counts. */
  async list(principal: Principal): Promise<RunnableTool[]> {
    const query = { schema_name: SCHEMAS.tool_definition, limit: DEFINITIONS_MAX };
    const rows = await this.#breadcrumbs.listWithContext(principal, query);
    const by_name = new Map<string, RunnableTool>();
    for (const tool of rows.toReversed().flatMap((row) => this.#asRunnable(row)))
      by_name.set(tool.definition.name, tool);
    return [...by_name.values()].toSorted((a, b) =>
      a.definition.name < b.definition.name ? -1 : 1,
    );
  }

  /** The tool of this name, or a sentence that says why there is none. */
  async find(principal: Principal, name: string): Promise<RunnableTool | string> {
    // The same list that models are offered from: what was offered can be run.
    const tool = (await this.list(principal)).find(({ definition }) => definition.name === name);
    if (tool) return tool;
    const rows = await this.#breadcrumbs.listWithContext(principal, {
      all_tags: [toolTag(name)],
      schema_names: [SCHEMAS.tool_definition, SCHEMAS.tool_code],
      limit: 10,
    });
    if (rows.some((row) => row.schema_name === SCHEMAS.tool_code)) {
      return `the tool ${name} is defined by code, which this release does not run`;
    }
    return rows.length > 0
      ? `the definition of the tool ${name} is not valid`
      : `there is no tool named ${name}`;
  }

  #asRunnable({ schema_name, context }: BreadcrumbContext): RunnableTool[] {
    if (schema_name !== SCHEMAS.tool_definition || !Value.Check(ToolDefinition, context)) return [];
    const { implementation, name } = context;
    if (implementation.type !== 'builtin') return [];
    const builtin = this.#builtins.find((each) => each.name === (implementation.name ?? name));
    return builtin ? [{ definition: context, builtin }] : [];
  }
}
