import type { DeadLetter, DeadLetterRetry } from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions, Page, PageQuery } from '../client-types.ts';

/**
 * Events that could not be delivered to a webhook. Curators only.
 *
 * @example
 * for (const { id, url, last_error } of (await client.dead_letters.list()).items) console.log(id, url, last_error);
 */
export class DeadLetterCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** One page of them, newest first. @throws CairnError forbidden */
  list(
    query: DeadLetterRetry & PageQuery = {},
    options: CallOptions = {},
  ): Promise<Page<DeadLetter>> {
    return this.#api.page(pathTo('dlq'), query, options);
  }

  /** Throws one away. @throws CairnError forbidden, not_found */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.#api.change({ method: 'DELETE', path: pathTo('dlq', id) }, options);
  }

  /** Sends one again. @throws CairnError forbidden, not_found; conflict when its webhook is not active */
  async retry(id: string, options: CallOptions = {}): Promise<void> {
    await this.#api.change({ method: 'POST', path: pathTo('dlq', id, 'retry') }, options);
  }

  /**
   * Sends up to 10,000 again, oldest first, and says how many; those whose webhooks are not active stay.
   * @throws CairnError forbidden
   */
  async retryMany(which: DeadLetterRetry = {}, options: CallOptions = {}): Promise<number> {
    const { requeued } = await this.#api.change<{ requeued: number }>(
      { method: 'POST', path: pathTo('dlq', 'retry'), body: which },
      options,
    );
    return requeued;
  }
}
