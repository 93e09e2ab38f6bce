export {
  ApiKeyCreate,
  ApiKeyCreated,
  ApiKeyItem,
  ROLES,
  Roles,
  TokenAnswer,
  TokenRequest,
  WELL_KNOWN,
  type Role,
} from './auth.ts';
export {
  BreadcrumbContext,
  BreadcrumbCreate,
  BreadcrumbFull,
  BreadcrumbItem,
  BreadcrumbPatch,
  BreadcrumbVersion,
  SENSITIVITIES,
  Timestamp,
  Uuid,
  VISIBILITIES,
  type Sensitivity,
  type Visibility,
} from './breadcrumb.ts';
export { findPlaces, type Place, type Segments, type Steps } from './find-places.ts';
export { AgentItem, TenantItem } from './directory.ts';
export { ERROR_CODES, type ErrorCode } from './error-codes.ts';
export {
  BreadcrumbEvent,
  DEFAULT_EVENT_TYPES,
  EPHEMERAL_EVENT_TYPES,
  LOGGED_EVENT_TYPES,
  type AgentDelta,
  type AgentStatus,
  type EphemeralEvent,
  type EphemeralEventType,
  type LoggedEventType,
  type StreamControl,
  type StreamEvent,
} from './event.ts';
export { EXTENSION_ID, EXTENSION_ORIGIN, EXTENSION_PUBLIC_KEY } from './extension.ts';
export { GRANT_ACTIONS, GrantItem, GrantRequest, type GrantAction } from './grant.ts';
export { LIMITS } from './limits.ts';
export { Problem, problem } from './problem.ts';
export {
  AgentDefinition,
  SCHEMAS,
  TAGS,
  ToolDefinition,
  ToolRequest,
  UserMessage,
  conversationOfTags,
  requestTag,
  sessionTag,
  type AgentResponse,
  type ToolResponse,
} from './records.ts';
export {
  SECRET_ACTIONS,
  SECRET_BYTES,
  SECRET_SCOPES,
  SecretAudit,
  SecretCreate,
  SecretDecrypt,
  SecretGrant,
  SecretItem,
  SecretReplace,
  SecretScopeInput,
  SecretValue,
  type SecretAction,
  type SecretScope,
} from './secrets.ts';
export {
  ContextRule,
  OPERATORS,
  Selector,
  SelectorError,
  compileSelector,
  type CompiledSelector,
  type Equality,
  type Operator,
  type Selectable,
} from './selector.ts';
export {
  AgentSecret,
  DeadLetter,
  DeadLetterRetry,
  SECRET_OVERLAP_S,
  SecretRotated,
  SecretRotation,
  Webhook,
  WebhookAttempt,
  WebhookCreate,
  WebhookCreated,
} from './webhooks.ts';
