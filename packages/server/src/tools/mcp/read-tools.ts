import type { McpToolItem } from '@cairn/protocol';
import { whyNotStorable } from '../../base/index.ts';
import type { McpToolList } from './contract.ts';
import { fitToolName } from './fit-tool-names.ts';

/** Tools of one server: more than this no model can choose from, and no list should carry. */
export const TOOLS_MAX = 1_000;
/** Bytes of one schema, and of all tools together: they are kept as one record. */
const SCHEMA_BYTES_MAX = 16_384;
const LIST_BYTES_MAX = 900_000;
/** As many characters as a tool definition may have. */
const DESCRIPTION_CHARS = 4_000;

/** A tool as a server may send it: nothing of it is certain. */
export interface ForeignTool {
  readonly name?: unknown;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly inputSchema?: unknown;
  readonly outputSchema?: unknown;
  readonly annotations?: unknown;
}

/**
 * Takes of a server's list what can be offered: no two of one name, schemas that are objects and can be stored, and all
 * within limits. What cannot be offered is left out and counted.
 */
export function readTools(server: string, foreign: readonly ForeignTool[]): McpToolList {
  const tools: McpToolItem[] = [];
  const names = new Set<string>();
  let bytes = 0;
  for (const each of foreign) {
    const tool = tools.length < TOOLS_MAX ? readTool(server, each) : null;
    if (!tool || names.has(tool.name)) continue;
    bytes += Buffer.byteLength(JSON.stringify(tool));
    if (bytes > LIST_BYTES_MAX) break;
    names.add(tool.name);
    tools.push(tool);
  }
  return { tools, left_out: foreign.length - tools.length };
}

function readTool(server: string, foreign: ForeignTool): McpToolItem | null {
  const { name: tool, title, description, inputSchema, outputSchema } = foreign;
  if (typeof tool !== 'string' || tool === '' || tool.length > 200) return null;
  const input_schema = readSchema(inputSchema);
  // Models are offered tools that take an object; the protocol has no others.
  if (!input_schema || input_schema['type'] !== 'object' || whyNotStorable(tool)) return null;
  const output_schema = readSchema(outputSchema);
  const annotations = readAnnotations(foreign.annotations);
  const told = [description, title].find((each) => typeof each === 'string' && each.trim() !== '');
  return {
    name: fitToolName(server, tool),
    tool,
    description: cleanText((told as string | undefined) ?? tool, DESCRIPTION_CHARS),
    input_schema,
    ...(output_schema ? { output_schema } : {}),
    ...(annotations ? { annotations } : {}),
  };
}

function readSchema(schema: unknown): Record<string, unknown> | null {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return null;
  if (whyNotStorable(schema)) return null;
  const text = JSON.stringify(schema);
  return Buffer.byteLength(text) > SCHEMA_BYTES_MAX ? null : (schema as Record<string, unknown>);
}

const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const;

function readAnnotations(foreign: unknown): McpToolItem['annotations'] | null {
  if (typeof foreign !== 'object' || foreign === null) return null;
  const given = foreign as Record<string, unknown>;
  const read: NonNullable<McpToolItem['annotations']> = {};
  for (const hint of HINTS) {
    const value = given[hint];
    if (typeof value === 'boolean') read[hint] = value;
  }
  const { title } = given;
  if (typeof title === 'string') read.title = cleanText(title, 200);
  return read;
}

/** Text that can be stored and shown: no NUL, no half characters, and not longer than `chars`. */
export function cleanText(text: string, chars: number): string {
  return text.slice(0, chars).replaceAll('\0', '\uFFFD').toWellFormed();
}
