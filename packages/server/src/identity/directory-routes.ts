import { AgentItem, Roles, TenantItem, Uuid } from '@cairn/protocol';
import { Type } from 'typebox';
import { AppError } from '../base/index.ts';
import type { HttpServer, Principal, Routes } from '../http/index.ts';
import type { DirectoryStore } from './directory-store.ts';

const ById = Type.Object({ id: Uuid });
const Ok = Type.Object({ ok: Type.Boolean() });
const TenantName = Type.Object({ name: Type.String({ minLength: 1, maxLength: 255 }) });
const tags = ['identity'];

/** Tenants and agents. A principal sees and changes its own tenant only: others are as if they were not there. */
export function directoryRoutes(store: DirectoryStore): Routes {
  return (server: HttpServer) => {
    addTenantRoutes(server, store);
    addAgentRoutes(server, store);
  };
}

function addTenantRoutes(server: HttpServer, store: DirectoryStore): void {
  server.get(
    '/tenants',
    {
      config: { access: 'tenant.manage' },
      schema: { summary: 'Your tenant', tags, response: { 200: Type.Array(TenantItem) } },
    },
    async ({ principal }) => [await findTenant(store, principal, principal.owner_id)],
  );
  server.get(
    '/tenants/:id',
    {
      config: { access: 'system.read' },
      schema: { summary: 'Read a tenant', tags, params: ById, response: { 200: TenantItem } },
    },
    ({ principal, params }) => findTenant(store, principal, params.id),
  );
  for (const method of ['POST', 'PUT'] as const) {
    server.route({
      method,
      url: '/tenants/:id',
      config: { access: 'tenant.manage' },
      schema: {
        summary: 'Name your tenant',
        tags,
        params: ById,
        body: TenantName,
        response: { 200: Ok },
      },
      handler: async (request) => {
        const { id } = request.params;
        const { name } = request.body;
        assertOwn(request.principal, id);
        await store.nameTenant(id.toLowerCase(), name);
        return { ok: true };
      },
    });
  }
  server.delete(
    '/tenants/:id',
    {
      config: { access: 'tenant.manage' },
      schema: {
        summary: 'Delete your tenant and everything in it',
        tags,
        params: ById,
        response: { 200: Ok },
      },
    },
    async ({ principal, params }) => {
      assertOwn(principal, params.id);
      if (!(await store.deleteTenant(params.id.toLowerCase()))) throw noTenant();
      return { ok: true };
    },
  );
}

async function findTenant(
  store: DirectoryStore,
  principal: Principal,
  id: string,
): Promise<TenantItem> {
  assertOwn(principal, id);
  const tenant = await store.tenant(id.toLowerCase());
  if (!tenant) throw noTenant();
  return tenant;
}

function assertOwn(principal: Principal, id: string): void {
  if (id.toLowerCase() !== principal.owner_id) throw noTenant();
}

const noTenant = (): AppError =>
  new AppError('not_found', 'there is no such tenant that you may see');
const noAgent = (id: string): AppError =>
  new AppError('not_found', `there is no agent ${id} in your tenant`);

function addAgentRoutes(server: HttpServer, store: DirectoryStore): void {
  const read = { access: 'system.read' };
  server.get(
    '/agents',
    {
      config: read,
      schema: {
        summary: 'The agents of the tenant',
        tags,
        response: { 200: Type.Array(AgentItem) },
      },
    },
    ({ principal }) => store.agents(principal.owner_id),
  );
  server.get(
    '/agents/:id',
    {
      config: read,
      schema: { summary: 'Read an agent', tags, params: ById, response: { 200: AgentItem } },
    },
    async ({ principal, params }) => {
      const agent = await store.agent(principal.owner_id, params.id.toLowerCase());
      if (!agent) throw noAgent(params.id);
      return agent;
    },
  );
  server.post(
    '/agents/:id',
    {
      config: { access: 'system.read' },
      schema: {
        summary: 'Set the roles of an agent',
        description:
          'Curators may give the roles that they have; an agent may give up roles of its own.',
        tags,
        params: ById,
        body: Type.Object({ roles: Roles }),
        response: { 200: Ok },
      },
    },
    async ({ principal, params, body }) => {
      const id = params.id.toLowerCase();
      const is_curator = principal.roles.includes('curator');
      if (!is_curator && id !== principal.agent_id) {
        throw new AppError('forbidden', 'only a curator may set the roles of another agent');
      }
      const extra = body.roles.find((role) => !principal.roles.includes(role));
      if (extra)
        throw new AppError('forbidden', `you do not have the role ${extra}, so you cannot give it`);
      if (is_curator) {
        if (!(await store.setRoles(principal.owner_id, id, body.roles))) throw noTenant();
        return { ok: true };
      }
      if (!(await store.agent(principal.owner_id, id))) throw noAgent(id);
      if (!(await store.narrowRoles(principal.owner_id, id, body.roles)))
        throw new AppError('forbidden', 'an agent may give up roles, not take one back');
      return { ok: true };
    },
  );
  server.delete(
    '/agents/:id',
    {
      config: { access: 'agent.manage' },
      schema: {
        summary: 'Delete an agent with its keys',
        tags,
        params: ById,
        response: { 200: Ok },
      },
    },
    async ({ principal, params }) => {
      if (!(await store.deleteAgent(principal.owner_id, params.id.toLowerCase())))
        throw noAgent(params.id);
      return { ok: true };
    },
  );
}
