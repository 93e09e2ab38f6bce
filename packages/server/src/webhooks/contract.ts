import type { LoggedEvent } from '../events/index.ts';

/** The queue of webhooks that are to be sent. */
export const WEBHOOKS_QUEUE = 'webhooks';

/** What stands in a delivery of that queue. */
export interface WebhookPayload {
  readonly endpoint_id: string;
  /** The header webhook-id: one event at one endpoint, however often it is sent. */
  readonly webhook_id: string;
  /** What is sent, byte for byte. */
  readonly body: string;
  /** What decides whether the agent may see it. */
  readonly event: Omit<LoggedEvent, 'context'>;
}

/** Why an endpoint is not active. */
export type DisabledReason = 'deleted' | 'gone';

export interface Endpoint {
  readonly id: string;
  readonly owner_id: string;
  readonly agent_id: string;
  readonly url: string;
  readonly active: boolean;
  readonly disabled_reason: DisabledReason | null;
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
