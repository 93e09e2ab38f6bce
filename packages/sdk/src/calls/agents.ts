import type { AgentItem, Role } from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions } from '../client-types.ts';

/**
 * The agents of the tenant.
 *
 * @example
 * await client.agents.setRoles(agent_id, ['emitter', 'subscriber']);
 */
export class AgentCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** All of them. @throws CairnError */
  list(options: CallOptions = {}): Promise<AgentItem[]> {
    return this.#api.get(pathTo('agents'), options);
  }

  /** One of them. @throws CairnError not_found */
  get(id: string, options: CallOptions = {}): Promise<AgentItem> {
    return this.#api.get(pathTo('agents', id), options);
  }

  /**
   * Sets the roles of an agent. Curators may give the roles that they have; an agent may give up roles of its own.
   * @throws CairnError forbidden, not_found
   */
  async setRoles(id: string, roles: readonly Role[], options: CallOptions = {}): Promise<void> {
    const path = pathTo('agents', id);
    await this.#api.change({ method: 'POST', path, body: { roles }, retry: true }, options);
  }

  /** Deletes an agent with its keys. Curators only. @throws CairnError forbidden, not_found */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.#api.change({ method: 'DELETE', path: pathTo('agents', id) }, options);
  }
}
