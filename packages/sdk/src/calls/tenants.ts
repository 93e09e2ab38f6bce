import type { TenantItem } from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions } from '../client-types.ts';

/**
 * The tenant that the client acts in; others are as if they were not there.
 *
 * @example
 * const { owner_id } = await client.system();
 * await client.tenants.setName(owner_id, 'Acme');
 */
export class TenantCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** The tenants that you may see: your own. Curators only. @throws CairnError forbidden */
  list(options: CallOptions = {}): Promise<TenantItem[]> {
    return this.#api.get(pathTo('tenants'), options);
  }

  /** Your tenant. @throws CairnError not_found for any other */
  get(id: string, options: CallOptions = {}): Promise<TenantItem> {
    return this.#api.get(pathTo('tenants', id), options);
  }

  /** Names your tenant. Curators only. @throws CairnError forbidden; not_found for any other */
  async setName(id: string, name: string, options: CallOptions = {}): Promise<void> {
    const path = pathTo('tenants', id);
    await this.#api.change({ method: 'PUT', path, body: { name }, retry: true }, options);
  }

  /** Deletes your tenant and everything in it. Curators only. @throws CairnError forbidden; not_found for any other */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.#api.change({ method: 'DELETE', path: pathTo('tenants', id) }, options);
  }
}
