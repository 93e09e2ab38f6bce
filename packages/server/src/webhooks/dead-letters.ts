import type { DeadLetter, DeadLetterRetry } from '@cairn/protocol';
import { AppError, newId } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Handle } from '../db/index.ts';
import { TOPICS } from '../events/index.ts';
import type { PageById, Principal } from '../http/index.ts';
import type { DeliveryStore, NewDelivery } from '../queue/index.ts';
import { WEBHOOKS_QUEUE, type WebhookPayload } from './contract.ts';
import { ATTEMPTS_MAX } from './retry-schedule.ts';
import type { WebhookStore } from './store.ts';

const BATCH = 200;
/** The most that one request puts back. */
const RETRY_MAX = 10_000;

/** Webhooks that could not be delivered. A retry keeps their webhook-id, so that receivers know what they have had. */
export class DeadLetters {
  readonly #store: WebhookStore;
  readonly #deliveries: DeliveryStore;
  readonly #bus: Bus;

  constructor(ports: { store: WebhookStore; deliveries: DeliveryStore; bus: Bus }) {
    this.#store = ports.store;
    this.#deliveries = ports.deliveries;
    this.#bus = ports.bus;
  }

  list(principal: Principal, query: DeadLetterRetry & PageById): Promise<DeadLetter[]> {
    return this.#store.deadLetters({ ...query, owner_id: principal.owner_id });
  }

  /** @throws AppError not_found */
  async remove(principal: Principal, id: string): Promise<void> {
    if (!(await this.#store.removeDeadLetter(principal.owner_id, id))) throw notFound(id);
  }

  /** @throws AppError not_found; conflict when its webhook is not active */
  async retry(principal: Principal, id: string): Promise<void> {
    const { owner_id } = principal;
    await this.#store.transaction(async (tx) => {
      const target = await this.#store.deadLetterTarget(owner_id, id, tx);
      if (!target) throw notFound(id);
      if (!target.active)
        throw new AppError(
          'conflict',
          'its webhook is not active; POST /agents/:id/webhooks with the same url activates it',
        );
      await this.#requeue(owner_id, { owner_id, id }, tx);
    });
    await this.#bus.publish(TOPICS.queues, WEBHOOKS_QUEUE);
  }

  /** Puts back all that match and whose webhooks are active, oldest first. Says how many. */
  async retryMany(principal: Principal, query: DeadLetterRetry): Promise<number> {
    const { owner_id } = principal;
    let requeued = 0;
    while (requeued < RETRY_MAX) {
      const count = await this.#store.transaction((tx) =>
        this.#requeue(owner_id, { ...query, owner_id }, tx),
      );
      requeued += count;
      if (count < BATCH) break;
    }
    await this.#bus.publish(TOPICS.queues, WEBHOOKS_QUEUE);
    return requeued;
  }

  async #requeue(
    owner_id: string,
    query: Parameters<WebhookStore['takeDeadLetters']>[0],
    tx: Handle,
  ): Promise<number> {
    const letters = await this.#store.takeDeadLetters(query, BATCH, tx);
    const deliveries = letters.map(({ payload }) => ({
      ...toDelivery(payload, `:${newId()}`),
      queue: WEBHOOKS_QUEUE,
      owner_id,
    }));
    await this.#deliveries.enqueue(deliveries, tx);
    return letters.length;
  }
}

/**
 * A webhook as a delivery. The versions of one breadcrumb reach an endpoint in order: a later one waits until the one
 * before it was delivered or is dead, which takes a day at most (`LIFETIME_MS`). Different breadcrumbs do not wait for
 * each other and may come in any order; so may repeats, as after a crash between sending and recording. Receivers that
 * need more compare `version` and `seq` in the body. `again` tells a repeat from the first.
 *
 * Standard Webhooks asks for no order, and its senders promise none. We keep it per breadcrumb all the same, because a
 * receiver that stores what it is sent would otherwise end up with an old version after the first trouble.
 */
export function toDelivery(
  payload: WebhookPayload,
  again = '',
): Omit<NewDelivery, 'queue' | 'owner_id'> {
  return {
    dedupe_key: payload.webhook_id + again,
    group_key: `${payload.endpoint_id}:${payload.event.breadcrumb_id}`,
    lane: payload.endpoint_id,
    payload,
    max_attempts: ATTEMPTS_MAX,
  };
}

function notFound(id: string): AppError {
  return new AppError('not_found', `there is no dead letter ${id} in your tenant`);
}
