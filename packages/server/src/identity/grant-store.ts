import type { GrantAction, GrantItem } from '@cairn/protocol';
import { newId } from '../base/index.ts';
import type { Database } from '../db/index.ts';

/** The SQL of grants. */
export class GrantStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Adds an action to what the agent may do with the record, and says under which id the grant stands.
   * Null when the tenant has no such record or no such agent.
   */
  async grant(
    owner_id: string,
    breadcrumb_id: string,
    agent_id: string,
    action: GrantAction,
  ): Promise<string | null> {
    const { rows } = await this.#db.query<{ id: string }>({
      text: `insert into acls (id, owner_id, breadcrumb_id, grantee_agent_id, actions)
        select $1, b.owner_id, b.id, a.id, array[$5::text]
        from breadcrumbs b join agents a on a.owner_id = b.owner_id
        where b.owner_id = $2 and b.id = $3 and a.id = $4
        on conflict (breadcrumb_id, grantee_agent_id) do update
          set actions = case when $5 = any(acls.actions) then acls.actions else acls.actions || $5::text end
        returning id`,
      values: [newId(), owner_id, breadcrumb_id, agent_id, action],
    });
    return rows[0]?.id ?? null;
  }

  /** Takes an action away; a grant without actions is gone. Says how many grants changed: 0 or 1. */
  async revoke(
    owner_id: string,
    breadcrumb_id: string,
    agent_id: string,
    action: GrantAction,
  ): Promise<number> {
    const { rows } = await this.#db.query({
      text: `with changed as (
          update acls set actions = array_remove(actions, $4)
          where owner_id = $1 and breadcrumb_id = $2 and grantee_agent_id = $3 and $4 = any(actions) and cardinality(actions) > 1
          returning id
        ), gone as (
          delete from acls where owner_id = $1 and breadcrumb_id = $2 and grantee_agent_id = $3 and actions = array[$4::text]
          returning id
        )
        select id from changed union all select id from gone`,
      values: [owner_id, breadcrumb_id, agent_id, action],
    });
    return rows.length;
  }

  /** The grants of a tenant, newest first; those of one agent when it is named. */
  async list(owner_id: string, agent_id: string | null): Promise<GrantItem[]> {
    const { rows } = await this.#db.query<GrantItem>({
      text: `select id, breadcrumb_id, grantee_agent_id, actions, created_at from acls
        where owner_id = $1 and ($2::uuid is null or grantee_agent_id = $2)
        order by created_at desc, id desc limit 1000`,
      values: [owner_id, agent_id],
    });
    return rows;
  }
}
