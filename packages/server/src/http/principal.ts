import type { Role } from '@cairn/protocol';

/** Who makes a request: an agent of a tenant, with the roles that its token or key grants. */
export interface Principal {
  readonly owner_id: string;
  readonly agent_id: string;
  readonly roles: readonly Role[];
}
