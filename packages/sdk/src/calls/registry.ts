import type { AgentModel, ModelCircuit, RegistryAgent, RegistryTool } from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions, Page, PageQuery } from '../client-types.ts';

/**
 * The agents and tools that there are, and the brakes on them.
 *
 * @example
 * for (const { name, status, reason } of await client.registry.tools()) console.log(name, status, reason);
 * for (const { id, status } of (await client.registry.agents()).items) {
 *   if (status === 'proposed') await client.registry.activateDefinition(id);
 * }
 */
export class RegistryCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** One page of the agents, with their status and what they did in 24 hours. @throws CairnError */
  agents(query: PageQuery = {}, options: CallOptions = {}): Promise<Page<RegistryAgent>> {
    return this.#api.page(pathTo('registry', 'agents'), query, options);
  }

  /** The tools, with their status and what agents asked of them in 24 hours. @throws CairnError */
  tools(options: CallOptions = {}): Promise<RegistryTool[]> {
    return this.#api.get(pathTo('registry', 'tools'), options);
  }

  /** The active agents, as the models that a client of the OpenAI wire can name. @throws CairnError */
  async models(options: CallOptions = {}): Promise<AgentModel[]> {
    const { data } = await this.#api.get<{ data: AgentModel[] }>(pathTo('models'), options);
    return data;
  }

  /** Keys of providers that nobody calls with for now. Curators only. @throws CairnError forbidden */
  circuits(options: CallOptions = {}): Promise<ModelCircuit[]> {
    return this.#api.get(pathTo('model-circuits'), options);
  }

  /** Lets a key be used again at once. Curators only. @throws CairnError forbidden; not_found when it was not held back */
  async closeCircuit(fingerprint: string, options: CallOptions = {}): Promise<void> {
    const path = pathTo('model-circuits', fingerprint, 'close');
    await this.#api.change({ method: 'POST', path }, options);
  }

  /**
   * Lets a proposed definition of an agent or a tool count, as a new version. Curators only.
   * @throws CairnError forbidden, not_found; version_mismatch when it was changed meanwhile
   */
  activateDefinition(
    id: string,
    options: CallOptions = {},
  ): Promise<{ id: string; version: number }> {
    // Sent once: each try makes a version.
    const path = pathTo('definitions', id, 'activate');
    return this.#api.change({ method: 'POST', path }, options);
  }

  /**
   * Stops a run of an agent and all that it began; it ends with what it has. For the author of its trigger and curators.
   * @throws CairnError forbidden, not_found; conflict when it has ended before
   */
  async stopRun(id: string, options: CallOptions = {}): Promise<void> {
    await this.#api.change({ method: 'POST', path: pathTo('agent-runs', id, 'stop') }, options);
  }
}
