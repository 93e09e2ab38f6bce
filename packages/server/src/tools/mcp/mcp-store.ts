import { MCP_SCHEMAS, mcpTag, WELL_KNOWN } from '@cairn/protocol';
import { sql, type Database, type Sql } from '../../db/index.ts';

/** A record that mounts a server. */
export interface ServerRow {
  readonly id: string;
  readonly owner_id: string;
  readonly version: number;
  readonly context: unknown;
  readonly changed_by: string;
  /** Its last change was made by a curator. */
  readonly is_approved: boolean;
}

/** The records in which it is kept what was found of a server: its state, and its tools. */
export type FoundSchema = typeof MCP_SCHEMAS.status | typeof MCP_SCHEMAS.tools;

/** What was last found of a server. Written by the tools runner, and changed by nobody else. */
export interface FoundRow {
  readonly id: string;
  readonly owner_id: string;
  readonly version: number;
  readonly schema_name: FoundSchema;
  readonly context: unknown;
}

const IS_ALIVE = sql`(b.ttl is null or b.ttl > now())`;
/** What a tenant's people write under these names is nothing to us. */
const IS_OURS = sql`b.created_by = ${WELL_KNOWN.tools_runner}
  and coalesce(b.updated_by, b.created_by) = ${WELL_KNOWN.tools_runner}`;

/** The SQL of records about MCP servers. */
export class McpStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Records that mount servers, oldest first: of all tenants, or of one. */
  async servers(owner_id: string | null, limit: number): Promise<ServerRow[]> {
    // By tenant, since that is how records are indexed.
    const tenant = owner_id === null ? sql`true` : sql`t.id = ${owner_id}`;
    const { rows } = await this.#db.query<ServerRow>(
      sql`select found.* from tenants t cross join lateral (
          select b.id, b.owner_id, b.version, b.context, b.created_at,
            coalesce(b.updated_by, b.created_by) as changed_by,
            exists (select from agents a where a.owner_id = b.owner_id
              and a.id = coalesce(b.updated_by, b.created_by) and 'curator' = any(a.roles)) as is_approved
          from breadcrumbs b
          where b.owner_id = t.id and b.schema_name = ${MCP_SCHEMAS.server} and ${IS_ALIVE}
        ) found where ${tenant} order by found.created_at, found.id limit ${limit}`,
    );
    return rows;
  }

  /** Which versions of lists of tools a tenant has; cheap, to be asked often. */
  async toolVersions(owner_id: string): Promise<{ id: string; version: number }[]> {
    const { rows } = await this.#db.query<{ id: string; version: number }>(
      sql`select b.id, b.version from breadcrumbs b where b.owner_id = ${owner_id}
        and b.schema_name = ${MCP_SCHEMAS.tools} and ${IS_OURS} and ${IS_ALIVE} order by b.created_at, b.id`,
    );
    return rows;
  }

  /** What was found, oldest first: of all servers of a tenant, or of one. */
  async found(
    owner_id: string,
    schema_name: FoundSchema,
    server: string | null = null,
  ): Promise<FoundRow[]> {
    const named: Sql = server === null ? sql`true` : sql`b.tags @> ${[mcpTag(server)]}::text[]`;
    const { rows } = await this.#db.query<FoundRow>(
      sql`select b.id, b.owner_id, b.version, b.schema_name, b.context from breadcrumbs b
        where b.owner_id = ${owner_id} and b.schema_name = ${schema_name}
          and ${IS_OURS} and ${IS_ALIVE} and ${named}
        order by b.created_at, b.id`,
    );
    return rows;
  }

  /** Of which servers a state is told: in all tenants, or in one. */
  async known(owner_id: string | null): Promise<{ owner_id: string; server: string }[]> {
    const tenant = owner_id === null ? sql`true` : sql`t.id = ${owner_id}`;
    const { rows } = await this.#db.query<{ owner_id: string; server: string }>(
      sql`select t.id as owner_id, found.server from tenants t cross join lateral (
          select b.context ->> 'server' as server from breadcrumbs b
          where b.owner_id = t.id and b.schema_name = ${MCP_SCHEMAS.status} and ${IS_OURS} and ${IS_ALIVE}
        ) found where ${tenant} and found.server is not null`,
    );
    return rows;
  }
}
