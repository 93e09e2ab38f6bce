import type { AgentItem, Role, ThreeRolesAnswer, ThreeRolesRequest } from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions } from '../client-types.ts';

/** The server ends a run after three minutes; its answer comes somewhat later. */
const RUN_TIMEOUT_MS = 200_000;

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

  /**
   * Has a model answer a conversation in three steps: plan, carry out, sum up. Nothing is stored; to talk to an agent use
   * `client.ask`. Waits up to 200 seconds unless `timeout_ms` says otherwise.
   *
   * @example
   * const messages = [{ role: 'user' as const, content: 'Plan a small party' }];
   * const { final_answer } = await client.agents.run({ model: 'demo', messages });
   *
   * @throws CairnError forbidden, upstream_failed; CairnTimeoutError
   */
  run(
    request: ThreeRolesRequest,
    options: CallOptions & { timeout_ms?: number } = {},
  ): Promise<ThreeRolesAnswer> {
    // Sent once: each try costs three calls of the model.
    const { timeout_ms = RUN_TIMEOUT_MS } = options;
    const path = pathTo('agents', 'run');
    return this.#api.change({ method: 'POST', path, body: request, timeout_ms }, options);
  }
}
