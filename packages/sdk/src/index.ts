export type { AgentCalls } from './calls/agents.ts';
export type { ApprovalCalls } from './calls/approvals.ts';
export type { DeadLetterCalls } from './calls/dead-letters.ts';
export type {
  BaselineQuery,
  DriftCalls,
  DriftQuery,
  DriftTimelineQuery,
  ProfileQuery,
} from './calls/drift.ts';
export type { GrantCalls } from './calls/grants.ts';
export type { HygieneCalls, HygienePurge, HygieneRun, HygieneStats } from './calls/hygiene.ts';
export type { QueueCalls } from './calls/queues.ts';
export type { RegistryCalls } from './calls/registry.ts';
export type {
  CompareQuery,
  DecisionQuery,
  FailureKindQuery,
  GroupQuery,
  RecordedQuery,
  RunFilter,
  RunListQuery,
  RunPage,
  RunPageQuery,
  RunView,
  SignalQuery,
  TimeSeriesQuery,
} from './calls/run-types.ts';
export type { RunCalls } from './calls/runs.ts';
export type { SearchAnswer, SearchMode, SearchQuery } from './calls/search.ts';
export type { SecretAuditQuery, SecretCalls, SecretQuery } from './calls/secrets.ts';
export type { SelectorCalls, SelectorItem } from './calls/selectors.ts';
export type { TenantCalls } from './calls/tenants.ts';
export type { WebhookCalls } from './calls/webhooks.ts';
export { CairnClient } from './client.ts';
export type {
  AnswerBreadcrumb,
  CairnClientOptions,
  CallOptions,
  ChangeOptions,
  CreateOptions,
  Health,
  KeyInput,
  ListQuery,
  MessageInput,
  Page,
  PageQuery,
  Readiness,
  FullReadOptions,
  ReadOptions,
  StreamTicket,
  SystemInfo,
} from './client-types.ts';
export {
  CairnConnectionError,
  CairnError,
  CairnTimeoutError,
  type CairnErrorCode,
} from './errors.ts';
export {
  EventBridge,
  isBreadcrumbEvent,
  type BridgeClient,
  type EventBridgeOptions,
  type EventCriteria,
} from './event-bridge.ts';
export { answerTo, isAgentResponse } from './message.ts';
export type { ReceivedEvent, StreamOptions, StreamState } from './stream-events.ts';
export { systemTiming, type Timing } from './timing.ts';
export { TracedRun, TracedStep } from './tracer/traced-run.ts';
export { createTracer, Tracer } from './tracer/tracer.ts';
export type {
  DecisionInput,
  EndStatus,
  FailureInput,
  SignalInput,
  StartRunInput,
  StepUsage,
  TraceMetadata,
  TracerOptions,
  TracerStats,
} from './tracer/tracer-types.ts';
export { wrapAiSdk, type AiSdkTelemetry } from './tracer/wrap-ai-sdk.ts';
