import { Type, type Static } from 'typebox';
import { Timestamp, Uuid } from './breadcrumb.ts';

/** For whom a secret is: everybody of the tenant, a workspace, or one agent. */
export const SECRET_SCOPES = ['global', 'workspace', 'agent'] as const;
export type SecretScope = (typeof SECRET_SCOPES)[number];

/** Bytes of a secret's value as UTF-8. */
export const SECRET_BYTES = 65_536;

/** What clients of the original call the scopes: three more names for `global` are taken. */
export const SecretScopeInput = Type.Enum([...SECRET_SCOPES, 'tenant', 'owner', 'tool']);
export type SecretScopeInput = Static<typeof SecretScopeInput>;

const Name = Type.String({ minLength: 1, maxLength: 255 });
const Value = Type.String({
  minLength: 1,
  maxLength: SECRET_BYTES,
  description: 'At most 64 KiB as UTF-8',
});

/** Body of `POST /secrets`. */
export const SecretCreate = Type.Object({
  name: Name,
  scope_type: SecretScopeInput,
  scope_id: Type.Optional(Type.Union([Uuid, Type.Null()])),
  value: Value,
});
export type SecretCreate = Static<typeof SecretCreate>;

/** Body of `PUT /secrets/:id`: the new value. */
export const SecretReplace = Type.Object({ value: Value });
export type SecretReplace = Static<typeof SecretReplace>;

/** A secret as it is shown: never with its value. */
export const SecretItem = Type.Object({
  id: Uuid,
  owner_id: Uuid,
  name: Type.String(),
  scope_type: Type.Enum([...SECRET_SCOPES]),
  scope_id: Type.Union([Uuid, Type.Null()]),
  kek_id: Type.String({ description: 'The key-encryption key that protects it' }),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type SecretItem = Static<typeof SecretItem>;

/** Body of `POST /secrets/:id/decrypt`. */
export const SecretDecrypt = Type.Object({
  reason: Type.String({
    minLength: 1,
    maxLength: 500,
    pattern: String.raw`\S`,
    description: 'why it is needed, as text; it stands in the audit log',
  }),
});
export type SecretDecrypt = Static<typeof SecretDecrypt>;

export const SecretValue = Type.Object({ id: Uuid, name: Type.String(), value: Type.String() });
export type SecretValue = Static<typeof SecretValue>;

/** Lets an agent decrypt a secret that is not its own. */
export const SecretGrant = Type.Object({
  secret_id: Uuid,
  agent_id: Uuid,
  created_at: Timestamp,
  created_by: Type.Union([Uuid, Type.Null()]),
});
export type SecretGrant = Static<typeof SecretGrant>;

/** What can be done to a secret. `use` is the server's own, `decrypt_failed` means a missing key or a changed row. */
export const SECRET_ACTIONS = [
  'create',
  'update',
  'delete',
  'grant',
  'revoke',
  'decrypt',
  'decrypt_refused',
  'decrypt_failed',
  'use',
] as const;
export type SecretAction = (typeof SECRET_ACTIONS)[number];

/** One line of the audit log, which outlives its secret. */
export const SecretAudit = Type.Object({
  id: Uuid,
  secret_id: Uuid,
  secret_name: Type.String(),
  agent_id: Type.Union([Uuid, Type.Null()], { description: 'Who; null is the server itself' }),
  action: Type.Enum([...SECRET_ACTIONS]),
  reason: Type.Union([Type.String(), Type.Null()]),
  created_at: Timestamp,
});
export type SecretAudit = Static<typeof SecretAudit>;
