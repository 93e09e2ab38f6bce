export {
  type AnyBuiltin,
  type BegunStep,
  type BreadcrumbQuery,
  type BuiltinTool,
  type DurableContext,
  type DurableStep,
  type DurableTool,
  type ScheduleItem,
  type ScheduleWanted,
  type SettledSteps,
  type StepConsent,
  type StepToBegin,
  type StepTool,
  ToolInputError,
  type ToolBreadcrumbs,
  type ToolContext,
  type ToolFetch,
  type ToolSchedules,
  type WorkflowPort,
} from './contract.ts';
export { describeMismatch } from './describe-mismatch.ts';
export { BUILTIN_TOOLS } from './registry.ts';
export {
  advanceDurableTool,
  runBuiltinTool,
  type BuiltinResult,
  type DurableResult,
} from './run-builtin.ts';
export { toToolDefinition } from './to-tool-definition.ts';
