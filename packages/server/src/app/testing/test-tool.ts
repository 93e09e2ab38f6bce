import { Type } from 'typebox';
import type { BuiltinTool } from '../../tools/index.ts';

/** A tool of a test's own, and the breadcrumb that offers it to agents. */
export function testTool(
  name: string,
  execute: BuiltinTool['execute'],
): { tool: BuiltinTool; definition: Record<string, unknown> } {
  const tool: BuiltinTool = {
    name,
    description: `The tool ${name} of a test.`,
    input_schema: Type.Object({}),
    output_schema: Type.Unknown(),
    execute,
  };
  const definition = {
    title: `Tool: ${name}`,
    schema_name: 'tool.v1',
    tags: ['tool'],
    context: {
      name,
      description: tool.description,
      definition: { inputSchema: { type: 'object' } },
      implementation: { type: 'builtin' },
    },
  };
  return { tool, definition };
}
