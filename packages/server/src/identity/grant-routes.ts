import { GRANT_ACTIONS, GrantItem, GrantRequest, Uuid } from '@cairn/protocol';
import { Type } from 'typebox';
import { AppError } from '../base/index.ts';
import type { HttpServer, Routes } from '../http/index.ts';
import type { GrantStore } from './grant-store.ts';

const tags = ['identity'];

/** What single agents may do with single records. */
export function grantRoutes(store: GrantStore): Routes {
  return (server: HttpServer) => {
    server.get(
      '/acl',
      {
        config: { access: 'system.read' },
        schema: {
          summary: 'Grants: all of the tenant for curators, else your own',
          tags,
          response: { 200: Type.Array(GrantItem) },
        },
      },
      ({ principal }) =>
        store.list(
          principal.owner_id,
          principal.roles.includes('curator') ? null : principal.agent_id,
        ),
    );
    server.post(
      '/acl/grant',
      {
        config: { access: 'grant.manage' },
        schema: {
          summary: 'Let an agent do something with a record',
          description: `Actions: ${GRANT_ACTIONS.join(', ')}.`,
          tags,
          body: GrantRequest,
          response: { 200: Type.Object({ id: Uuid }) },
        },
      },
      async ({ principal, body }) => {
        const { breadcrumb_id, grantee_agent_id, action } = body;
        const id = await store.grant(
          principal.owner_id,
          breadcrumb_id.toLowerCase(),
          grantee_agent_id.toLowerCase(),
          action,
        );
        if (!id)
          throw new AppError('not_found', 'your tenant has no such record, or no such agent');
        return { id };
      },
    );
    server.post(
      '/acl/revoke',
      {
        config: { access: 'grant.manage' },
        schema: {
          summary: 'Take back what an agent may do with a record',
          tags,
          body: GrantRequest,
          response: { 200: Type.Object({ rows: Type.Integer() }) },
        },
      },
      async ({ principal, body }) => {
        const { breadcrumb_id, grantee_agent_id, action } = body;
        const rows = await store.revoke(
          principal.owner_id,
          breadcrumb_id.toLowerCase(),
          grantee_agent_id.toLowerCase(),
          action,
        );
        return { rows };
      },
    );
  };
}
