import { SCHEMAS, type ToolDefinition } from '@cairn/protocol';
import type { Principal } from '../http/index.ts';
import { BUILTIN_TOOLS, type AnyBuiltin } from './builtin/index.ts';
import { ToolSchemas } from './compile-schemas.ts';
import type { DefinitionRow, DefinitionStore } from './definition-store.ts';
import { readDefinition, type RunnableTool } from './read-definition.ts';

/** The tag under which a definition is found by name. */
export const toolTag = (name: string): string => `tool:${name}`;

/** Where tools come from besides the records of a tenant, such as servers of other protocols. */
export interface ToolSource {
  /** What the principal may use, by any name that no record has. */
  list(principal: Principal): Promise<RunnableTool[]>;
}

const NO_RECORD = { category: null, examples: null, definition_id: null, version: null };

/** Whether a definition counts. */
export type DefinitionState =
  | { readonly state: 'active'; readonly reason: null; readonly tool: RunnableTool }
  | { readonly state: 'invalid' | 'proposed'; readonly reason: string };

/** A tool as a list of all of them tells of it, also of one that does not count. */
export interface SurveyedTool {
  readonly name: string;
  /** `foreign` is one of another source than records. */
  readonly kind: 'builtin' | 'code' | 'foreign';
  readonly description: string | null;
  readonly category: string | null;
  readonly examples: unknown;
  readonly definition_id: string | null;
  readonly version: number | null;
  readonly status: DefinitionState['state'];
  readonly reason: string | null;
  /** What models are told; null when it does not count. */
  readonly definition: ToolDefinition | null;
}

/**
 * Reads tool definitions from the record store at the moment of use. Nothing is cached, so a definition that was
 * changed a moment ago is the one that counts, in every process.
 *
 * A definition counts while its last change is a curator's. Of two with one name the one counts that a curator stood for
 * first.
 */
export class ToolDefinitions {
  readonly #store: DefinitionStore;
  readonly #builtins: readonly AnyBuiltin[];
  readonly #sources: readonly ToolSource[];
  readonly #schemas: ToolSchemas;
  readonly #withheld: ReadonlyMap<string, string>;

  constructor(ports: {
    store: DefinitionStore;
    builtins?: readonly AnyBuiltin[];
    sources?: readonly ToolSource[];
    /** Built-in tools that are not offered in this installation, and why. */
    withheld?: ReadonlyMap<string, string>;
    schemas?: ToolSchemas;
  }) {
    this.#store = ports.store;
    this.#builtins = ports.builtins ?? BUILTIN_TOOLS;
    this.#sources = ports.sources ?? [];
    this.#schemas = ports.schemas ?? new ToolSchemas();
    this.#withheld = ports.withheld ?? new Map();
  }

  /** The tools that the principal may use, by name. The code of those that have some is without its source. */
  async list(principal: Principal): Promise<RunnableTool[]> {
    const rows = await this.#store.list(principal, null);
    const foreign = await Promise.all(this.#sources.map((source) => source.list(principal)));
    const by_name = new Map<string, RunnableTool>();
    for (const tool of [...rows.flatMap((row) => this.#offered(row)), ...foreign.flat()]) {
      const { name } = tool.definition;
      if (!by_name.has(name)) by_name.set(name, tool);
    }
    return [...by_name.values()].toSorted((a, b) =>
      a.definition.name < b.definition.name ? -1 : 1,
    );
  }

  /** Every definition that the principal may read, and every tool of other sources, by name. */
  async survey(principal: Principal): Promise<SurveyedTool[]> {
    const rows = await this.#store.list(principal, null);
    const foreign = await Promise.all(this.#sources.map((source) => source.list(principal)));
    const first = new Map<string, DefinitionRow>();
    for (const row of rows) {
      const [tool] = this.#counting(row);
      if (tool && !first.has(tool.definition.name)) first.set(tool.definition.name, row);
    }
    const own = rows.map((row) => this.#surveyed(row, first));
    const others = foreign
      .flat()
      .filter(({ definition }) => !first.has(definition.name))
      .map(({ definition, builtin, ...found }): SurveyedTool => {
        const { name, description } = definition;
        const head = { name, description, definition, kind: 'foreign' as const };
        const note = builtin && 'note' in found ? (found.note ?? null) : null;
        const state = { status: 'active' as const, reason: note };
        return { ...head, ...state, ...NO_RECORD };
      });
    return [...own, ...others].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  #surveyed(row: DefinitionRow, first: ReadonlyMap<string, DefinitionRow>): SurveyedTool {
    const said = (row.context ?? {}) as Record<string, unknown>;
    const name = typeof said['name'] === 'string' ? said['name'] : row.title;
    const judged = this.#judge(row, first.get(name) ?? null);
    const withheld = judged.state === 'active' ? this.#whyWithheld(judged.tool) : null;
    const definition = judged.state === 'active' && !withheld ? judged.tool.definition : null;
    const { category, description, examples } = said;
    return {
      name: name.slice(0, 255),
      kind: row.schema_name === SCHEMAS.tool_code ? 'code' : 'builtin',
      description:
        definition?.description ??
        (typeof description === 'string' ? description.slice(0, 4_000) : row.description),
      category: typeof category === 'string' ? category.slice(0, 100) : null,
      examples: Array.isArray(examples) ? examples.slice(0, 20) : null,
      definition_id: row.id,
      version: row.version,
      status: withheld === null ? judged.state : 'invalid',
      reason: withheld ?? judged.reason,
      definition,
    };
  }

  /** The tool of this name, or a sentence that says why there is none. */
  async find(principal: Principal, name: string): Promise<RunnableTool | string> {
    const rows = await this.#store.list(principal, { name });
    const [tool] = rows.flatMap((row) => this.#counting(row));
    if (tool) return this.#whyWithheld(tool) ?? tool;
    for (const source of this.#sources) {
      const found = (await source.list(principal)).find(
        ({ definition }) => definition.name === name,
      );
      if (found) return found;
    }
    const [row] = rows;
    if (!row) return `there is no tool named ${name}`;
    const { state, reason } = this.#judge(row, null);
    return state === 'proposed'
      ? `the tool ${name} is only proposed: ${reason}`
      : `the definition of the tool ${name} is not valid: ${reason}`;
  }

  /** The state of one definition; null when there is none. The principal must be one that may see all. */
  async stateOf(
    principal: Principal,
    id: string,
  ): Promise<(DefinitionState & { row: DefinitionRow }) | null> {
    const [row] = await this.#store.list(principal, { id });
    if (!row) return null;
    const { name } = (row.context ?? {}) as { name?: unknown };
    const named = typeof name === 'string' ? await this.#store.list(principal, { name }) : [];
    const first = named.find((each) => this.#counting(each).length > 0);
    return { ...this.#judge(row, first ?? null), row };
  }

  #offered(row: DefinitionRow): RunnableTool[] {
    return this.#counting(row).filter((tool) => this.#whyWithheld(tool) === null);
  }

  #whyWithheld({ builtin }: RunnableTool): string | null {
    return (builtin && this.#withheld.get(builtin.name)) ?? null;
  }

  #counting(row: DefinitionRow): RunnableTool[] {
    const judged = this.#judge(row, null);
    return judged.state === 'active' ? [judged.tool] : [];
  }

  #judge(row: DefinitionRow, first: DefinitionRow | null): DefinitionState {
    const tool = readDefinition(row, { builtins: this.#builtins, schemas: this.#schemas });
    if (typeof tool === 'string') return { state: 'invalid', reason: tool };
    if (row.fault !== null) return { state: 'invalid', reason: row.fault };
    if (!row.is_approved)
      return {
        state: 'proposed',
        reason: 'somebody who is no curator changed it last; a curator can activate it',
      };
    if (first && first.id !== row.id)
      return { state: 'invalid', reason: `the name is taken by the definition ${first.id}` };
    return { state: 'active', reason: null, tool };
  }
}
