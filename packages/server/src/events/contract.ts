import type { EphemeralEvent } from '@cairn/protocol';

/** What decides, besides its tenant and its author, who may hear of an event. */
export interface EventGuard {
  readonly visibility: string;
  readonly sensitivity: string;
  /** Of what is private or secret: agents besides its author that may hear of it. */
  readonly subscribers: readonly string[] | null;
}

/** One row of the event log: something that happened to a breadcrumb, as it was right after. */
export interface LoggedEvent extends EventGuard {
  readonly seq: number;
  readonly kind: 'created' | 'updated' | 'deleted';
  readonly owner_id: string;
  readonly breadcrumb_id: string;
  readonly version: number;
  readonly title: string;
  readonly tags: readonly string[];
  readonly schema_name: string | null;
  readonly created_by: string | null;
  readonly updated_by: string | null;
  readonly updated_at: string;
  /** Null for secret breadcrumbs and for deletions. That of personal data is for this program alone: see `wireText`. */
  readonly context: unknown;
  /** Its record has expired or was deleted since; known of what is shown some time after it happened. */
  readonly is_gone?: boolean;
}

/** An event that is not kept and that only one agent may hear, with the tags by which streams find it. */
export interface EphemeralFor {
  readonly agent_id: string;
  readonly event: EphemeralEvent & { readonly tags: readonly string[] };
}

/** Topics of the bus that belong to events. */
export const TOPICS = {
  /** The log has grown. */
  log: 'events.log',
  /** Events that are not kept, as JSON. */
  ephemeral: 'events.ephemeral',
  /** The same for one agent each: `EphemeralFor` as JSON. */
  ephemeral_for: 'events.ephemeral_for',
  /** Deliveries were put into the queue named by the message. */
  queues: 'events.queues',
} as const;
