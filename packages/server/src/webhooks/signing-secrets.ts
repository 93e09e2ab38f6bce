import type { Clock } from '../base/index.ts';
import type { Handle } from '../db/index.ts';
import type { Secrets } from '../secrets/index.ts';
import type { Endpoint } from './contract.ts';
import type { Holder, WebhookStore } from './store.ts';

/** Opened secrets that are kept in memory. A secret never changes: its successor has another id. */
const REMEMBERED = 1_000;

/** The secrets that sign webhooks: encrypted at rest, two of each holder live at most. */
export class SigningSecrets {
  readonly #store: WebhookStore;
  readonly #secrets: Secrets;
  readonly #clock: Clock;
  readonly #opened = new Map<string, string>();

  constructor(ports: { store: WebhookStore; secrets: Secrets; clock: Clock }) {
    this.#store = ports.store;
    this.#secrets = ports.secrets;
    this.#clock = ports.clock;
  }

  /** The secrets that sign for an endpoint now. The first is the one that receivers of the original know. */
  async live(endpoint: Endpoint, tx?: Handle): Promise<string[]> {
    const ids = await this.#store.liveSecrets(endpoint, this.#at(0), tx);
    const values: string[] = [];
    for (const id of ids) values.push(await this.#open(endpoint.owner_id, id, tx));
    return values;
  }

  /** Whether anything signs for an endpoint now. */
  async isAnyLive(endpoint: Endpoint, tx: Handle): Promise<boolean> {
    return (await this.#store.liveSecrets(endpoint, this.#at(0), tx)).length > 0;
  }

  /**
   * Makes `value` the secret of a holder. The one before it goes on signing for `overlap_s`, older ones end now.
   * Says when the one before ends; null when there is none. The same value again changes nothing.
   */
  async set(
    holder: Holder,
    value: string,
    overlap_s: number,
    setter: string,
    tx: Handle,
  ): Promise<string | null> {
    await this.#store.lockSecrets(holder, tx);
    const [newest, ...older] = await this.#store.secretsOf(holder, tx);
    const { owner_id, agent_id } = holder;
    if (newest?.expires_at === null) {
      const same = (await this.#open(owner_id, newest.secret_id, tx)) === value;
      if (same) return older[0]?.expires_at ?? null;
    }
    const item = await this.#secrets.seal(
      {
        owner_id,
        name: 'webhook signing secret',
        scope_type: 'agent',
        scope_id: agent_id,
        value,
        managed_by: 'webhooks',
        agent_id: setter,
      },
      tx,
    );
    await this.#store.addSecret(holder, item.id, tx);
    const ends_at = this.#at(overlap_s);
    const ended = overlap_s > 0 ? older : [newest, ...older];
    await this.#discard(
      owner_id,
      ended.flatMap((each) => (each ? [each.secret_id] : [])),
      'rotated',
      setter,
      tx,
    );
    if (!newest || overlap_s <= 0) return null;
    await this.#store.expireSecret(newest.secret_id, ends_at, tx);
    return ends_at;
  }

  /** Ends all secrets of a holder. */
  async end(holder: Holder, ender: string, tx: Handle): Promise<void> {
    const ids = (await this.#store.secretsOf(holder, tx)).map(({ secret_id }) => secret_id);
    await this.#discard(holder.owner_id, ids, 'the webhook was deleted', ender, tx);
  }

  #discard(
    owner_id: string,
    ids: readonly string[],
    reason: string,
    agent_id: string,
    tx: Handle,
  ): Promise<void> {
    return this.#secrets.discard(ids, { owner_id, agent_id, reason }, tx);
  }

  /** Opened once in the life of a process, which is also what the audit log has of it. */
  async #open(owner_id: string, id: string, tx?: Handle): Promise<string> {
    const known = this.#opened.get(id);
    if (known !== undefined) return known;
    const opening = { owner_id, agent_id: null, reason: 'to sign webhooks' };
    const value = await this.#secrets.open(id, opening, tx);
    const oldest = this.#opened.keys().next().value;
    if (this.#opened.size >= REMEMBERED && oldest !== undefined) this.#opened.delete(oldest);
    this.#opened.set(id, value);
    return value;
  }

  #at(after_s: number): string {
    return new Date(this.#clock.now() + after_s * 1_000).toISOString();
  }
}
