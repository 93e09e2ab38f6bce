/**
 * What a process can do. `api` answers HTTP, `agents`, `tools` and `webhooks` work through their queues. Every process
 * with one of them follows the event log and can dispatch it. `ingest` takes reports of runs and `query` answers
 * questions about them: a process with nothing else can have a database role that can do nothing else.
 */
export const ROLES_OF_PROCESS = ['api', 'agents', 'tools', 'webhooks', 'ingest', 'query'] as const;
export type ProcessRole = (typeof ROLES_OF_PROCESS)[number];

/** Whether a process deals with runs and nothing else: then it migrates nothing and has no part in the event log. */
export function isForRunsOnly(roles: ReadonlySet<ProcessRole>): boolean {
  return roles.size > 0 && [...roles].every((role) => role === 'ingest' || role === 'query');
}
