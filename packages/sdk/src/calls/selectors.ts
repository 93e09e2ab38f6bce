import type { Selector } from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions } from '../client-types.ts';

/** A selector as it is registered. */
export interface SelectorItem {
  id: string;
  owner_id: string;
  agent_id: string;
  selector: Selector;
}

/**
 * The subscriptions of the agent that asks: the events that its webhooks are sent. Subscribers and curators only.
 *
 * @example
 * const { id } = await client.selectors.create({ any_tags: ['invoice'] });
 */
export class SelectorCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** Registers a selector. @throws CairnError forbidden, invalid_selector; conflict when the agent has 1,000 */
  create(selector: Selector, options: CallOptions = {}): Promise<SelectorItem> {
    const path = pathTo('subscriptions', 'selectors');
    return this.#api.change({ method: 'POST', path, body: selector }, options);
  }

  /** Your selectors. @throws CairnError forbidden */
  list(options: CallOptions = {}): Promise<SelectorItem[]> {
    return this.#api.get(pathTo('subscriptions', 'selectors'), options);
  }

  /** Puts another selector in the place of one. @throws CairnError forbidden, invalid_selector, not_found */
  async replace(id: string, selector: Selector, options: CallOptions = {}): Promise<void> {
    const path = pathTo('subscriptions', 'selectors', id);
    await this.#api.change({ method: 'PUT', path, body: selector, retry: true }, options);
  }

  /** Ends a subscription. @throws CairnError forbidden, not_found */
  async remove(id: string, options: CallOptions = {}): Promise<void> {
    const path = pathTo('subscriptions', 'selectors', id);
    await this.#api.change({ method: 'DELETE', path }, options);
  }
}
