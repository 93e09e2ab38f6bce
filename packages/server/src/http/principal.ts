import type { Role } from '@cairn/protocol';

/** Who makes a request: an agent of a tenant, with the roles that its token or key grants. */
export interface Principal {
  readonly owner_id: string;
  readonly agent_id: string;
  readonly roles: readonly Role[];
  /**
   * For whom it does what it does, when that is not for itself. Of what is private or secret it sees no more than this one
   * may see as well, and what it makes is this one's to read.
   */
  readonly asked_by?: Asker | null;
}

/** Somebody for whom a principal of the same tenant acts, with the roles that it has now. */
export interface Asker {
  readonly agent_id: string;
  readonly roles: readonly Role[];
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/** An asker by its id and the roles that it has now; one who is no more may see nothing that is private or secret. */
export function toAsker(agent_id: string | null, roles: readonly Role[] | null): Asker {
  return { agent_id: agent_id ?? NOBODY, roles: roles ?? [] };
}
