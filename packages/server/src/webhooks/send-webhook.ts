import type { Role } from '@cairn/protocol';
import { messageOf, type Clock, type Log } from '../base/index.ts';
import type { Handle } from '../db/index.ts';
import { raiseGeneration, type EventStore, type LoggedEvent } from '../events/index.ts';
import { OutboundError, type GuardedFetch, type Principal } from '../http/index.ts';
import type { Delivery, DeliveryHandler, DeliveryStore, Outcome } from '../queue/index.ts';
import {
  WEBHOOKS_QUEUE,
  type Attempt,
  type Disabled,
  type Endpoint,
  type Notifier,
  type Settled,
  type WebhookPayload,
} from './contract.ts';
import { LIFETIME_MS, pauseAfter, readRetryAfter } from './retry-schedule.ts';
import { signWebhook } from './sign-webhook.ts';
import type { SigningSecrets } from './signing-secrets.ts';
import type { WebhookStore } from './store.ts';

const TIMEOUT_MS = 15_000;
/** Of an answer only the status counts; so much of its body is read that small ones end in good order. */
const ANSWER_BYTES = 16_384;
/** Answers that mean "later", which may say when. */
const LATER = new Set([429, 502, 503, 504]);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** With so long between two failures, nothing is known of the time between. Pauses are shorter. */
const SILENCE_MS = 2 * DAY_MS;
/** After an outage of this length, what waits for the endpoint goes out at its first success. Less is left to the schedule. */
const OUTAGE_MS = 10 * MINUTE_MS;

export interface WebhookSenderPorts {
  readonly store: WebhookStore;
  readonly signing: SigningSecrets;
  readonly fetch: GuardedFetch;
  /** The roles that an agent has now; null when it is no more. */
  readonly rolesOf: (owner_id: string, agent_id: string) => Promise<readonly Role[] | null>;
  readonly may_see: (principal: Principal, event: LoggedEvent) => boolean;
  readonly events: Pick<EventStore, 'guardNow'>;
  readonly deliveries: DeliveryStore;
  /** Tells the owner of an endpoint that was disabled. */
  readonly notifier?: Notifier;
  /** Days of nothing but failures after which an endpoint is disabled. */
  readonly disable_after_days: number;
  /** The W3C header of the trace that an attempt is part of; null when there is none. */
  readonly traceparent?: () => string | null;
  /** Is told of each attempt. */
  readonly observe?: (outcome: Attempt['outcome'], ms: number) => void;
  /** Is told, after the commit, of each webhook that nothing more is done for. */
  readonly settled?: (webhook: Settled) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** What came of one request. */
interface Answer {
  readonly status: number | null;
  readonly error: string | null;
  readonly retry_after_ms: number | null;
}

/** Sends webhooks. What was sent but not recorded, because this process died, is sent again under the same webhook-id. */
export class WebhookSender implements DeliveryHandler {
  readonly #ports: WebhookSenderPorts;

  constructor(ports: WebhookSenderPorts) {
    this.#ports = ports;
  }

  async handle(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    try {
      return await this.#attempt(delivery, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      // A fault of ours, such as a missing key, must not use up the attempts within a minute.
      return this.#again(delivery, messageOf(error));
    }
  }

  async #attempt(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const { store, clock } = this.#ports;
    const payload = delivery.payload as WebhookPayload;
    const endpoint = await store.endpoint(delivery.owner_id, payload.endpoint_id);
    if (!endpoint || endpoint.disabled_reason === 'deleted') return { type: 'done' };
    if (!endpoint.active) return { type: 'dead', reason: 'the webhook is disabled' };
    const body = await this.#permittedBody(endpoint, payload);
    // Not permitted any more: there is nothing to send, and nothing to tell its agent of.
    if (body === null) return { type: 'done' };
    const started = clock.now();
    const answer = await this.#send(endpoint, { ...payload, body }, signal);
    const attempt = toAttempt(delivery, payload, answer, clock.now() - started);
    this.#ports.observe?.(attempt.outcome, attempt.duration_ms);
    if (attempt.outcome === 'delivered') return this.#delivered(delivery, endpoint, attempt);
    await store.noteAttempt(attempt);
    if (answer.status === 410) return this.#disable({ endpoint, reason: 'gone' });
    if (await this.#failsForDays(endpoint)) return this.#disable({ endpoint, reason: 'failing' });
    return this.#again(delivery, attempt.error ?? '', answer.retry_after_ms);
  }

  #delivered(delivery: Delivery, endpoint: Endpoint, attempt: Attempt): Outcome {
    const { store, deliveries, clock } = this.#ports;
    const { id, failing_since } = endpoint;
    return {
      type: 'done',
      async commit(tx) {
        await store.noteAttempt(attempt, tx);
        if (failing_since === null || !(await store.noteRecovery(id, tx))) return;
        if (clock.now() - Date.parse(failing_since) >= OUTAGE_MS)
          await deliveries.hasten(WEBHOOKS_QUEUE, id, tx);
      },
      committed: () => this.#settled(delivery, 'delivered'),
    };
  }

  async #failsForDays({ id }: Endpoint): Promise<boolean> {
    const { store, clock, disable_after_days } = this.#ports;
    const now = clock.now();
    const since = await store.noteFailure(id, new Date(now).toISOString(), SILENCE_MS);
    return since !== null && now - Date.parse(since) >= disable_after_days * DAY_MS;
  }

  #again(delivery: Delivery, reason: string, at_least_ms: number | null = null): Outcome {
    const { clock, random } = this.#ports;
    const age_ms = clock.now() - Date.parse(delivery.created_at);
    if (age_ms >= LIFETIME_MS) return { type: 'dead', reason };
    const pause_ms = pauseAfter(delivery.attempts, random());
    return { type: 'retry', reason, after_ms: Math.max(pause_ms, at_least_ms ?? 0) };
  }

  async bury(tx: Handle, delivery: Delivery, reason: string): Promise<void> {
    const { id, owner_id, attempts } = delivery;
    const payload = delivery.payload as WebhookPayload;
    await this.#ports.store.addDeadLetter(
      { id, owner_id, payload, attempts, last_error: reason },
      tx,
    );
  }

  buried(delivery: Delivery): void {
    this.#settled(delivery, 'dead');
  }

  #settled({ owner_id, payload }: Delivery, outcome: Settled['outcome']): void {
    const { endpoint_id, webhook_id, event } = payload as WebhookPayload;
    const { breadcrumb_id } = event;
    this.#ports.settled?.({ owner_id, endpoint_id, webhook_id, breadcrumb_id, outcome });
  }

  /**
   * What may be sent; null when that is nothing. Asked at each attempt: since the event a role or a grant may have been
   * taken away, and the record may have become private, or secret or personal, whose context leaves in no event, or be gone.
   */
  async #permittedBody(
    endpoint: Endpoint,
    { event, body }: WebhookPayload,
  ): Promise<string | null> {
    const { rolesOf, may_see, events } = this.#ports;
    const { owner_id, agent_id } = endpoint;
    const roles = await rolesOf(owner_id, agent_id);
    if (!roles) return null;
    const guard = await events.guardNow(event);
    const seen = { ...event, ...guard, context: null };
    if (!may_see({ owner_id, agent_id, roles }, seen)) return null;
    return guard.sensitivity === 'low' && !guard.is_gone ? body : withoutContext(body);
  }

  async #send(
    endpoint: Endpoint,
    { webhook_id, body }: WebhookPayload,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { signing, fetch, clock } = this.#ports;
    const secrets = await signing.live(endpoint);
    const now = clock.now();
    const traceparent = this.#ports.traceparent?.() ?? null;
    const headers = {
      ...(traceparent === null ? {} : { traceparent }),
      'content-type': 'application/json',
      'user-agent': 'Cairn-Webhooks/1',
      ...signWebhook({ webhook_id, timestamp_s: Math.floor(now / 1_000), body }, secrets),
    };
    try {
      const { status, headers: said } = await fetch(endpoint.url, {
        method: 'POST',
        headers,
        body,
        timeout_ms: TIMEOUT_MS,
        response_bytes_max: ANSWER_BYTES,
        signal,
      });
      const retry_after_ms = LATER.has(status) ? readRetryAfter(said['retry-after'], now) : null;
      return { status, error: whyNotDelivered(status), retry_after_ms };
    } catch (error) {
      if (!(error instanceof OutboundError) || error.fault === 'aborted') throw error;
      return { status: null, error: error.message, retry_after_ms: null };
    }
  }

  /** No more is sent, until its agent registers the same address again. */
  async #disable(disabled: Disabled): Promise<Outcome> {
    const { store, notifier, log } = this.#ports;
    const { reason, endpoint } = disabled;
    const { id, owner_id } = endpoint;
    const is_first = await store.transaction(async (tx) => {
      if (!(await store.disable(id, reason, tx))) return false;
      await notifier?.disabled(tx, disabled);
      await raiseGeneration(tx);
      return true;
    });
    if (is_first) {
      notifier?.committed();
      log.warn({ owner_id, endpoint_id: id, reason }, 'a webhook was disabled');
    }
    return { type: 'dead', reason: WHY_DISABLED[reason] };
  }
}

function withoutContext(body: string): string {
  const { context: _, ...rest } = JSON.parse(body) as Record<string, unknown>;
  return JSON.stringify(rest);
}

const WHY_DISABLED: Readonly<Record<Disabled['reason'], string>> = {
  gone: 'answered 410: the webhook was disabled',
  failing: 'nothing but failures for days: the webhook was disabled',
};

function whyNotDelivered(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400
    ? `answered ${status}; redirects are not followed`
    : `answered ${status}`;
}

function toAttempt(
  delivery: Delivery,
  payload: WebhookPayload,
  { status, error }: Answer,
  duration_ms: number,
): Attempt {
  const { endpoint_id, webhook_id, event } = payload;
  return {
    endpoint_id,
    owner_id: delivery.owner_id,
    webhook_id,
    seq: event.seq,
    breadcrumb_id: event.breadcrumb_id,
    attempt: delivery.attempts,
    outcome: error === null ? 'delivered' : 'failed',
    status,
    error,
    duration_ms: Math.round(duration_ms),
  };
}
