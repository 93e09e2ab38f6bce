/** What the side panel (`@cairn/extension`) uses of the page: the live connection, the chat's logic and the ui kit. */
export { Announcer } from './chat/announcer.tsx';
export {
  assembleConversation,
  isRunOver,
  isTurnOpen,
  type Run,
  type ToolCall,
  type Turn,
} from './chat/assemble-conversation.ts';
export type { ConversationSummary } from './chat/group-conversations.ts';
export { createLive, type Live } from './live/live.ts';
export { conversationQuery, conversationsQuery, systemQuery } from './live/queries.ts';
export { queryKeys } from './live/query-keys.ts';
export { fieldOf, numberOf, textOf } from './live/read-context.ts';
export { upsertRecord, type LiveRecord } from './live/record.ts';
export { createStore, type Store } from './live/store.ts';
export { ThemeToggle } from './theme/theme-toggle.tsx';
export { createThemeStore, type ThemeChoice } from './theme/theme.ts';
export { JsonView } from './trail/json-view.tsx';
export { inline, type TrailRow } from './trail/trail-row.ts';
export { Button, IconButton } from './ui/button.tsx';
export { classNames } from './ui/class-names.ts';
export { ClockContext, createClock } from './ui/clock.ts';
export { CopyButton } from './ui/copy-button.tsx';
export { describeError } from './ui/describe-error.ts';
export { ErrorNotice } from './ui/error-notice.tsx';
export { formatDuration } from './ui/format-time.ts';
export { Logo } from './ui/logo.tsx';
export { newId } from './ui/new-id.ts';
export { Skeleton } from './ui/skeleton.tsx';
export { TimeAgo } from './ui/time-ago.tsx';
export { useSettled } from './ui/use-settled.ts';
export { useStore } from './ui/use-store.ts';
