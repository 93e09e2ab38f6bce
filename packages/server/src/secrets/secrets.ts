import {
  SECRET_BYTES,
  type SecretAction,
  type SecretItem,
  type SecretScope,
} from '@cairn/protocol';
import { AppError, newId } from '../base/index.ts';
import { DatabaseError, type Handle } from '../db/index.ts';
import { rewrap, seal, unseal, UnreadableSecretError } from './envelope.ts';
import type { Keyring } from './keyring.ts';
import type { SecretRow, SecretStore } from './store.ts';

/** What is to be kept, and for whom. */
export interface SecretToSeal {
  readonly owner_id: string;
  readonly name: string;
  readonly scope_type: SecretScope;
  readonly scope_id: string | null;
  readonly value: string;
  /** The module that keeps it; null for the secrets of people, which the API shows. */
  readonly managed_by: string | null;
  /** Who keeps it; null is the server itself. */
  readonly agent_id: string | null;
}

/** Who opens a secret and why, for the audit log. */
export interface Opening {
  readonly owner_id: string;
  readonly agent_id: string | null;
  readonly reason: string;
}

/**
 * Secrets as other modules use them: sealed at rest, opened for a reason that is on record before the value is out.
 * It does not ask who may: whoever calls it has decided that.
 */
export class Secrets {
  readonly #store: SecretStore;
  readonly #keyring: Keyring;

  constructor(store: SecretStore, keyring: Keyring) {
    this.#store = store;
    this.#keyring = keyring;
  }

  /** Keeps a value. @throws AppError validation_failed; conflict when the scope has that name already */
  async seal(secret: SecretToSeal, tx?: Handle): Promise<SecretItem> {
    if (!tx) return this.#store.transaction((own) => this.seal(secret, own));
    const value = readValue(secret.value);
    const id = newId();
    const { owner_id, name, scope_type, scope_id, managed_by, agent_id } = secret;
    const binding = { id, owner_id, scope_type, scope_id };
    const sealed = seal(this.#keyring, binding, value);
    const item = await this.#store
      .insert({ ...binding, name, scope_type, managed_by, sealed }, tx)
      .catch(explainFault);
    await this.#note(item, 'create', agent_id, null, tx);
    return item;
  }

  /**
   * The value of a secret. The audit log has a line of it before this resolves.
   * @throws AppError not_found; unavailable when its key is not configured; internal_error when its row was changed
   */
  async open(id: string, opening: Opening, tx?: Handle): Promise<string> {
    if (!tx)
      return this.#recordFailure(
        () => this.#store.transaction((own) => this.open(id, opening, own)),
        id,
        opening,
      );
    const row = await this.#store.find(opening.owner_id, id, tx);
    if (!row) throw notFound();
    return this.openRow(row, 'use', opening, tx);
  }

  /** The same for a name: the agent's own secret, else its workspace's, else the tenant's; null when there is none. */
  async openByName(
    name: string,
    place: { workspace_id: string | null },
    opening: Opening,
  ): Promise<string | null> {
    const { owner_id, agent_id } = opening;
    return this.#store.transaction(async (tx) => {
      const row = await this.#store.findNearest({ owner_id, agent_id, name, ...place }, tx);
      return row ? this.openRow(row, 'use', opening, tx) : null;
    });
  }

  /** Opens a row that was read in this transaction. */
  async openRow(
    row: SecretRow,
    action: SecretAction,
    opening: Opening,
    tx: Handle,
  ): Promise<string> {
    const value = this.#unseal(row).toString('utf8');
    await this.#note(row, action, opening.agent_id, opening.reason, tx);
    return value;
  }

  /** Puts another value in the place of the old one, under a new data key. */
  async replace(row: SecretRow, value: string, agent_id: string | null, tx: Handle): Promise<void> {
    await this.#store.replaceValue(row.id, seal(this.#keyring, row, readValue(value)), tx);
    await this.#note(row, 'update', agent_id, null, tx);
  }

  /** Deletes secrets; the audit log keeps their lines. Unknown ones are passed over. */
  async discard(
    ids: readonly string[],
    deleter: { owner_id: string; agent_id: string | null; reason: string | null },
    tx: Handle,
  ): Promise<void> {
    for (const id of ids) {
      const row = await this.#store.find(deleter.owner_id, id, tx, 'lock');
      if (!row) continue;
      await this.#store.remove(id, tx);
      await this.#note(row, 'delete', deleter.agent_id, deleter.reason, tx);
    }
  }

  /** Notes that a secret could not be opened, or was refused: outside of the transaction that came to nothing. */
  async noteFailure(
    row: SecretItem,
    action: 'decrypt_failed' | 'decrypt_refused',
    { agent_id, reason }: Opening,
  ): Promise<void> {
    await this.#note(row, action, agent_id, reason);
  }

  /**
   * Moves up to `limit` secrets after `after` from older keys to the active one. `next` is where to go on, null at the
   * end; `unreadable` are those whose rows were changed, which stay as they are.
   */
  async rewrapBatch(
    after: string | null,
    limit: number,
  ): Promise<{ moved: number; unreadable: string[]; next: string | null }> {
    const old = this.#keyring.ids.filter((id) => id !== this.#keyring.active.id);
    if (old.length === 0) return { moved: 0, unreadable: [], next: null };
    return this.#store.transaction(async (tx) => {
      const rows = await this.#store.lockUnderKeys(old, after, limit, tx);
      const unreadable: string[] = [];
      for (const row of rows) {
        try {
          await this.#store.replaceKey(row.id, rewrap(this.#keyring, row, row.sealed), tx);
        } catch (error) {
          if (!(error instanceof UnreadableSecretError)) throw error;
          unreadable.push(row.id);
        }
      }
      const next = rows.length === limit ? (rows.at(-1)?.id ?? null) : null;
      return { moved: rows.length - unreadable.length, unreadable, next };
    });
  }

  /** How many secrets are under keys that this process does not have. */
  countOrphans(): Promise<number> {
    return this.#store.countUnderOtherKeys(this.#keyring.ids);
  }

  async #recordFailure<T>(work: () => Promise<T>, id: string, opening: Opening): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AppError && error.cause instanceof UnreadableSecretError) {
        const row = await this.#store.find(opening.owner_id, id);
        if (row) await this.noteFailure(row, 'decrypt_failed', opening);
      }
      throw error;
    }
  }

  #unseal(row: SecretRow): Buffer {
    try {
      return unseal(this.#keyring, row, row.sealed);
    } catch (error) {
      if (!(error instanceof UnreadableSecretError)) throw error;
      const code = error.reason === 'key_missing' ? 'unavailable' : 'internal_error';
      throw new AppError(code, error.message, {}, error);
    }
  }

  #note(
    { id, owner_id, name }: SecretItem,
    action: SecretAction,
    agent_id: string | null,
    reason: string | null,
    tx?: Handle,
  ): Promise<void> {
    return this.#store.note(
      { owner_id, secret_id: id, secret_name: name, agent_id, action, reason },
      tx,
    );
  }
}

function readValue(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.length > SECRET_BYTES || bytes.length === 0) {
    throw new AppError(
      'validation_failed',
      `value must have 1 to ${SECRET_BYTES} bytes as UTF-8; ${bytes.length} came`,
    );
  }
  return bytes;
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no secret with this id that you may see');
}

function explainFault(error: unknown): never {
  if (error instanceof DatabaseError && error.is_unique_violation) {
    throw new AppError(
      'conflict',
      'this scope has a secret of that name; PUT /secrets/:id changes its value',
      {},
      error,
    );
  }
  if (error instanceof DatabaseError && error.is_foreign_key_violation) {
    throw new AppError('unauthenticated', 'the tenant of this token no longer exists', {}, error);
  }
  throw error;
}
