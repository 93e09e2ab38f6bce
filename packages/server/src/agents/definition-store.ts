import type { WhenBusy } from '@cairn/protocol';
import type { Database, Handle } from '../db/index.ts';

/** A definition of an agent as the log told of it last. */
export interface DefinitionRow {
  readonly definition_id: string;
  readonly owner_id: string;
  readonly agent_name: string;
  readonly version: number;
  readonly state: 'active' | 'invalid' | 'proposed' | 'deleted';
  readonly reason: string | null;
  readonly when_busy: WhenBusy;
}

const COLUMNS = 'definition_id, owner_id, agent_name, version, state, reason, when_busy';

/** The SQL of what is known of definitions. */
export class DefinitionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async record(row: DefinitionRow, tx: Handle): Promise<void> {
    await tx.query({
      text: `insert into agent_definitions (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (definition_id) do update set agent_name = excluded.agent_name, version = excluded.version,
          state = excluded.state, reason = excluded.reason, when_busy = excluded.when_busy, updated_at = now()`,
      values: [
        row.definition_id,
        row.owner_id,
        row.agent_name,
        row.version,
        row.state,
        row.reason?.slice(0, 2_000) ?? null,
        row.when_busy,
      ],
    });
  }

  async get(
    definition_id: string,
    tx: Handle = this.#db,
  ): Promise<(DefinitionRow & { readonly status_breadcrumb_id: string | null }) | null> {
    const { rows } = await tx.query<
      DefinitionRow & { readonly status_breadcrumb_id: string | null }
    >({
      name: 'agents_definition',
      text: `select ${COLUMNS}, status_breadcrumb_id from agent_definitions where definition_id = $1`,
      values: [definition_id],
    });
    return rows[0] ?? null;
  }

  /** The active agent of this name; of several the one that was defined last. */
  async findActive(owner_id: string, agent_name: string): Promise<string | null> {
    const { rows } = await this.#db.query<{ definition_id: string }>({
      text: `select definition_id from agent_definitions where owner_id = $1 and agent_name = $2 and state = 'active'
        order by updated_at desc, definition_id desc limit 1`,
      values: [owner_id, agent_name],
    });
    return rows[0]?.definition_id ?? null;
  }

  /** Whether another active agent has the name of this one. */
  async hasNamesake({ owner_id, agent_name, definition_id }: DefinitionRow): Promise<boolean> {
    const { rows } = await this.#db.query({
      text: `select 1 from agent_definitions where owner_id = $1 and agent_name = $2 and state = 'active'
        and definition_id <> $3 limit 1`,
      values: [owner_id, agent_name, definition_id],
    });
    return rows.length > 0;
  }

  /** The active agents, each name once, by name. */
  async listActive(
    owner_id: string,
  ): Promise<{ definition_id: string; agent_name: string; updated_at: string }[]> {
    const { rows } = await this.#db.query<{
      definition_id: string;
      agent_name: string;
      updated_at: string;
    }>({
      text: `select distinct on (agent_name) definition_id, agent_name, updated_at from agent_definitions
        where owner_id = $1 and state = 'active' order by agent_name, updated_at desc, definition_id desc limit 1000`,
      values: [owner_id],
    });
    return rows;
  }

  /** Whether this principal is, or was, an agent by definition: then it is no person. */
  async isAgent(owner_id: string, agent_id: string, tx: Handle = this.#db): Promise<boolean> {
    const { rows } = await tx.query({
      text: 'select 1 from agent_definitions where owner_id = $1 and definition_id = $2',
      values: [owner_id, agent_id],
    });
    return rows.length > 0;
  }

  /** Remembers the record that tells of the state; null when it is gone. */
  async setStatusRecord(definition_id: string, id: string | null, tx: Handle): Promise<void> {
    await tx.query({
      text: 'update agent_definitions set status_breadcrumb_id = $2 where definition_id = $1',
      values: [definition_id, id],
    });
  }
}
