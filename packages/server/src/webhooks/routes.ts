import {
  AgentSecret,
  DeadLetter,
  DeadLetterRetry,
  SecretRotated,
  SecretRotation,
  Uuid,
  Webhook,
  WebhookAttempt,
  WebhookCreate,
  WebhookCreated,
} from '@cairn/protocol';
import { Type } from 'typebox';
import { answerPageById, PAGE_QUERY, type HttpServer, type Routes } from '../http/index.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Webhooks } from './webhooks.ts';

const ById = Type.Object({ id: Uuid });
const ByIds = Type.Object({ id: Uuid, wid: Uuid });
const Ok = Type.Object({ ok: Type.Boolean() });
const tags = ['webhooks'];

export function webhookRoutes(webhooks: Webhooks, dead_letters: DeadLetters): Routes {
  return (server: HttpServer) => {
    addEndpoints(server, webhooks);
    addSecrets(server, webhooks);
    addAttempts(server, webhooks);
    addDeadLetters(server, dead_letters);
  };
}

const config = { access: 'webhook.manage' };

function addEndpoints(server: HttpServer, webhooks: Webhooks): void {
  server.post(
    '/agents/:id/webhooks',
    {
      config,
      schema: {
        summary: "Send the events of an agent's subscriptions to an address",
        description:
          'The same address again activates its webhook. A secret that the server makes is shown here only.',
        tags,
        params: ById,
        body: WebhookCreate,
        response: { 200: WebhookCreated, 201: WebhookCreated },
      },
    },
    async (request, reply) => {
      const { principal, params, body } = request;
      const { webhook, is_new } = await webhooks.create(principal, params.id.toLowerCase(), body);
      return reply.code(is_new ? 201 : 200).send(webhook);
    },
  );
  server.get(
    '/agents/:id/webhooks',
    {
      config,
      schema: {
        summary: 'The active webhooks of an agent',
        tags,
        params: ById,
        querystring: Type.Object({
          include_inactive: Type.Optional(
            Type.Boolean({ description: 'Also those that were disabled or deleted' }),
          ),
        }),
        response: { 200: Type.Array(Webhook) },
      },
    },
    ({ principal, params, query }) =>
      webhooks.list(principal, params.id.toLowerCase(), query.include_inactive ? 'all' : 'active'),
  );
  server.delete(
    '/agents/:id/webhooks/:wid',
    {
      config,
      schema: {
        summary: 'Delete a webhook; what waits for it is not sent any more',
        tags,
        params: ByIds,
        response: { 200: Type.Object({ ok: Type.Boolean(), rows: Type.Integer() }) },
      },
    },
    async ({ principal, params }) => {
      await webhooks.remove(principal, params.id.toLowerCase(), params.wid.toLowerCase());
      return { ok: true, rows: 1 };
    },
  );
}

function addSecrets(server: HttpServer, webhooks: Webhooks): void {
  server.post(
    '/agents/:id/secret',
    {
      config,
      schema: {
        summary: 'Set the secret that signs for all webhooks of an agent',
        description: 'The secret before goes on signing beside it for a while.',
        tags,
        params: ById,
        body: AgentSecret,
        response: { 200: Ok },
      },
    },
    async ({ principal, params, body }) => {
      await webhooks.setAgentSecret(principal, params.id.toLowerCase(), body);
      return { ok: true };
    },
  );
  server.post(
    '/agents/:id/webhooks/:wid/rotate-secret',
    {
      config,
      schema: {
        summary: 'Give a webhook another secret',
        description: 'Both sign until the one before expires. The new one is shown here only.',
        tags,
        params: ByIds,
        body: Type.Union([SecretRotation, Type.Null()]),
        response: { 200: SecretRotated },
      },
    },
    async ({ principal, params, body }, reply) => {
      const [id, wid] = [params.id.toLowerCase(), params.wid.toLowerCase()];
      const rotated = await webhooks.rotate(principal, id, wid, body ?? {});
      return reply.header('cache-control', 'no-store').send(rotated);
    },
  );
}

function addAttempts(server: HttpServer, webhooks: Webhooks): void {
  server.get(
    '/agents/:id/webhooks/:wid/attempts',
    {
      config,
      schema: {
        summary: 'The last attempts at a webhook, newest first',
        tags,
        params: ByIds,
        querystring: Type.Object(PAGE_QUERY),
        response: { 200: Type.Array(WebhookAttempt) },
      },
    },
    (request, reply) => {
      const { principal, params } = request;
      const [id, wid] = [params.id.toLowerCase(), params.wid.toLowerCase()];
      return answerPageById(request, reply, request.query, (window) =>
        webhooks.attempts(principal, id, wid, window),
      );
    },
  );
}

function addDeadLetters(server: HttpServer, dead_letters: DeadLetters): void {
  const access = { access: 'dead_letter.manage' };
  server.get(
    '/dlq',
    {
      config: access,
      schema: {
        summary: 'Webhooks that could not be delivered, newest first',
        tags,
        querystring: Type.Object({ ...PAGE_QUERY, ...DeadLetterRetry.properties }),
        response: { 200: Type.Array(DeadLetter) },
      },
    },
    (request, reply) => {
      const which = readWhich(request.query);
      return answerPageById(request, reply, request.query, (window) =>
        dead_letters.list(request.principal, { ...which, ...window }),
      );
    },
  );
  server.delete(
    '/dlq/:id',
    {
      config: access,
      schema: { summary: 'Throw a dead letter away', tags, params: ById, response: { 200: Ok } },
    },
    async ({ principal, params }) => {
      await dead_letters.remove(principal, params.id.toLowerCase());
      return { ok: true };
    },
  );
  server.post(
    '/dlq/:id/retry',
    {
      config: access,
      schema: {
        summary: 'Send a dead letter again, under its old webhook-id',
        tags,
        params: ById,
        response: { 200: Type.Object({ requeued: Type.Boolean() }) },
      },
    },
    async ({ principal, params }) => {
      await dead_letters.retry(principal, params.id.toLowerCase());
      return { requeued: true };
    },
  );
  server.post(
    '/dlq/retry',
    {
      config: access,
      schema: {
        summary: 'Send dead letters again, up to 10,000, oldest first',
        description: 'Those whose webhooks are not active stay.',
        tags,
        body: Type.Union([DeadLetterRetry, Type.Null()]),
        response: { 200: Type.Object({ requeued: Type.Integer() }) },
      },
    },
    async ({ principal, body }) => ({
      requeued: await dead_letters.retryMany(principal, readWhich(body ?? {})),
    }),
  );
}

function readWhich({ endpoint_id, agent_id }: DeadLetterRetry): DeadLetterRetry {
  return {
    ...(endpoint_id === undefined ? {} : { endpoint_id: endpoint_id.toLowerCase() }),
    ...(agent_id === undefined ? {} : { agent_id: agent_id.toLowerCase() }),
  };
}
