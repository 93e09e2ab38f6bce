export { BUILTIN_TOOLS, toToolDefinition, type BuiltinTool } from './builtin/index.ts';
export { TOOLS_SETTINGS } from './config.ts';
export { ToolDefinitions, toolTag } from './find-definition.ts';
export {
  TOOL_REQUESTS,
  ToolRunner,
  TOOLS_QUEUE,
  toolsPrincipal,
  toToolDelivery,
} from './tool-runner.ts';
