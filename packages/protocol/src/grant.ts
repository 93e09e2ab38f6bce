import { Type, type Static } from 'typebox';
import { Timestamp, Uuid } from './breadcrumb.ts';

/** What can be granted on one record: to read its context, all of it, to change it, to delete it, to get its events. */
export const GRANT_ACTIONS = [
  'read_context',
  'read_full',
  'update',
  'delete',
  'subscribe',
] as const;
export type GrantAction = (typeof GRANT_ACTIONS)[number];

/** Body of `POST /acl/grant` and `POST /acl/revoke`. */
export const GrantRequest = Type.Object({
  breadcrumb_id: Uuid,
  grantee_agent_id: Uuid,
  action: Type.Enum([...GRANT_ACTIONS]),
});
export type GrantRequest = Static<typeof GrantRequest>;

/** One agent's grants on one record. */
export const GrantItem = Type.Object({
  id: Uuid,
  breadcrumb_id: Uuid,
  grantee_agent_id: Uuid,
  actions: Type.Array(Type.Enum([...GRANT_ACTIONS])),
  created_at: Timestamp,
});
export type GrantItem = Static<typeof GrantItem>;
