import {
  ApiKeyCreate,
  ApiKeyCreated,
  ApiKeyItem,
  ROLES,
  TokenAnswer,
  TokenRequest,
  Uuid,
  WELL_KNOWN,
} from '@cairn/protocol';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '../base/index.ts';
import type { HttpServer, Principal, Routes } from '../http/index.ts';
import type { IdentityStore } from './store.ts';
import type { Tickets } from './tickets.ts';
import type { Tokens } from './tokens.ts';

export interface IdentityPorts {
  readonly tokens: Tokens;
  readonly store: IdentityStore;
  readonly tickets: Tickets;
  /** `dev` gives tokens to anyone who can reach the server, which is this machine only; `strict` wants a key. */
  readonly auth_mode: 'dev' | 'strict';
}

const TOKEN_TTL_S = 3_600;

/** Reads the credential of a request and finds out who it stands for. */
export function authenticator({ tokens, tickets, auth_mode }: IdentityPorts) {
  return async (request: FastifyRequest): Promise<Principal> => {
    const { ticket } = request.query as Record<string, unknown>;
    if (typeof ticket === 'string' && request.routeOptions.url?.endsWith('/events/stream')) {
      request.credential_holds = tokens.holdsFor(TOKEN_TTL_S);
      return tickets.redeem(ticket);
    }
    const credential = readCredential(request, auth_mode === 'dev');
    // Anybody who can reach a server in dev mode can have this principal's token, so nothing is given away here.
    const is_open = auth_mode === 'dev' && request.routeOptions.config.open_in_dev === true;
    if (is_open && credential === null && request.headers.authorization === undefined)
      return devPrincipal({});
    if (!credential) {
      throw new AppError(
        'unauthenticated',
        'send `Authorization: Bearer <token or key>`; POST /auth/token gives tokens',
      );
    }
    request.credential_holds = () => tokens.holds(credential);
    return tokens.verify(credential);
  };
}

function readCredential(request: FastifyRequest, from_query: boolean): string | null {
  const header = request.headers.authorization;
  if (header !== undefined) return /^Bearer +(\S+)$/i.exec(header)?.[1] ?? null;
  if (!from_query) return null;
  // EventSource cannot set headers. An address ends up in logs and histories, so strict mode does not take this.
  const { access_token, token } = request.query as Record<string, unknown>;
  const given = access_token ?? token;
  return typeof given === 'string' && given !== '' ? given : null;
}

export function identityRoutes(ports: IdentityPorts): Routes {
  return (server: HttpServer) => {
    addTokenRoute(server, ports);
    addKeyRoutes(server, ports);
  };
}

/** `/.well-known/jwks.json`, which stands at the root only. */
export function addJwksRoute(server: HttpServer, tokens: Tokens): void {
  server.get(
    '/.well-known/jwks.json',
    {
      config: { access: 'public' },
      schema: { summary: 'The keys that tokens are signed with', tags: ['identity'], security: [] },
    },
    (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(tokens.jwks),
  );
}

function addTokenRoute(server: HttpServer, { tokens, store, auth_mode }: IdentityPorts): void {
  server.post(
    '/auth/token',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Get a token',
        description:
          'For the agent of the API key, with its roles or fewer. Without a key in dev mode only: for any tenant and agent, `{}` for the default ones.',
        tags: ['identity'],
        body: Type.Union([TokenRequest, Type.Null()]),
        response: { 200: TokenAnswer },
        security: [],
      },
    },
    async (request) => {
      const body = request.body ?? {};
      const ttl_s = body.ttl_sec ?? TOKEN_TTL_S;
      const key = readKey(request, body);
      const is_open = auth_mode === 'dev' && key === null;
      const { principal, ...bounds } = is_open
        ? { principal: devPrincipal(body), ends_at: Infinity, key_id: null }
        : await keyPrincipal(key, body, tokens);
      if (is_open) await store.ensureMinted(principal);
      const { token, exp } = await tokens.mint(principal, ttl_s, bounds);
      // Ids come back as they were sent, as clients of the original expect; inside they are in small letters.
      const { owner_id, agent_id } = { ...principal, ...body };
      return { token, owner_id, agent_id, roles: [...principal.roles], exp };
    },
  );
}

function devPrincipal(body: TokenRequest): Principal {
  return {
    owner_id: (body.owner_id ?? WELL_KNOWN.owner_id).toLowerCase(),
    agent_id: (body.agent_id ?? WELL_KNOWN.person).toLowerCase(),
    roles: body.roles ?? [...ROLES],
  };
}

/** The form of a token, by which those who renew theirs may still show the old one. */
const TOKEN_FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** What is shown as an API key, right or wrong; null when nothing is. */
function readKey(request: FastifyRequest, body: TokenRequest): string | null {
  const credential = readCredential(request, false);
  const shown = credential !== null && TOKEN_FORM.test(credential) ? null : credential;
  return shown ?? (body.api_key || null);
}

async function keyPrincipal(
  key: string | null,
  body: TokenRequest,
  tokens: Tokens,
): Promise<{ principal: Principal; ends_at: number; key_id: string }> {
  if (!key) {
    throw new AppError(
      'unauthenticated',
      'this server gives tokens for API keys only; send `Authorization: Bearer cairn_…`',
    );
  }
  const { principal: holder, ends_at, key_id } = await tokens.readKey(key);
  const is_other = (given: string | undefined, own: string) =>
    given !== undefined && given.toLowerCase() !== own;
  if (is_other(body.owner_id, holder.owner_id) || is_other(body.agent_id, holder.agent_id)) {
    throw new AppError(
      'forbidden',
      'the key belongs to another tenant or agent; leave owner_id and agent_id out',
    );
  }
  const missing = body.roles?.find((role) => !holder.roles.includes(role));
  if (missing) throw new AppError('forbidden', `the key does not have the role ${missing}`);
  return { principal: { ...holder, roles: body.roles ?? holder.roles }, ends_at, key_id };
}

function addKeyRoutes(server: HttpServer, { tokens, store }: IdentityPorts): void {
  const access = 'key.manage';
  server.post(
    '/keys',
    {
      config: { access },
      schema: {
        summary: 'Make an API key',
        tags: ['identity'],
        body: ApiKeyCreate,
        response: { 201: ApiKeyCreated },
      },
    },
    async (request, reply) => {
      const { name, roles, expires_at } = request.body;
      const { principal } = request;
      const missing = roles?.find((role) => !principal.roles.includes(role));
      if (missing)
        throw new AppError(
          'forbidden',
          `you do not have the role ${missing}, so your key cannot have it`,
        );
      const agent_id = request.body.agent_id?.toLowerCase() ?? principal.agent_id;
      const holder = { owner_id: principal.owner_id, agent_id, roles: roles ?? principal.roles };
      const ends = tokens.readExpiry(expires_at ?? null);
      const agent_roles = await store.agentRoles(holder.owner_id, agent_id);
      if (agent_roles === null) await store.ensureAgent(holder);
      const lacking = holder.roles.find((role) => agent_roles?.includes(role) === false);
      if (lacking)
        throw new AppError(
          'conflict',
          `the agent does not have the role ${lacking}, and a key has no more than its agent; POST /agents/:id gives roles`,
        );
      return reply.code(201).send(await tokens.createKey(holder, name, ends));
    },
  );
  server.get(
    '/keys',
    {
      config: { access },
      schema: {
        summary: 'The API keys of the tenant',
        tags: ['identity'],
        response: { 200: Type.Array(ApiKeyItem) },
      },
    },
    (request) => store.listKeys(request.principal.owner_id),
  );
  server.delete(
    '/keys/:id',
    {
      config: { access },
      schema: {
        summary: 'Revoke an API key',
        tags: ['identity'],
        params: Type.Object({ id: Uuid }),
        response: { 200: Type.Object({ ok: Type.Boolean() }) },
      },
    },
    async (request) => {
      if (!(await store.revokeKey(request.principal.owner_id, request.params.id))) {
        throw new AppError('not_found', 'there is no live key with this id in your tenant');
      }
      return { ok: true };
    },
  );
}
