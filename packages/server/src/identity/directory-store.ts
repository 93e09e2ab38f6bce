import type { AgentItem, Role, TenantItem } from '@cairn/protocol';
import type { Database } from '../db/index.ts';

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

  /** Deletes a tenant with everything that refers to it. Says whether there was one. */
  async deleteTenant(id: string): Promise<boolean> {
    const { rows } = await this.#db.query({
      text: 'delete from tenants where id = $1 returning id',
      values: [id],
    });
    return rows.length > 0;
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

  async setRoles(owner_id: string, id: string, roles: readonly Role[]): Promise<void> {
    await this.#db.query({
      text: `insert into agents (owner_id, id, roles) values ($1, $2, $3)
        on conflict (owner_id, id) do update set roles = excluded.roles`,
      values: [owner_id, id, roles],
    });
  }

  async deleteAgent(owner_id: string, id: string): Promise<boolean> {
    const { rows } = await this.#db.query({
      text: 'delete from agents where owner_id = $1 and id = $2 returning id',
      values: [owner_id, id],
    });
    return rows.length > 0;
  }
}
