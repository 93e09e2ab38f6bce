import type { RegistryTool } from '@cairn/protocol';

/**
 * Whether a tool is sound, but this server does not offer it, such as `http_fetch` without hosts that it may reach. The
 * registry calls it invalid and says so in its reason.
 */
export function isSwitchedOff({
  kind,
  status,
  reason,
}: Pick<RegistryTool, 'kind' | 'status' | 'reason'>): boolean {
  return kind === 'builtin' && status === 'invalid' && reason?.includes('is not offered') === true;
}
