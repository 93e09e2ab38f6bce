import { Type, type Static } from 'typebox';
import { Roles } from './auth.ts';
import { Timestamp, Uuid } from './breadcrumb.ts';

export const TenantItem = Type.Object({ id: Uuid, name: Type.String(), created_at: Timestamp });
export type TenantItem = Static<typeof TenantItem>;

export const AgentItem = Type.Object({ id: Uuid, roles: Roles, created_at: Timestamp });
export type AgentItem = Static<typeof AgentItem>;
