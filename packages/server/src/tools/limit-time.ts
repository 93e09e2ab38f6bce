import type { RunnableTool } from './read-definition.ts';
import { SANDBOX_LIMITS } from './sandbox/index.ts';

/** For the start of a thread and the answers of the host, besides what a tool's own limit allows. */
const CODE_SLACK_MS = 5_000;

/**
 * How long a call of a tool may take, in milliseconds: as long as the tool's own limit says, else `fallback_ms`. Null of a
 * tool that waits for time or for others: it takes as long as whoever asks can wait.
 */
export function timeLimitOf({ builtin, code }: RunnableTool, fallback_ms: number): number | null {
  if (builtin) return 'advance' in builtin ? null : fallback_ms;
  const own_ms = code.limits?.timeout_ms ?? SANDBOX_LIMITS.timeout_ms;
  return own_ms + Math.max(CODE_SLACK_MS, fallback_ms);
}
