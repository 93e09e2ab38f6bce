import { SCHEMAS } from '@cairn/protocol';
import { joinSql, sql, type Database } from '../db/index.ts';
import type { Principal } from '../http/index.ts';
import { readable } from '../identity/index.ts';

/** Definitions of one tenant that are read at most. */
const DEFINITIONS_MAX = 500;

/** A record that may define a tool. */
export interface DefinitionRow {
  readonly id: string;
  readonly version: number;
  readonly schema_name: string;
  readonly title: string;
  readonly description: string | null;
  /** Without the source of its code, unless it was asked for by name or id. */
  readonly context: unknown;
  readonly updated_by: string | null;
  /** Its last change was made by a curator. */
  readonly is_approved: boolean;
  /** What was found wrong with this version as it was tried out, or null. */
  readonly fault: string | null;
}

/** The SQL of tool definitions. */
export class DefinitionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** What the principal may read, by the time at which a curator first stood for it: of two with one name, the first counts. */
  async list(
    principal: Principal,
    by: { name: string } | { id: string } | null,
  ): Promise<DefinitionRow[]> {
    const conditions = [
      readable(principal),
      sql`schema_name in (${SCHEMAS.tool_definition}, ${SCHEMAS.tool_code})`,
      sql`(ttl is null or ttl > now())`,
    ];
    if (by && 'name' in by) conditions.push(sql`context ->> 'name' = ${by.name}`);
    if (by && 'id' in by) conditions.push(sql`id = ${by.id}`);
    const context = by ? sql`context` : sql`context #- '{code,source}'`;
    const is_curator = sql`'curator' = any(a.roles)`;
    const { rows } = await this.#db.query<DefinitionRow>(
      sql`select id, version, schema_name, title, description, ${context} as context, updated_by,
          exists (select from agents a where a.owner_id = breadcrumbs.owner_id and a.id = updated_by and ${is_curator})
            as is_approved,
          (select c.reason from tool_checks c where c.definition_id = breadcrumbs.id and c.version = breadcrumbs.version)
            as fault
        from breadcrumbs where ${joinSql(conditions, ' and ', sql`true`)}
        order by coalesce((select min(h.updated_at) from breadcrumb_history h
            join agents a on a.owner_id = breadcrumbs.owner_id and a.id = h.updated_by and ${is_curator}
            where h.breadcrumb_id = breadcrumbs.id), updated_at), id
        limit ${DEFINITIONS_MAX}`,
    );
    return rows;
  }

  /** Notes what a trial of a version came to; of an older version than was noted, nothing. */
  async noteCheck(definition_id: string, version: number, reason: string | null): Promise<void> {
    await this.#db.query(
      sql`insert into tool_checks (definition_id, version, reason)
        select id, ${version}, ${reason} from breadcrumbs where id = ${definition_id}
        on conflict (definition_id) do update set version = excluded.version, reason = excluded.reason
          where tool_checks.version <= excluded.version`,
    );
  }
}
