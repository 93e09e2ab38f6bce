/**
 * What a process can do. `api` answers HTTP, `agents` and `tools` work through their queues. Every process follows the
 * event log and can dispatch it.
 */
export const ROLES_OF_PROCESS = ['api', 'agents', 'tools', 'webhooks'] as const;
export type ProcessRole = (typeof ROLES_OF_PROCESS)[number];
