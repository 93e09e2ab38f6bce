import type { AgentItem, Role, TenantItem } from '@cairn/protocol';
import type { Database } from '../db/index.ts';
import { raiseGeneration } from '../events/index.ts';

/** Tables that name a tenant without a reference to it, which would cost every write. */
const WITHOUT_REFERENCE = [
  'selector_subscriptions',
  'stream_tickets',
  'deliveries',
  'agent_runs',
  'agent_tool_calls',
  'idempotency_keys',
];

/** The SQL of the directory: who there is. */
export class DirectoryStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async tenant(id: string): Promise<TenantItem | null> {
    const { rows } = await this.#db.query<TenantItem>({
      text: 'select id, name, created_at from tenants where id = $1',
      values: [id],
    });
    return rows[0] ?? null;
  }

  async nameTenant(id: string, name: string): Promise<void> {
    await this.#db.query({
      text: 'insert into tenants (id, name) values ($1, $2) on conflict (id) do update set name = excluded.name',
      values: [id, name],
    });
  }

  /** Deletes a tenant with everything of its own but the audit of its secrets. Says whether there was one. */
  async deleteTenant(id: string): Promise<boolean> {
    return this.#db.transaction(async (tx) => {
      const { rows } = await tx.query({
        text: 'delete from tenants where id = $1 returning id',
        values: [id],
      });
      if (rows.length === 0) return false;
      for (const table of WITHOUT_REFERENCE)
        await tx.query({ text: `delete from ${table} where owner_id = $1`, values: [id] });
      // The end of the log is where its readers start, so the last event stays, empty.
      await tx.query({
        text: 'delete from events where owner_id = $1 and seq < (select max(seq) from events)',
        values: [id],
      });
      await tx.query({
        text: `update events set title = '', tags = '{}', schema_name = null, context = null, kind = 'deleted'
          where owner_id = $1`,
        values: [id],
      });
      // So that dispatchers forget the selectors that went.
      await raiseGeneration(tx);
      return true;
    });
  }

  async agents(owner_id: string): Promise<AgentItem[]> {
    const { rows } = await this.#db.query<AgentItem>({
      text: 'select id, roles, created_at from agents where owner_id = $1 order by created_at, id limit 10000',
      values: [owner_id],
    });
    return rows;
  }

  async agent(owner_id: string, id: string): Promise<AgentItem | null> {
    const { rows } = await this.#db.query<AgentItem>({
      text: 'select id, roles, created_at from agents where owner_id = $1 and id = $2',
      values: [owner_id, id],
    });
    return rows[0] ?? null;
  }

  /** Says whether the tenant exists still, which a token can outlive. */
  async setRoles(owner_id: string, id: string, roles: readonly Role[]): Promise<boolean> {
    const { rows } = await this.#db.query({
      text: `insert into agents (owner_id, id, roles) select id, $2, $3 from tenants where id = $1
        on conflict (owner_id, id) do update set roles = excluded.roles, minted_at = null returning id`,
      values: [owner_id, id, roles],
    });
    return rows.length > 0;
  }

  /** Leaves the agent these of its roles. Says whether it had them all: a token can be older than the last change. */
  async narrowRoles(owner_id: string, id: string, roles: readonly Role[]): Promise<boolean> {
    const { rows } = await this.#db.query({
      text: 'update agents set roles = $3 where owner_id = $1 and id = $2 and roles @> $3::text[] returning id',
      values: [owner_id, id, roles],
    });
    return rows.length > 0;
  }

  /** Deletes an agent with its keys, webhooks, selectors and tickets. Says whether there was one. */
  async deleteAgent(owner_id: string, id: string): Promise<boolean> {
    return this.#db.transaction(async (tx) => {
      const values = [owner_id, id];
      const { rows } = await tx.query({
        text: 'delete from agents where owner_id = $1 and id = $2 returning id',
        values,
      });
      if (rows.length === 0) return false;
      for (const table of ['selector_subscriptions', 'stream_tickets'])
        await tx.query({
          text: `delete from ${table} where owner_id = $1 and agent_id = $2`,
          values,
        });
      await raiseGeneration(tx);
      return true;
    });
  }
}
