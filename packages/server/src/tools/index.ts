export {
  BUILTIN_TOOLS,
  toToolDefinition,
  type AnyBuiltin,
  type BuiltinTool,
} from './builtin/index.ts';
export { TOOLS_SETTINGS } from './config.ts';
export {
  limitBody,
  MCP_SETTINGS,
  McpHost,
  McpStore,
  McpTools,
  readServersFile,
} from './mcp/index.ts';
export { EventWaits, mcpRoutes } from './mcp-server/index.ts';
export {
  answerToolSearch,
  namesFound,
  narrowTools,
  TOOL_SEARCH,
  type NarrowedTools,
} from './search-tools.ts';
export { createTools, registerTools, type ToolParts, type ToolsPorts } from './create-tools.ts';
export { ToolDefinitions, toolTag, type SurveyedTool, type ToolSource } from './find-definition.ts';
export { timeLimitOf } from './limit-time.ts';
export type { RunnableTool } from './read-definition.ts';
export { Sandbox, type SandboxResult, type SandboxRun } from './sandbox/index.ts';
export type {
  AskingWorkflow,
  RunningWorkflow,
  StepConsent,
  StepToConsent,
  WorkflowConsents,
} from './workflow/contract.ts';
export { type ToolRunnerPorts, TOOLS_QUEUE, toolsPrincipal } from './tool-runner.ts';
