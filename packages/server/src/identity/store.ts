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

  /** Makes sure that tenant and agent exist. The roles of an agent that is known stay, unless `roles` is to replace them. */
  async ensureAgent(
    principal: Principal,
    tenant_name = 'default',
    tx: Handle = this.#db,
  ): Promise<void> {
    await tx.query({
      text: `with tenant as (
          insert into tenants (id, name) values ($1, $4) on conflict (id) do nothing)
        insert into agents (owner_id, id, roles) values ($1, $2, $3)
        on conflict (owner_id, id) do update set roles = excluded.roles where agents.roles <> excluded.roles`,
      values: [principal.owner_id, principal.agent_id, principal.roles, tenant_name],
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

  async findKey(id: string): Promise<(ApiKeyItem & { hash: string }) | null> {
    const { rows } = await this.#db.query<ApiKeyItem & { hash: string }>({
      name: 'identity_find_key',
      text: `select ${KEY_COLUMNS}, hash from api_keys where id = $1`,
      values: [id],
    });
    return rows[0] ?? null;
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

  async agentRoles(owner_id: string, agent_id: string): Promise<Role[] | null> {
    const { rows } = await this.#db.query<{ roles: Role[] }>({
      text: 'select roles from agents where owner_id = $1 and id = $2',
      values: [owner_id, agent_id],
    });
    return rows[0]?.roles ?? null;
  }
}
