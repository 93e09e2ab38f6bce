import type { GrantItem, GrantRequest } from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions } from '../client-types.ts';

/**
 * What single agents may do with single breadcrumbs, beyond their roles.
 *
 * @example
 * await client.grants.grant({ breadcrumb_id: note.id, grantee_agent_id: agent_id, action: 'read_context' });
 */
export class GrantCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** The newest 1,000 grants: of the tenant for curators, else your own. @throws CairnError */
  list(options: CallOptions = {}): Promise<GrantItem[]> {
    return this.#api.get(pathTo('acl'), options);
  }

  /**
   * Lets an agent do something with a breadcrumb; says under which id the grant stands. Curators only.
   * @throws CairnError forbidden; not_found when the tenant lacks the breadcrumb or the agent
   */
  grant(grant: GrantRequest, options: CallOptions = {}): Promise<{ id: string }> {
    const path = pathTo('acl', 'grant');
    return this.#api.change({ method: 'POST', path, body: grant, retry: true }, options);
  }

  /** Takes a grant back; false when there was none. Curators only. @throws CairnError forbidden */
  async revoke(grant: GrantRequest, options: CallOptions = {}): Promise<boolean> {
    const path = pathTo('acl', 'revoke');
    const { rows } = await this.#api.change<{ rows: number }>(
      { method: 'POST', path, body: grant },
      options,
    );
    return rows > 0;
  }
}
