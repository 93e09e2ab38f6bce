import { Type, type Static } from 'typebox';
import { Timestamp, Uuid } from './breadcrumb.ts';

const Text = Type.Union([Type.String(), Type.Null()]);
const Seen = Type.Union([Timestamp, Type.Null()]);
const Figure = Type.Union([Type.Number(), Type.Null()]);
const Status = Type.Enum(['active', 'invalid', 'proposed']);

/** An agent as the registry shows it: its definition, whether that counts, and what it did in 24 hours. */
export const RegistryAgent = Type.Object({
  /** Of its definition. */
  id: Uuid,
  name: Type.String(),
  description: Text,
  model: Text,
  version: Type.Integer(),
  status: Status,
  /** Why it does not count, or what is to be known though it does. */
  reason: Text,
  /** When its latest run began. */
  last_seen: Seen,
  metrics: Type.Object({
    runs: Type.Integer(),
    completed: Type.Integer(),
    failed: Type.Integer(),
    stopped: Type.Integer(),
    /** Null when no run was told any, as with cost. */
    input_tokens: Type.Union([Type.Integer(), Type.Null()]),
    output_tokens: Type.Union([Type.Integer(), Type.Null()]),
    cost_usd: Figure,
    mean_ms: Figure,
  }),
});
export type RegistryAgent = Static<typeof RegistryAgent>;

/** A tool as the registry shows it, with what agents asked of it in 24 hours. */
export const RegistryTool = Type.Object({
  name: Type.String(),
  kind: Type.Enum(['builtin', 'code', 'foreign']),
  description: Text,
  category: Text,
  /** Null for tools that no breadcrumb defines. */
  definition_id: Type.Union([Uuid, Type.Null()]),
  version: Type.Union([Type.Integer(), Type.Null()]),
  status: Status,
  reason: Text,
  /** When it ran last, whoever asked. */
  last_seen: Seen,
  metrics: Type.Object({ calls: Type.Integer(), failures: Type.Integer(), mean_ms: Figure }),
});
export type RegistryTool = Static<typeof RegistryTool>;

/** A key of a provider whose quota or credit is used up. Nobody calls with it until `retry_at`. */
export const ModelCircuit = Type.Object({
  /** Of the key, which is not shown. */
  fingerprint: Type.String(),
  provider: Type.String(),
  reason: Type.String(),
  failures: Type.Integer(),
  opened_at: Timestamp,
  retry_at: Timestamp,
});
export type ModelCircuit = Static<typeof ModelCircuit>;

/** An active agent, as a model of the OpenAI wire. */
export const AgentModel = Type.Object({
  /** The short name of the agent. */
  id: Type.String(),
  object: Type.Literal('model'),
  /** Seconds since 1970. */
  created: Type.Integer(),
  owned_by: Type.String(),
});
export type AgentModel = Static<typeof AgentModel>;
