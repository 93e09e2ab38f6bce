import type {
  SecretAudit,
  SecretCreate,
  SecretGrant,
  SecretItem,
  SecretScopeInput,
  SecretValue,
} from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions, Page, PageQuery } from '../client-types.ts';

/** Which secrets a list holds. All that is given must hold. */
export interface SecretQuery extends PageQuery {
  scope_type?: SecretScopeInput;
  /** The workspace or agent for which they are. */
  scope_id?: string;
  name?: string;
}

/** Which lines of the audit log to read. */
export interface SecretAuditQuery extends PageQuery {
  /** Of one secret, also after it was deleted; absent for all. */
  secret_id?: string;
}

/**
 * Secrets: values that are encrypted at rest and come back from `decrypt` only.
 *
 * @example
 * const { id } = await client.secrets.create({ name: 'MAIL_KEY', scope_type: 'global', value: 's3cret' });
 * const { value } = await client.secrets.decrypt(id, 'to send the newsletter');
 */
export class SecretCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** Keeps a secret. Curators only. @throws CairnError forbidden; conflict when the scope has one of that name */
  create(secret: SecretCreate, options: CallOptions = {}): Promise<SecretItem> {
    return this.#api.change({ method: 'POST', path: pathTo('secrets'), body: secret }, options);
  }

  /** One page of the secrets that you may see, newest first, without their values. @throws CairnError */
  list(query: SecretQuery = {}, options: CallOptions = {}): Promise<Page<SecretItem>> {
    return this.#api.page(pathTo('secrets'), query, options);
  }

  /** What is known of a secret, without its value. @throws CairnError not_found */
  get(id: string, options: CallOptions = {}): Promise<SecretItem> {
    return this.#api.get(pathTo('secrets', id), options);
  }

  /** Changes the value. Curators only. @throws CairnError forbidden, not_found */
  async update(id: string, value: string, options: CallOptions = {}): Promise<void> {
    const path = pathTo('secrets', id);
    await this.#api.change({ method: 'PUT', path, body: { value }, retry: true }, options);
  }

  /** Deletes a secret; its audit log stays. Curators only. @throws CairnError forbidden, not_found */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.#api.change({ method: 'DELETE', path: pathTo('secrets', id) }, options);
  }

  /**
   * Reads the value: for curators, the agent whose secret it is, and agents with a grant. Every try that reaches the
   * server stands in the audit log with the reason.
   * @throws CairnError forbidden, not_found
   */
  decrypt(id: string, reason: string, options: CallOptions = {}): Promise<SecretValue> {
    const path = pathTo('secrets', id, 'decrypt');
    return this.#api.change({ method: 'POST', path, body: { reason }, retry: true }, options);
  }

  /** One page of what was done to secrets, newest first. Curators only. @throws CairnError forbidden */
  audit(
    { secret_id, ...query }: SecretAuditQuery = {},
    options: CallOptions = {},
  ): Promise<Page<SecretAudit>> {
    const of = secret_id === undefined ? [] : [secret_id];
    return this.#api.page(pathTo('secrets', ...of, 'audit'), query, options);
  }

  /** Lets an agent decrypt a secret. Curators only. @throws CairnError forbidden, not_found */
  grant(id: string, agent_id: string, options: CallOptions = {}): Promise<SecretGrant> {
    const path = pathTo('secrets', id, 'grants');
    return this.#api.change({ method: 'POST', path, body: { agent_id }, retry: true }, options);
  }

  /** Who may decrypt a secret by a grant. Curators only. @throws CairnError forbidden, not_found */
  listGrants(id: string, options: CallOptions = {}): Promise<SecretGrant[]> {
    return this.#api.get(pathTo('secrets', id, 'grants'), options);
  }

  /** Takes a grant back. Curators only. @throws CairnError forbidden; not_found also when there was none */
  async revoke(id: string, agent_id: string, options: CallOptions = {}): Promise<void> {
    const path = pathTo('secrets', id, 'grants', agent_id);
    await this.#api.change({ method: 'DELETE', path }, options);
  }
}
