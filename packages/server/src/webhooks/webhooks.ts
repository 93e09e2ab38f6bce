import {
  SECRET_OVERLAP_S,
  type AgentSecret,
  type SecretRotated,
  type SecretRotation,
  type Webhook,
  type WebhookAttempt,
  type WebhookCreate,
  type WebhookCreated,
} from '@cairn/protocol';
import { AppError } from '../base/index.ts';
import { DatabaseError, type Handle } from '../db/index.ts';
import { raiseGeneration } from '../events/index.ts';
import { OutboundError, readOutboundUrl, type PageById, type Principal } from '../http/index.ts';
import { type Endpoint } from './contract.ts';
import { newSigningSecret, whyNotSigningSecret } from './sign-webhook.ts';
import type { SigningSecrets } from './signing-secrets.ts';
import type { WebhookStore } from './store.ts';

const ENDPOINTS_MAX = 20;

/** The webhooks of agents, as their agents and curators manage them. Everybody else is refused. */
export class Webhooks {
  readonly #store: WebhookStore;
  readonly #signing: SigningSecrets;
  readonly #allow_private: boolean;

  constructor(ports: { store: WebhookStore; signing: SigningSecrets; allow_private: boolean }) {
    this.#store = ports.store;
    this.#signing = ports.signing;
    this.#allow_private = ports.allow_private;
  }

  /**
   * Makes a webhook, or activates the one with this address again. Without a secret, neither its own nor one of its
   * agent, it gets one, and this answer is the only one that shows it.
   * @throws AppError forbidden; validation_failed for an address that is not sent to; not_found for an unknown agent
   */
  async create(
    principal: Principal,
    agent_id: string,
    body: WebhookCreate,
  ): Promise<{ webhook: WebhookCreated; is_new: boolean }> {
    assertMayManage(principal, agent_id);
    this.#assertUrl(body.url);
    assertSigningSecret(body.secret);
    const { owner_id } = principal;
    return this.#store.transaction(async (tx) => {
      const { is_new, ...endpoint } = await this.#store
        .upsertEndpoint({ owner_id, agent_id, url: body.url }, tx)
        .catch(explainMissingAgent);
      const all = await this.#store.endpoints({ owner_id, agent_id }, 'active', tx);
      if (all.length > ENDPOINTS_MAX)
        throw new AppError(
          'conflict',
          `an agent has at most ${ENDPOINTS_MAX} webhooks; delete some first`,
        );
      const made =
        body.secret === undefined && !(await this.#signing.isAnyLive(endpoint, tx))
          ? newSigningSecret()
          : null;
      const value = body.secret ?? made;
      if (value !== null)
        await this.#signing.set(
          holderOf(endpoint),
          value,
          SECRET_OVERLAP_S,
          principal.agent_id,
          tx,
        );
      await raiseGeneration(tx);
      return { webhook: { ...toWebhook(endpoint), secret: made }, is_new };
    });
  }

  /** @throws AppError forbidden */
  async list(principal: Principal, agent_id: string, which: 'active' | 'all'): Promise<Webhook[]> {
    assertMayManage(principal, agent_id);
    const { owner_id } = principal;
    return (await this.#store.endpoints({ owner_id, agent_id }, which)).map(toWebhook);
  }

  /** Nothing more is sent there, also nothing that waits. @throws AppError forbidden, not_found */
  async remove(principal: Principal, agent_id: string, id: string): Promise<void> {
    await this.#store.transaction(async (tx) => {
      const endpoint = await this.#find(principal, agent_id, id, tx);
      await this.#store.disable(id, 'deleted', tx);
      await this.#signing.end(holderOf(endpoint), principal.agent_id, tx);
      await raiseGeneration(tx);
    });
  }

  /** Sets the secret that signs for all webhooks of an agent. @throws AppError forbidden, validation_failed, not_found */
  async setAgentSecret(principal: Principal, agent_id: string, body: AgentSecret): Promise<void> {
    assertMayManage(principal, agent_id);
    assertSigningSecret(body.secret);
    const holder = { owner_id: principal.owner_id, agent_id, endpoint_id: null };
    const overlap_s = body.expire_previous_in_s ?? SECRET_OVERLAP_S;
    await this.#store
      .transaction((tx) =>
        this.#signing.set(holder, body.secret, overlap_s, principal.agent_id, tx),
      )
      .catch(explainMissingAgent);
  }

  /** Gives a webhook another secret of its own. @throws AppError forbidden, validation_failed, not_found */
  async rotate(
    principal: Principal,
    agent_id: string,
    id: string,
    body: SecretRotation,
  ): Promise<SecretRotated> {
    assertSigningSecret(body.secret);
    const secret = body.secret ?? newSigningSecret();
    const overlap_s = body.expire_previous_in_s ?? SECRET_OVERLAP_S;
    return this.#store.transaction(async (tx) => {
      const holder = holderOf(await this.#find(principal, agent_id, id, tx));
      const previous_expires_at = await this.#signing.set(
        holder,
        secret,
        overlap_s,
        principal.agent_id,
        tx,
      );
      return { secret, previous_expires_at };
    });
  }

  /** The last attempts, newest first. @throws AppError forbidden, not_found */
  async attempts(
    principal: Principal,
    agent_id: string,
    id: string,
    page: PageById,
  ): Promise<WebhookAttempt[]> {
    await this.#store.transaction((tx) => this.#find(principal, agent_id, id, tx));
    return this.#store.attempts(id, page.limit, page.before);
  }

  /** What was deleted is not found; what was disabled is. */
  async #find(principal: Principal, agent_id: string, id: string, tx: Handle): Promise<Endpoint> {
    assertMayManage(principal, agent_id);
    const endpoint = await this.#store.endpoint(principal.owner_id, id, tx);
    if (endpoint?.agent_id !== agent_id || endpoint.disabled_reason === 'deleted')
      throw new AppError('not_found', `this agent has no webhook ${id}`);
    return endpoint;
  }

  #assertUrl(url: string): void {
    try {
      readOutboundUrl(url, this.#allow_private);
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      throw new AppError('validation_failed', `url: ${error.message}`, {}, error);
    }
  }
}

function assertMayManage(principal: Principal, agent_id: string): void {
  if (principal.agent_id === agent_id || principal.roles.includes('curator')) return;
  throw new AppError('forbidden', 'the webhooks of an agent are for itself and for curators');
}

function assertSigningSecret(secret: string | undefined): void {
  const why = secret === undefined ? null : whyNotSigningSecret(secret);
  if (why !== null) throw new AppError('validation_failed', why);
}

function explainMissingAgent(error: unknown): never {
  if (error instanceof DatabaseError && error.is_foreign_key_violation)
    throw new AppError('not_found', 'there is no such agent in your tenant', {}, error);
  throw error;
}

function holderOf({ id, owner_id, agent_id }: Endpoint) {
  return { owner_id, agent_id, endpoint_id: id };
}

function toWebhook(endpoint: Endpoint): Webhook {
  const { owner_id: _, failing_since: _since, ...webhook } = endpoint;
  return webhook;
}
