import type {
  SecretAction,
  SecretAudit,
  SecretGrant,
  SecretItem,
  SecretScope,
} from '@cairn/protocol';
import { newId } from '../base/index.ts';
import { joinSql, sql, type Database, type Handle, type Sql } from '../db/index.ts';
import type { Binding, Sealed } from './envelope.ts';

const ITEM = sql`id, owner_id, name, scope_type, scope_id, kek_id, created_at, updated_at`;
/** Bytes travel as base64, which both engines read and write alike. */
const SEALED = sql`encode(encrypted_value, 'base64') as value_text, encode(dek_wrapped, 'base64') as dek_text`;

/** A secret with what is needed to open it. */
export interface SecretRow extends SecretItem {
  readonly managed_by: string | null;
  readonly sealed: Sealed;
}

export interface NewSecret extends Binding {
  readonly name: string;
  readonly scope_type: SecretScope;
  readonly managed_by: string | null;
  readonly sealed: Sealed;
}

/** One line for the audit log. */
export interface Deed {
  readonly owner_id: string;
  readonly secret_id: string;
  readonly secret_name: string;
  readonly agent_id: string | null;
  readonly action: SecretAction;
  readonly reason?: string | null;
}

export interface SecretQuery {
  readonly owner_id: string;
  /** Of the secrets for agents only those of this one, and those granted to it; null means all. */
  readonly reader: string | null;
  readonly scope_type?: SecretScope | undefined;
  readonly scope_id?: string | undefined;
  readonly name?: string | undefined;
  readonly limit: number;
  /** Only those made before this one. */
  readonly before?: string | undefined;
}

type RawRow = SecretItem & { managed_by: string | null; value_text: string; dek_text: string };

/** The SQL of secrets, their grants and their audit log. */
export class SecretStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  async insert(secret: NewSecret, tx: Handle): Promise<SecretItem> {
    const { encrypted_value, dek_wrapped, kek_id } = secret.sealed;
    const { rows } = await tx.query<SecretItem>(
      sql`insert into secrets (id, owner_id, name, scope_type, scope_id, encrypted_value, dek_wrapped, kek_id, managed_by)
        values (${secret.id}, ${secret.owner_id}, ${secret.name}, ${secret.scope_type}, ${secret.scope_id},
          decode(${encrypted_value.toString('base64')}, 'base64'), decode(${dek_wrapped.toString('base64')}, 'base64'),
          ${kek_id}, ${secret.managed_by})
        returning ${ITEM}`,
    );
    return rows[0] as SecretItem;
  }

  /** `lock` holds the row until the transaction ends. */
  async find(
    owner_id: string,
    id: string,
    tx: Handle = this.#db,
    lock: 'lock' | 'read' = 'read',
  ): Promise<SecretRow | null> {
    const held = lock === 'lock' ? sql`for update` : sql``;
    const { rows } = await tx.query<RawRow>(
      sql`select ${ITEM}, managed_by, ${SEALED} from secrets where owner_id = ${owner_id} and id = ${id} ${held}`,
    );
    return rows[0] ? toRow(rows[0]) : null;
  }

  /** The secret of that name which is nearest to an agent: its own, then its workspace's, then the tenant's. */
  async findNearest(
    place: { owner_id: string; name: string; agent_id: string | null; workspace_id: string | null },
    tx: Handle,
  ): Promise<SecretRow | null> {
    const { rows } = await tx.query<RawRow>(
      sql`select ${ITEM}, managed_by, ${SEALED} from secrets
        where owner_id = ${place.owner_id} and name = ${place.name} and managed_by is null and (
          scope_type = 'global'
          or (scope_type = 'workspace' and scope_id = ${place.workspace_id})
          or (scope_type = 'agent' and scope_id = ${place.agent_id}))
        order by case scope_type when 'agent' then 0 when 'workspace' then 1 else 2 end limit 1`,
    );
    return rows[0] ? toRow(rows[0]) : null;
  }

  /** Newest first. */
  async list(query: SecretQuery): Promise<SecretItem[]> {
    const conditions: Sql[] = [sql`owner_id = ${query.owner_id}`, sql`managed_by is null`];
    if (query.reader !== null) {
      conditions.push(
        sql`(scope_type <> 'agent' or scope_id = ${query.reader} or exists (
          select from secret_grants g where g.secret_id = secrets.id and g.agent_id = ${query.reader}))`,
      );
    }
    if (query.scope_type !== undefined) conditions.push(sql`scope_type = ${query.scope_type}`);
    if (query.scope_id !== undefined) conditions.push(sql`scope_id = ${query.scope_id}`);
    if (query.name !== undefined) conditions.push(sql`name = ${query.name}`);
    if (query.before !== undefined) conditions.push(sql`id < ${query.before}`);
    const { rows } = await this.#db.query<SecretItem>(
      sql`select ${ITEM} from secrets where ${joinSql(conditions, ' and ', sql`true`)}
        order by id desc limit ${query.limit}`,
    );
    return rows;
  }

  async replaceValue(id: string, sealed: Sealed, tx: Handle): Promise<void> {
    await tx.query(
      sql`update secrets set updated_at = clock_timestamp(), kek_id = ${sealed.kek_id},
          encrypted_value = decode(${sealed.encrypted_value.toString('base64')}, 'base64'),
          dek_wrapped = decode(${sealed.dek_wrapped.toString('base64')}, 'base64')
        where id = ${id}`,
    );
  }

  async replaceKey(id: string, sealed: Sealed, tx: Handle): Promise<void> {
    await tx.query(
      sql`update secrets set kek_id = ${sealed.kek_id},
          dek_wrapped = decode(${sealed.dek_wrapped.toString('base64')}, 'base64')
        where id = ${id}`,
    );
  }

  async remove(id: string, tx: Handle): Promise<void> {
    await tx.query(sql`delete from secrets where id = ${id}`);
  }

  /** Secrets under one of these keys, after `after`, locked; those that another process holds are passed over. */
  async lockUnderKeys(
    kek_ids: readonly string[],
    after: string | null,
    limit: number,
    tx: Handle,
  ): Promise<SecretRow[]> {
    const { rows } = await tx.query<RawRow>(
      sql`select ${ITEM}, managed_by, ${SEALED} from secrets
        where kek_id = any(${kek_ids}) and (${after}::uuid is null or id > ${after}::uuid)
        order by id limit ${limit} for update skip locked`,
    );
    return rows.map(toRow);
  }

  /** How many secrets are under keys other than these. */
  async countUnderOtherKeys(kek_ids: readonly string[]): Promise<number> {
    const { rows } = await this.#db.query<{ n: number }>(
      sql`select count(*)::int as n from secrets where kek_id <> all(${kek_ids})`,
    );
    return rows[0]?.n ?? 0;
  }

  /** @throws DatabaseError a foreign key violation when the tenant has no such agent */
  async grant(
    secret: { id: string; owner_id: string },
    agent_id: string,
    created_by: string,
    tx: Handle,
  ): Promise<SecretGrant> {
    const { rows } = await tx.query<SecretGrant>(
      sql`insert into secret_grants (secret_id, owner_id, agent_id, created_by)
        values (${secret.id}, ${secret.owner_id}, ${agent_id}, ${created_by})
        on conflict (secret_id, agent_id) do update set created_by = secret_grants.created_by
        returning secret_id, agent_id, created_at, created_by`,
    );
    return rows[0] as SecretGrant;
  }

  /** Says whether there was such a grant. */
  async revoke(secret_id: string, agent_id: string, tx: Handle): Promise<boolean> {
    const { count } = await tx.query(
      sql`delete from secret_grants where secret_id = ${secret_id} and agent_id = ${agent_id}`,
    );
    return count > 0;
  }

  async grants(secret_id: string): Promise<SecretGrant[]> {
    const { rows } = await this.#db.query<SecretGrant>(
      sql`select secret_id, agent_id, created_at, created_by from secret_grants
        where secret_id = ${secret_id} order by created_at, agent_id limit 500`,
    );
    return rows;
  }

  async isGranted(secret_id: string, agent_id: string, tx: Handle): Promise<boolean> {
    const { rows } = await tx.query(
      sql`select 1 as one from secret_grants where secret_id = ${secret_id} and agent_id = ${agent_id}`,
    );
    return rows.length > 0;
  }

  async note(deed: Deed, tx: Handle = this.#db): Promise<void> {
    await tx.query(
      sql`insert into secret_audit (id, owner_id, secret_id, secret_name, agent_id, action, reason)
        values (${newId()}, ${deed.owner_id}, ${deed.secret_id}, ${deed.secret_name}, ${deed.agent_id},
          ${deed.action}, ${deed.reason ?? null})`,
    );
  }

  /** Newest first; of one secret, or of all when `secret_id` is null. */
  async audit(
    owner_id: string,
    secret_id: string | null,
    limit: number,
    before: string | undefined,
  ): Promise<SecretAudit[]> {
    const conditions = [sql`owner_id = ${owner_id}`];
    if (secret_id !== null) conditions.push(sql`secret_id = ${secret_id}`);
    if (before !== undefined) conditions.push(sql`id < ${before}`);
    const { rows } = await this.#db.query<SecretAudit>(
      sql`select id, secret_id, secret_name, agent_id, action, reason, created_at from secret_audit
        where ${joinSql(conditions, ' and ', sql`true`)} order by id desc limit ${limit}`,
    );
    return rows;
  }
}

function toRow({ value_text, dek_text, ...item }: RawRow): SecretRow {
  const sealed = {
    encrypted_value: Buffer.from(value_text, 'base64'),
    dek_wrapped: Buffer.from(dek_text, 'base64'),
    kek_id: item.kek_id,
  };
  return { ...item, sealed };
}
