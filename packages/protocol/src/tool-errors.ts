import { MCP_FAILURES } from './mcp.ts';

/**
 * Why a tool call came to nothing, in `error_class` of `tool.response.v1`. The sentence in `error` is for models and
 * people, this is for programs; docs/errors.md says what each means.
 */
export const TOOL_ERROR_CLASSES = [
  'invalid_request',
  'unknown_tool',
  'invalid_input',
  'forbidden',
  'timeout',
  'stopped',
  'unavailable',
  'tool_error',
  'invalid_output',
  'output_too_large',
  'internal',
  // Of tools that bring their own code.
  'threw',
  'memory',
  'not_json',
  'invalid_source',
  'secret_unavailable',
  // Of tools of MCP servers.
  ...MCP_FAILURES,
] as const;
export type ToolErrorClass = (typeof TOOL_ERROR_CLASSES)[number];
