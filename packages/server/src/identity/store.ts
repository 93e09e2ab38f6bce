import type { ApiKeyItem, Role } from '@cairn/protocol';
import type { Database, Handle } from '../db/index.ts';
import type { Principal } from '../http/index.ts';

const KEY_COLUMNS =
  'id, owner_id, agent_id, name, roles, created_at, expires_at, last_used_at, revoked_at';

/** The SQL of tenants, agents and keys. */
export class IdentityStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Makes sure that tenant and agent exist, and that the agent has these roles; it keeps what others it has. */
  async ensureAgent(
    principal: Principal,
    tenant_name = 'default',
    tx: Handle = this.#db,
  ): Promise<void> {
    await this.#ensure(principal, { tenant_name, is_minted: false }, tx);
  }

  /**
   * `ensureAgent` for whoever asked for a token in dev mode. One that only such tokens made is marked with when it was
   * last seen, so that hygiene can let it go when it holds nothing; to name an agent on purpose takes the mark away.
   */
  async ensureMinted(principal: Principal): Promise<void> {
    await this.#ensure(principal, { tenant_name: 'default', is_minted: true }, this.#db);
  }

  async #ensure(
    { owner_id, agent_id, roles }: Principal,
    { tenant_name, is_minted }: { tenant_name: string; is_minted: boolean },
    tx: Handle,
  ): Promise<void> {
    await tx.query({
      name: 'identity_ensure_agent',
      text: `with tenant as (
          insert into tenants (id, name) values ($1, $4) on conflict (id) do nothing)
        insert into agents (owner_id, id, roles, minted_at) values ($1, $2, $3, case when $5 then now() end)
        on conflict (owner_id, id) do update
          set roles = array(select unnest(agents.roles) union select unnest(excluded.roles) order by 1),
            minted_at = case when agents.minted_at is null then null else excluded.minted_at end
          where not agents.roles @> excluded.roles or agents.minted_at < now() - interval '1 hour'
            or (agents.minted_at is not null and excluded.minted_at is null)`,
      values: [owner_id, agent_id, roles, tenant_name, is_minted],
    });
  }

  async insertKey(key: {
    id: string;
    hash: string;
    principal: Principal;
    name: string;
    expires_at: string | null;
  }): Promise<ApiKeyItem> {
    const { rows } = await this.#db.query<ApiKeyItem>({
      text: `insert into api_keys (id, owner_id, agent_id, name, hash, roles, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7) returning ${KEY_COLUMNS}`,
      values: [
        key.id,
        key.principal.owner_id,
        key.principal.agent_id,
        key.name,
        key.hash,
        key.principal.roles,
        key.expires_at,
      ],
    });
    return rows[0] as ApiKeyItem;
  }

  /** The key, with those of its roles that its agent still has. */
  async findKey(id: string): Promise<(ApiKeyItem & { hash: string }) | null> {
    const { rows } = await this.#db.query<
      ApiKeyItem & { hash: string; agent_roles: readonly Role[] }
    >({
      name: 'identity_find_key',
      text: `select ${KEY_COLUMNS}, hash, (select a.roles from agents a
          where a.owner_id = api_keys.owner_id and a.id = api_keys.agent_id) as agent_roles
        from api_keys where id = $1`,
      values: [id],
    });
    const [row] = rows;
    if (!row) return null;
    const { agent_roles, ...key } = row;
    return { ...key, roles: key.roles.filter((role) => agent_roles.includes(role)) };
  }

  /** Notes the use, to the minute, so that a busy key does not write on each request. */
  async noteUse(id: string): Promise<void> {
    await this.#db.query({
      text: `update api_keys set last_used_at = now()
        where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
      values: [id],
    });
  }

  async listKeys(owner_id: string): Promise<ApiKeyItem[]> {
    const { rows } = await this.#db.query<ApiKeyItem>({
      text: `select ${KEY_COLUMNS} from api_keys where owner_id = $1 order by created_at desc, id desc limit 500`,
      values: [owner_id],
    });
    return rows;
  }

  /** Says whether the key existed in this tenant and was live. */
  async revokeKey(owner_id: string, id: string): Promise<boolean> {
    const { count } = await this.#db.query({
      text: 'update api_keys set revoked_at = now() where owner_id = $1 and id = $2 and revoked_at is null returning id',
      values: [owner_id, id],
    });
    return count > 0;
  }

  async agentRoles(
    owner_id: string,
    agent_id: string,
    tx: Handle = this.#db,
  ): Promise<Role[] | null> {
    const { rows } = await tx.query<{ roles: Role[] }>({
      name: 'identity_agent_roles',
      text: 'select roles from agents where owner_id = $1 and id = $2',
      values: [owner_id, agent_id],
    });
    return rows[0]?.roles ?? null;
  }
}
