import type { ToolDefinition } from '@cairn/protocol';
import type { AnyBuiltin } from './contract.ts';

/** The context of the `tool.v1` breadcrumb that makes a built-in tool known to agents: plain JSON. */
export function toToolDefinition(tool: AnyBuiltin): ToolDefinition {
  return {
    name: tool.name,
    description: tool.description,
    definition: {
      inputSchema: plainJson(tool.input_schema),
      outputSchema: plainJson(tool.output_schema),
    },
    implementation: { type: 'builtin', name: tool.name },
  };
}

/** TypeBox keeps hidden marks on its schemas; JSON drops them. */
function plainJson(schema: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
}
