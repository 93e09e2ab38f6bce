import {
  SecretAudit,
  SecretCreate,
  SecretDecrypt,
  SecretGrant,
  SecretItem,
  SecretReplace,
  SecretScopeInput,
  SecretValue,
  Uuid,
} from '@cairn/protocol';
import { Type } from 'typebox';
import { answerPageById, PAGE_QUERY, type HttpServer, type Routes } from '../http/index.ts';
import { readScope, type SecretAccess } from './secret-access.ts';

const ById = Type.Object({ id: Uuid });
const Ok = Type.Object({ ok: Type.Boolean() });
const tags = ['secrets'];

export function secretRoutes(secrets: SecretAccess): Routes {
  return (server: HttpServer) => {
    addCreateAndChange(server, secrets);
    addReads(server, secrets);
    addDecrypt(server, secrets);
    addGrants(server, secrets);
    addAudit(server, secrets);
  };
}

function addCreateAndChange(server: HttpServer, secrets: SecretAccess): void {
  const config = { access: 'secret.manage' };
  server.post(
    '/secrets',
    {
      config,
      schema: {
        summary: 'Keep a secret',
        description: 'The value is encrypted at rest and comes back from decrypt only.',
        tags,
        body: SecretCreate,
        response: { 201: SecretItem },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await secrets.create(request.principal, request.body)),
  );
  server.put(
    '/secrets/:id',
    {
      config,
      schema: {
        summary: 'Change the value of a secret',
        tags,
        params: ById,
        body: SecretReplace,
        response: { 200: Ok },
      },
    },
    async (request) => {
      await secrets.replace(request.principal, idOf(request.params), request.body.value);
      return { ok: true };
    },
  );
  server.delete(
    '/secrets/:id',
    {
      config,
      schema: {
        summary: 'Delete a secret; its audit log stays',
        tags,
        params: ById,
        response: { 200: Ok },
      },
    },
    async (request) => {
      await secrets.remove(request.principal, idOf(request.params));
      return { ok: true };
    },
  );
}

function addReads(server: HttpServer, secrets: SecretAccess): void {
  const config = { access: 'secret.read' };
  server.get(
    '/secrets',
    {
      config,
      schema: {
        summary: 'List secrets, newest first, without their values',
        tags,
        querystring: Type.Object({
          ...PAGE_QUERY,
          scope_type: Type.Optional(SecretScopeInput),
          scope_id: Type.Optional(Uuid),
          name: Type.Optional(Type.String({ maxLength: 255 })),
        }),
        response: { 200: Type.Array(SecretItem) },
      },
    },
    (request, reply) => {
      const { scope_type, scope_id, name } = request.query;
      return answerPageById(request, reply, request.query, (window) =>
        secrets.list(request.principal, {
          ...window,
          name,
          scope_type: scope_type && readScope(scope_type),
          scope_id: scope_id?.toLowerCase(),
        }),
      );
    },
  );
  server.get(
    '/secrets/:id',
    {
      config,
      schema: {
        summary: 'What is known of a secret, without its value',
        tags,
        params: ById,
        response: { 200: SecretItem },
      },
    },
    (request) => secrets.get(request.principal, idOf(request.params)),
  );
}

function addDecrypt(server: HttpServer, secrets: SecretAccess): void {
  server.post(
    '/secrets/:id/decrypt',
    {
      config: { access: 'secret.decrypt' },
      schema: {
        summary: 'Read the value of a secret',
        description:
          'For curators, for the agent whose secret it is, and for agents with a grant. Each call stands in the audit log with its reason.',
        tags,
        params: ById,
        body: SecretDecrypt,
        response: { 200: SecretValue },
      },
    },
    async (request, reply) => {
      const { principal, params, body } = request;
      const value = await secrets.decrypt(principal, idOf(params), body.reason);
      return reply.header('cache-control', 'no-store').send(value);
    },
  );
}

function addGrants(server: HttpServer, secrets: SecretAccess): void {
  const config = { access: 'secret.manage' };
  server.post(
    '/secrets/:id/grants',
    {
      config,
      schema: {
        summary: 'Let an agent decrypt a secret',
        tags,
        params: ById,
        body: Type.Object({ agent_id: Uuid }),
        response: { 201: SecretGrant },
      },
    },
    async (request, reply) => {
      const agent_id = request.body.agent_id.toLowerCase();
      const grant = await secrets.grant(request.principal, idOf(request.params), agent_id);
      return reply.code(201).send(grant);
    },
  );
  server.get(
    '/secrets/:id/grants',
    {
      config,
      schema: {
        summary: 'The agents that may decrypt a secret by a grant',
        tags,
        params: ById,
        response: { 200: Type.Array(SecretGrant) },
      },
    },
    (request) => secrets.grants(request.principal, idOf(request.params)),
  );
  server.delete(
    '/secrets/:id/grants/:agent_id',
    {
      config,
      schema: {
        summary: 'Take a grant back',
        tags,
        params: Type.Object({ id: Uuid, agent_id: Uuid }),
        response: { 200: Ok },
      },
    },
    async (request) => {
      const agent_id = request.params.agent_id.toLowerCase();
      await secrets.revoke(request.principal, idOf(request.params), agent_id);
      return { ok: true };
    },
  );
}

function addAudit(server: HttpServer, secrets: SecretAccess): void {
  const config = { access: 'secret.manage' };
  const response = { 200: Type.Array(SecretAudit) };
  const querystring = Type.Object(PAGE_QUERY);
  server.get(
    '/secrets/audit',
    {
      config,
      schema: { summary: 'What was done to secrets, newest first', tags, querystring, response },
    },
    (request, reply) =>
      answerPageById(request, reply, request.query, (window) =>
        secrets.audit(request.principal, null, window),
      ),
  );
  server.get(
    '/secrets/:id/audit',
    {
      config,
      schema: {
        summary: 'What was done to a secret, newest first, also after it was deleted',
        tags,
        params: ById,
        querystring,
        response,
      },
    },
    (request, reply) =>
      answerPageById(request, reply, request.query, (window) =>
        secrets.audit(request.principal, idOf(request.params), window),
      ),
  );
}

function idOf({ id }: { id: string }): string {
  return id.toLowerCase();
}
