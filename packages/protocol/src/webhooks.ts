import { Type, type Static } from 'typebox';
import { Timestamp, Uuid } from './breadcrumb.ts';

const Nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(
  schema: T,
) => Type.Union([schema, Type.Null()]);

/** How long a secret stays good after its successor was set, in seconds, when nothing is said. */
export const SECRET_OVERLAP_S = 86_400;

const SigningSecret = Type.String({
  minLength: 8,
  maxLength: 255,
  description:
    'of 8 to 255 characters; one that starts with whsec_ goes on with 24 to 64 bytes as base64',
});
const Overlap = Type.Integer({
  minimum: 0,
  maximum: 604_800,
  default: SECRET_OVERLAP_S,
  description: 'Seconds for which the secret before goes on signing beside the new one',
});

/** Body of `POST /agents/:id/webhooks`. */
export const WebhookCreate = Type.Object({
  url: Type.String({ minLength: 1, maxLength: 2_000 }),
  secret: Type.Optional(SigningSecret),
});
export type WebhookCreate = Static<typeof WebhookCreate>;

/** Where the events of an agent's subscriptions are sent. */
export const Webhook = Type.Object({
  id: Uuid,
  agent_id: Uuid,
  url: Type.String(),
  active: Type.Boolean(),
  disabled_reason: Nullable(Type.String()),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type Webhook = Static<typeof Webhook>;

/** Answer of `POST /agents/:id/webhooks`: the only time that a secret made by the server is shown. */
export const WebhookCreated = Type.Object({
  ...Webhook.properties,
  secret: Nullable(Type.String()),
});
export type WebhookCreated = Static<typeof WebhookCreated>;

/** Body of `POST /agents/:id/secret`: a secret for all webhooks of the agent. */
export const AgentSecret = Type.Object({
  secret: SigningSecret,
  expire_previous_in_s: Type.Optional(Overlap),
});
export type AgentSecret = Static<typeof AgentSecret>;

/** Body of `POST /agents/:id/webhooks/:wid/rotate-secret`; without a secret the server makes one. */
export const SecretRotation = Type.Object({
  secret: Type.Optional(SigningSecret),
  expire_previous_in_s: Type.Optional(Overlap),
});
export type SecretRotation = Static<typeof SecretRotation>;

export const SecretRotated = Type.Object({
  secret: Type.String(),
  previous_expires_at: Nullable(Type.String()),
});
export type SecretRotated = Static<typeof SecretRotated>;

/** One time that an event was sent, or should have been. */
export const WebhookAttempt = Type.Object({
  id: Uuid,
  webhook_id: Type.String({ description: 'The header webhook-id: the same for all attempts' }),
  breadcrumb_id: Uuid,
  seq: Type.Integer({ description: 'Place of the event in the event log' }),
  attempt: Type.Integer(),
  outcome: Type.Enum(['delivered', 'failed']),
  status: Nullable(Type.Integer()),
  error: Nullable(Type.String()),
  duration_ms: Type.Integer(),
  created_at: Timestamp,
});
export type WebhookAttempt = Static<typeof WebhookAttempt>;

/** An event that could not be delivered. */
export const DeadLetter = Type.Object({
  id: Uuid,
  agent_id: Uuid,
  endpoint_id: Uuid,
  url: Type.String(),
  webhook_id: Type.String(),
  payload: Type.Unknown({ description: 'The event' }),
  attempts: Type.Integer(),
  last_error: Type.String(),
  created_at: Timestamp,
});
export type DeadLetter = Static<typeof DeadLetter>;

/** Body of `POST /dlq/retry`: which dead letters; without a field, all of the tenant. */
export const DeadLetterRetry = Type.Object({
  endpoint_id: Type.Optional(Uuid),
  agent_id: Type.Optional(Uuid),
});
export type DeadLetterRetry = Static<typeof DeadLetterRetry>;
