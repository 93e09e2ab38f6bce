import type { Handle } from '../db/index.ts';
import type { LoggedEvent } from '../events/index.ts';

/** The queue of webhooks that are to be sent. */
export const WEBHOOKS_QUEUE = 'webhooks';

/** What stands in a delivery of that queue. */
export interface WebhookPayload {
  readonly endpoint_id: string;
  /** The header webhook-id: one event at one endpoint, however often it is sent. */
  readonly webhook_id: string;
  /** What is sent, byte for byte; without the context if the record has become secret by then. */
  readonly body: string;
  /** What decides whether the agent may see it. */
  readonly event: Omit<LoggedEvent, 'context'>;
}

/** Why an endpoint is not active: its agent deleted it, it answered 410, or it failed for days. */
export type DisabledReason = 'deleted' | 'gone' | 'failing';

export interface Endpoint {
  readonly id: string;
  readonly owner_id: string;
  readonly agent_id: string;
  readonly url: string;
  readonly active: boolean;
  readonly disabled_reason: DisabledReason | null;
  /** The first failed attempt since the last success; null while it works. */
  readonly failing_since: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** One time that a webhook was sent, or should have been. */
export interface Attempt {
  readonly endpoint_id: string;
  readonly owner_id: string;
  readonly webhook_id: string;
  readonly seq: number;
  readonly breadcrumb_id: string;
  readonly attempt: number;
  readonly outcome: 'delivered' | 'failed';
  readonly status: number | null;
  readonly error: string | null;
  readonly duration_ms: number;
}

/** A webhook that nothing more is done for: it was taken, or given up. */
export interface Settled {
  readonly owner_id: string;
  readonly endpoint_id: string;
  readonly webhook_id: string;
  readonly breadcrumb_id: string;
  readonly outcome: 'delivered' | 'dead';
}

/** What is told when the server stops sending to an endpoint by itself. */
export interface Disabled {
  readonly endpoint: Endpoint;
  readonly reason: Exclude<DisabledReason, 'deleted'>;
}

/** Lets the owner of an endpoint know, in ways that webhooks themselves know nothing of. */
export interface Notifier {
  /** Writes what is to be known, in the transaction that disables. */
  disabled(tx: Handle, disabled: Disabled): Promise<void>;
  /** Runs after that transaction. */
  committed(): void;
}
