import {
  SECRET_SCOPES,
  type SecretAudit,
  type SecretCreate,
  type SecretGrant,
  type SecretItem,
  type SecretScope,
} from '@cairn/protocol';
import { AppError } from '../base/index.ts';
import { DatabaseError, type Handle } from '../db/index.ts';
import type { PageById, Principal } from '../http/index.ts';
import { UnreadableSecretError } from './envelope.ts';
import type { Opening, Secrets } from './secrets.ts';
import type { SecretQuery, SecretRow, SecretStore } from './store.ts';

/**
 * Secrets as people and agents reach them, with the rules of who may. Curators manage all of their tenant. An agent sees
 * what is for everybody, for itself, or granted to it, and decrypts only the latter two. What modules keep is not here.
 */
export class SecretAccess {
  readonly #store: SecretStore;
  readonly #secrets: Secrets;

  constructor(store: SecretStore, secrets: Secrets) {
    this.#store = store;
    this.#secrets = secrets;
  }

  /** @throws AppError validation_failed, conflict */
  create(principal: Principal, body: SecretCreate): Promise<SecretItem> {
    const { owner_id, agent_id } = principal;
    const scope_type = readScope(body.scope_type);
    const scope_id = scope_type === 'global' ? null : (body.scope_id?.toLowerCase() ?? null);
    if (scope_type !== 'global' && scope_id === null) {
      throw new AppError(
        'validation_failed',
        `scope_id must be the id of the ${scope_type} for which it is`,
      );
    }
    const { name, value } = body;
    return this.#secrets.seal({
      owner_id,
      name,
      scope_type,
      scope_id,
      value,
      managed_by: null,
      agent_id,
    });
  }

  list(
    principal: Principal,
    query: PageById & Pick<SecretQuery, 'scope_type' | 'scope_id' | 'name'>,
  ): Promise<SecretItem[]> {
    const reader = isCurator(principal) ? null : principal.agent_id;
    return this.#store.list({ ...query, owner_id: principal.owner_id, reader });
  }

  /** @throws AppError not_found */
  get(principal: Principal, id: string): Promise<SecretItem> {
    return this.#store.transaction(async (tx) => toItem(await this.#find(principal, id, tx)));
  }

  /** @throws AppError not_found, validation_failed */
  async replace(principal: Principal, id: string, value: string): Promise<void> {
    await this.#store.transaction(async (tx) => {
      const row = await this.#find(principal, id, tx, 'lock');
      await this.#secrets.replace(row, value, principal.agent_id, tx);
    });
  }

  /** @throws AppError not_found */
  async remove(principal: Principal, id: string): Promise<void> {
    const { owner_id, agent_id } = principal;
    await this.#store.transaction(async (tx) => {
      await this.#find(principal, id, tx, 'lock');
      await this.#secrets.discard([id], { owner_id, agent_id, reason: null }, tx);
    });
  }

  /**
   * The value, after the audit log has its line. Refusals and failures are in the log too.
   * @throws AppError not_found, forbidden, unavailable, internal_error
   */
  async decrypt(
    principal: Principal,
    id: string,
    reason: string,
  ): Promise<{ id: string; name: string; value: string }> {
    const opening: Opening = {
      owner_id: principal.owner_id,
      agent_id: principal.agent_id,
      reason,
    };
    let row: SecretRow | null = null;
    try {
      return await this.#store.transaction(async (tx) => {
        row = await this.#find(principal, id, tx);
        if (!(await this.#mayDecrypt(principal, row, tx))) throw refused();
        const value = await this.#secrets.openRow(row, 'decrypt', opening, tx);
        return { id, name: row.name, value };
      });
    } catch (error) {
      if (row && error instanceof AppError) await this.#noteWhy(row, error, opening);
      throw error;
    }
  }

  /** @throws AppError not_found, also for an agent that the tenant does not have */
  async grant(principal: Principal, id: string, agent_id: string): Promise<SecretGrant> {
    return this.#store.transaction(async (tx) => {
      const row = await this.#find(principal, id, tx);
      const grant = await this.#store
        .grant(row, agent_id, principal.agent_id, tx)
        .catch(explainMissingAgent);
      await this.#note(principal, row, 'grant', agent_id, tx);
      return grant;
    });
  }

  /** @throws AppError not_found */
  async revoke(principal: Principal, id: string, agent_id: string): Promise<void> {
    await this.#store.transaction(async (tx) => {
      const row = await this.#find(principal, id, tx);
      if (!(await this.#store.revoke(id, agent_id, tx)))
        throw new AppError('not_found', 'that agent has no grant on this secret');
      await this.#note(principal, row, 'revoke', agent_id, tx);
    });
  }

  /** @throws AppError not_found */
  async grants(principal: Principal, id: string): Promise<SecretGrant[]> {
    await this.get(principal, id);
    return this.#store.grants(id);
  }

  /** The audit log of one secret, which may be gone by now, or of all; what modules did is in it too. */
  audit(principal: Principal, id: string | null, page: PageById): Promise<SecretAudit[]> {
    return this.#store.audit(principal.owner_id, id, page.limit, page.before);
  }

  async #find(
    principal: Principal,
    id: string,
    tx: Handle,
    lock: 'lock' | 'read' = 'read',
  ): Promise<SecretRow> {
    const row = await this.#store.find(principal.owner_id, id, tx, lock);
    const is_seen =
      row?.managed_by === null &&
      (row.scope_type !== 'agent' ||
        isCurator(principal) ||
        row.scope_id === principal.agent_id ||
        (await this.#store.isGranted(id, principal.agent_id, tx)));
    if (!row || !is_seen) {
      throw new AppError('not_found', `there is no secret ${id} that you may see`);
    }
    return row;
  }

  async #mayDecrypt(principal: Principal, row: SecretRow, tx: Handle): Promise<boolean> {
    if (isCurator(principal)) return true;
    if (row.scope_type === 'agent' && row.scope_id === principal.agent_id) return true;
    return this.#store.isGranted(row.id, principal.agent_id, tx);
  }

  async #noteWhy(row: SecretRow, error: AppError, opening: Opening): Promise<void> {
    if (error.code === 'forbidden')
      await this.#secrets.noteFailure(row, 'decrypt_refused', opening);
    else if (error.cause instanceof UnreadableSecretError)
      await this.#secrets.noteFailure(row, 'decrypt_failed', opening);
  }

  #note(
    principal: Principal,
    row: SecretRow,
    action: 'grant' | 'revoke',
    grantee: string,
    tx: Handle,
  ): Promise<void> {
    const { id: secret_id, owner_id, name: secret_name } = row;
    const { agent_id } = principal;
    const reason = `for agent ${grantee}`;
    return this.#store.note({ owner_id, secret_id, secret_name, agent_id, action, reason }, tx);
  }
}

/** Any other name is what a client of the original calls `global`. */
export function readScope(given: SecretCreate['scope_type']): SecretScope {
  return SECRET_SCOPES.find((scope) => scope === given) ?? 'global';
}

function isCurator(principal: Principal): boolean {
  return principal.roles.includes('curator');
}

function refused(): AppError {
  return new AppError(
    'forbidden',
    'this secret is not for your agent; a curator can grant it with POST /secrets/:id/grants',
  );
}

function explainMissingAgent(error: unknown): never {
  if (error instanceof DatabaseError && error.is_foreign_key_violation)
    throw new AppError('not_found', 'there is no such agent in your tenant', {}, error);
  throw error;
}

function toItem(row: SecretRow): SecretItem {
  const { sealed: _, managed_by: __, ...item } = row;
  return item;
}
