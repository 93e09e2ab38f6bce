import type { Database } from '../db/index.ts';
import type { Principal } from '../http/index.ts';

/** The SQL of stream tickets. */
export class TicketStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Keeps a ticket, and forgets those that were never used. */
  async insert(hash: string, principal: Principal, life_s: number): Promise<void> {
    await this.#db.query({
      text: `with late as (delete from stream_tickets where expires_at < now() - interval '1 minute')
        insert into stream_tickets (hash, owner_id, agent_id, roles, expires_at)
        values ($1, $2, $3, $4, now() + $5 * interval '1 second')`,
      values: [hash, principal.owner_id, principal.agent_id, principal.roles, life_s],
    });
  }

  /** The principal of a ticket, which is gone with this: of two that come at once only one gets it. */
  async take(hash: string): Promise<Principal | null> {
    const { rows } = await this.#db.query<Principal & { is_live: boolean }>({
      text: `delete from stream_tickets where hash = $1
        returning owner_id, agent_id, roles, expires_at > now() as is_live`,
      values: [hash],
    });
    const [row] = rows;
    return row?.is_live
      ? { owner_id: row.owner_id, agent_id: row.agent_id, roles: row.roles }
      : null;
  }
}
