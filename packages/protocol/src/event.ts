import { Type, type Static } from 'typebox';
import { Timestamp, Uuid } from './breadcrumb.ts';
import type { ToolProgress } from './tool-code.ts';

/**
 * Types of events that last: they are rows of the event log with a sequence.
 * A create is one row and goes by two names: `breadcrumb.updated`, since clients of the original listen to that alone,
 * and `breadcrumb.created` for streams that ask for it with `types=`.
 */
export const LOGGED_EVENT_TYPES = [
  'breadcrumb.created',
  'breadcrumb.updated',
  'breadcrumb.deleted',
] as const;
export type LoggedEventType = (typeof LOGGED_EVENT_TYPES)[number];

/** What a stream carries when `types` is not given. */
export const DEFAULT_EVENT_TYPES: readonly LoggedEventType[] = ['breadcrumb.updated'];

/** Types of events that pass and are not kept: text as a model writes it, progress of a tool. */
export const EPHEMERAL_EVENT_TYPES = ['agent.delta', 'agent.status', 'tool.progress'] as const;
export type EphemeralEventType = (typeof EPHEMERAL_EVENT_TYPES)[number];

/** One event about a breadcrumb, as it stands in a `data:` line of the stream. */
export const BreadcrumbEvent = Type.Object({
  type: Type.Enum([...LOGGED_EVENT_TYPES]),
  seq: Type.Integer({ description: 'Place in the event log; also the `id:` of the frame' }),
  breadcrumb_id: Uuid,
  owner_id: Uuid,
  version: Type.Integer(),
  title: Type.String(),
  tags: Type.Array(Type.String()),
  schema_name: Type.Union([Type.String(), Type.Null()]),
  updated_at: Timestamp,
  updated_by: Type.Union([Uuid, Type.Null()]),
  context: Type.Optional(Type.Unknown()),
  breadcrumb: Type.Optional(
    Type.Object(
      {
        id: Uuid,
        title: Type.String(),
        tags: Type.Array(Type.String()),
        schema_name: Type.Union([Type.String(), Type.Null()]),
        version: Type.Integer(),
        updated_at: Timestamp,
        context: Type.Optional(Type.Unknown()),
      },
      { description: 'In streams, of events up to 16 KiB: the record as it was right after' },
    ),
  ),
});
export type BreadcrumbEvent = Static<typeof BreadcrumbEvent>;

/** A piece of an answer while the model writes it. The `agent.response.v1` breadcrumb that follows is the truth. */
export interface AgentDelta {
  type: 'agent.delta';
  owner_id: string;
  conversation_id: string;
  run_id: string;
  /** The message that is being answered. */
  trigger_id: string;
  agent_id: string;
  /**
   * Pieces of one run count up from 0, over all of its steps; a gap means that a piece was dropped. One that is not
   * higher than the last means that another worker began the step anew.
   */
  index: number;
  text: string;
  /** `reasoning` is what a model thinks before it speaks; it is no part of the answer. */
  kind: 'text' | 'reasoning';
}

/** What an agent is doing now. */
export interface AgentStatus {
  type: 'agent.status';
  owner_id: string;
  conversation_id: string;
  run_id: string;
  trigger_id: string;
  agent_id: string;
  status: 'thinking' | 'waiting_for_tools' | 'waiting_for_approval' | 'done' | 'failed' | 'stopped';
  /** Names of the tools waited for, or the reason of a failure. */
  detail: string | null;
}

export type EphemeralEvent = AgentDelta | AgentStatus | ToolProgress;

/** Frames that the stream itself sends. */
export type StreamControl =
  /** Its `id:` is the sequence up to which the stream has sent everything. */
  | { type: 'ping'; ts: string }
  /** The sequence asked for is no longer kept: read the lists again, then go on from `seq`. */
  | { type: 'resync'; seq: number; reason: string }
  /** The stream ends here and says why. */
  | { type: 'closed'; reason: string };

export type StreamEvent = BreadcrumbEvent | EphemeralEvent | StreamControl;
