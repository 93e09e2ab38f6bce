import { Type, type Static } from 'typebox';
import { Timestamp, Uuid } from './breadcrumb.ts';
import { LIMITS } from './limits.ts';

/** What a principal may do at all: curators everything in their tenant, emitters write, subscribers register selectors. */
export const ROLES = ['curator', 'emitter', 'subscriber'] as const;
export type Role = (typeof ROLES)[number];
export const Roles = Type.Array(Type.Enum([...ROLES]), { maxItems: ROLES.length });

/** The tenant and the agents that `npm start` makes, and that clients of the original have built in. */
export const WELL_KNOWN = {
  owner_id: '00000000-0000-0000-0000-000000000001',
  /** The person at the keyboard: web page, CLI and clients that send `{}`. */
  person: '00000000-0000-0000-0000-000000000ddd',
  /** The principal that built-in tools answer as. */
  tools_runner: '00000000-0000-0000-0000-0000000000bb',
  /** Who writes contexts that trigger their agents. */
  context_builder: '00000000-0000-0000-0000-0000000000bc',
  /** Who writes the catalogues of agents and tools. */
  catalog_keeper: '00000000-0000-0000-0000-0000000000bd',
} as const;

/** Body of `POST /auth/token`. In dev mode every field has a default; in strict mode a key is needed. */
export const TokenRequest = Type.Object({
  owner_id: Type.Optional(Uuid),
  agent_id: Type.Optional(Uuid),
  roles: Type.Optional(Roles),
  ttl_sec: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.token_ttl_s })),
  api_key: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'The key that vouches for the agent; strict mode wants one',
    }),
  ),
});
export type TokenRequest = Static<typeof TokenRequest>;

export const TokenAnswer = Type.Object({
  token: Type.String(),
  owner_id: Type.String(),
  agent_id: Type.String(),
  roles: Roles,
  exp: Type.Integer({ description: 'Unix seconds' }),
});
export type TokenAnswer = Static<typeof TokenAnswer>;

/** Body of `POST /v1/keys`. */
export const ApiKeyCreate = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  agent_id: Type.Optional(Uuid),
  roles: Type.Optional(Roles),
  expires_at: Type.Optional(Type.Union([Timestamp, Type.Null()])),
});
export type ApiKeyCreate = Static<typeof ApiKeyCreate>;

export const ApiKeyItem = Type.Object({
  id: Uuid,
  owner_id: Uuid,
  agent_id: Uuid,
  name: Type.String(),
  roles: Roles,
  created_at: Timestamp,
  expires_at: Type.Union([Timestamp, Type.Null()]),
  last_used_at: Type.Union([Timestamp, Type.Null()]),
  revoked_at: Type.Union([Timestamp, Type.Null()]),
});
export type ApiKeyItem = Static<typeof ApiKeyItem>;

/** The answer of `POST /v1/keys`: the only time that the key itself is shown. */
export const ApiKeyCreated = Type.Object({ ...ApiKeyItem.properties, key: Type.String() });
export type ApiKeyCreated = Static<typeof ApiKeyCreated>;
