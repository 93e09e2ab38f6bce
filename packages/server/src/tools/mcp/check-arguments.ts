import type { McpToolItem } from '@cairn/protocol';
import { ToolSchemas } from '../compile-schemas.ts';
import { modernizeSchema } from './modernize-schema.ts';

/** Of a reason, in characters. */
const REASON_CHARS = 300;
/** Schemas that are compiled at a stretch, before others have their turn. */
const AT_A_STRETCH = 10;

/**
 * Checks arguments against the schemas of foreign tools: the whole of them, in drafts 2020-12 and 7. What would take long
 * or fetch something is not compiled; arguments of such a tool are for its server to check, as are those that are too
 * large to be checked here.
 */
export class ForeignArguments {
  readonly #schemas = new ToolSchemas();

  /** Why arguments of this schema cannot be checked here, or null. */
  whyUnchecked(input_schema: McpToolItem['input_schema']): string | null {
    const fault = this.#schemas.whyUnusable(modernizeSchema(input_schema));
    // What it is called by its server, and not by us.
    return fault === null
      ? null
      : fault.replaceAll('json_schema', 'inputSchema').slice(0, REASON_CHARS).toWellFormed();
  }

  /** What is wrong with arguments, in one line; null when nothing is, or nothing can be told. */
  whyMisfit({ input_schema }: Pick<McpToolItem, 'input_schema'>, input: unknown): string | null {
    const schema = modernizeSchema(input_schema);
    if (this.#schemas.whyUnusable(schema) !== null) return null;
    return this.#schemas.whyMisfit(schema, input, 'input', { lets_large_pass: true });
  }

  /** The tools, each with the reason why its arguments are not checked, where there is one. */
  async judge(tools: readonly McpToolItem[]): Promise<McpToolItem[]> {
    const judged: McpToolItem[] = [];
    for (const [place, tool] of tools.entries()) {
      const why = this.whyUnchecked(tool.input_schema);
      judged.push(why === null ? tool : { ...tool, unchecked_because: why });
      if (place % AT_A_STRETCH === AT_A_STRETCH - 1)
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
    }
    return judged;
  }
}
