export { answerTo, CairnClient } from './client.ts';
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
export { isAgentResponse } from './message.ts';
export type { ReceivedEvent, StreamOptions, StreamState } from './stream-events.ts';
export { systemTiming, type Timing } from './timing.ts';
