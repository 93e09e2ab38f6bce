export {
  type BreadcrumbQuery,
  type BuiltinTool,
  type ToolBreadcrumbs,
  type ToolContext,
} from './contract.ts';
export { BUILTIN_TOOLS } from './registry.ts';
export { runBuiltinTool, type BuiltinResult } from './run-builtin.ts';
export { toToolDefinition } from './to-tool-definition.ts';
