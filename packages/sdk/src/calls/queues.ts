import type { QueueItem } from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions } from '../client-types.ts';

/**
 * What the server has yet to do for the tenant. Curators only.
 *
 * @example
 * for (const { queue, waiting, oldest_due_at } of await client.queues.list()) console.log(queue, waiting, oldest_due_at);
 */
export class QueueCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** All queues, also those in which nothing waits. @throws CairnError forbidden */
  list(options: CallOptions = {}): Promise<QueueItem[]> {
    return this.#api.get(pathTo('queues'), options);
  }
}
