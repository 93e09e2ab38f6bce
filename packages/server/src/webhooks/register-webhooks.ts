import type { Database, Handle } from '../db/index.ts';
import { EventStore, wireText, type Dispatcher, type LoggedEvent } from '../events/index.ts';
import { WEBHOOKS_QUEUE, type WebhookPayload } from './contract.ts';
import { toDelivery } from './dead-letters.ts';
import type { WebhookStore } from './store.ts';

type Subscription = Awaited<ReturnType<EventStore['subscriptions']>>[number];

/**
 * The subscriptions that a dispatcher delivers: those of modules, and those that agents registered by the API once for
 * each webhook of their agent. Here the subscriber is the endpoint, so that each endpoint gets each event once.
 */
export class WebhookSubscriptions extends EventStore {
  readonly #webhooks: WebhookStore;

  constructor(db: Database, webhooks: WebhookStore) {
    super(db);
    this.#webhooks = webhooks;
  }

  override async subscriptions(tx: Handle): Promise<Subscription[]> {
    const [own, selectors] = [await super.subscriptions(tx), await this.#webhooks.selectors(tx)];
    const of_webhooks = selectors.map(({ id, owner_id, endpoint_id, selector }) => ({
      id: `${id}:${endpoint_id}`,
      owner_id,
      agent_id: endpoint_id,
      selector,
      queue: WEBHOOKS_QUEUE,
    }));
    return [...own, ...of_webhooks];
  }
}

/** Says how events become webhooks. The dispatcher must have `WebhookSubscriptions` as its store. */
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
