import type { Handle } from '../db/index.ts';
import {
  wireText,
  type Dispatcher,
  type LoggedEvent,
  type Subscription,
  type SubscriptionSource,
} from '../events/index.ts';
import { WEBHOOKS_QUEUE, type WebhookPayload } from './contract.ts';
import { toDelivery } from './dead-letters.ts';
import type { WebhookStore } from './store.ts';

/**
 * The subscriptions that agents registered by the API, once for each webhook of their agent. Here the subscriber is the
 * endpoint, so that each endpoint gets each event once.
 */
export class WebhookSubscriptions implements SubscriptionSource {
  readonly #webhooks: WebhookStore;

  constructor(webhooks: WebhookStore) {
    this.#webhooks = webhooks;
  }

  async subscriptions(tx: Handle): Promise<Subscription[]> {
    const selectors = await this.#webhooks.selectors(tx);
    return selectors.map(({ id, owner_id, endpoint_id, selector }) => ({
      id: `${id}:${endpoint_id}`,
      owner_id,
      agent_id: endpoint_id,
      selector,
      queue: WEBHOOKS_QUEUE,
    }));
  }
}

/** Says how events become webhooks. The dispatcher must have `WebhookSubscriptions` among its sources. */
export function registerWebhooks(dispatcher: Dispatcher): void {
  dispatcher.defineQueue(WEBHOOKS_QUEUE, toWebhook);
}

function toWebhook(event: LoggedEvent, endpoint_id: string | null) {
  if (endpoint_id === null) return null;
  const { context: _, ...seen } = event;
  const payload: WebhookPayload = {
    endpoint_id,
    // The endpoint makes it unique across servers that share a receiver, where sequences are not.
    webhook_id: `evt_${event.seq}_${endpoint_id}`,
    body: wireText('breadcrumb.updated', event),
    event: seen,
  };
  return toDelivery(payload);
}
