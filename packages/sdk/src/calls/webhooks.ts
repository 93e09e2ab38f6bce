import type {
  AgentSecret,
  SecretRotated,
  SecretRotation,
  Webhook,
  WebhookAttempt,
  WebhookCreate,
  WebhookCreated,
} from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions, Page, PageQuery } from '../client-types.ts';

/**
 * Where the events of an agent's selectors are sent. For the agent itself and for curators.
 *
 * @example
 * const { id, secret } = await client.webhooks.create(agent_id, { url: 'https://example.com/hook' });
 * for (const { outcome, status } of (await client.webhooks.listAttempts(agent_id, id)).items) console.log(outcome, status);
 */
export class WebhookCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /**
   * Registers an address, or activates it again. A `secret` that the server made is in this answer only.
   * @throws CairnError forbidden, not_found; validation_failed for an address that is not sent to; conflict when
   * the agent has 20
   */
  create(
    agent_id: string,
    webhook: WebhookCreate,
    options: CallOptions = {},
  ): Promise<WebhookCreated> {
    // Not repeated: the second answer would not hold the secret that the first one, lost, had shown.
    const path = pathTo('agents', agent_id, 'webhooks');
    return this.#api.change({ method: 'POST', path, body: webhook }, options);
  }

  /** The active webhooks of an agent; with `include_inactive` all that it ever had. @throws CairnError forbidden */
  list(
    agent_id: string,
    query: { include_inactive?: boolean } = {},
    options: CallOptions = {},
  ): Promise<Webhook[]> {
    return this.#api.get(pathTo('agents', agent_id, 'webhooks'), options, query);
  }

  /** Deletes a webhook; what waits for it is not sent any more. @throws CairnError forbidden, not_found */
  async remove(agent_id: string, id: string, options: CallOptions = {}): Promise<void> {
    const path = pathTo('agents', agent_id, 'webhooks', id);
    await this.#api.change({ method: 'DELETE', path }, options);
  }

  /** Sets the secret that signs for all webhooks of an agent. @throws CairnError forbidden, not_found, validation_failed */
  async setSecret(agent_id: string, body: AgentSecret, options: CallOptions = {}): Promise<void> {
    // Not repeated, as `rotateSecret`: each try takes the secret before for the previous one.
    const path = pathTo('agents', agent_id, 'secret');
    await this.#api.change({ method: 'POST', path, body }, options);
  }

  /**
   * Gives a webhook another secret of its own; the one before goes on signing for a while. The answer alone shows it.
   * @throws CairnError forbidden, not_found, validation_failed
   */
  rotateSecret(
    agent_id: string,
    id: string,
    rotation: SecretRotation = {},
    options: CallOptions = {},
  ): Promise<SecretRotated> {
    const path = pathTo('agents', agent_id, 'webhooks', id, 'rotate-secret');
    return this.#api.change({ method: 'POST', path, body: rotation }, options);
  }

  /** One page of the delivery log of a webhook, newest first. @throws CairnError forbidden, not_found */
  listAttempts(
    agent_id: string,
    id: string,
    query: PageQuery = {},
    options: CallOptions = {},
  ): Promise<Page<WebhookAttempt>> {
    return this.#api.page(pathTo('agents', agent_id, 'webhooks', id, 'attempts'), query, options);
  }
}
