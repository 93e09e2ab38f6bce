import type { BreadcrumbCreate, Sensitivity, Visibility } from '@cairn/protocol';
import type { Database } from '../../db/index.ts';

/** What decides who may see a record, and what a list does not tell of it. */
export interface Facts {
  readonly id: string;
  readonly created_at: string;
  readonly created_by: string | null;
  readonly updated_by: string | null;
  readonly visibility: Visibility;
  readonly sensitivity: Sensitivity;
}

/** The `agent.context.v1` record of a consumer and a conversation. */
export interface ContextRecord {
  readonly id: string;
  readonly version: number;
  /** Which gathering it holds. */
  readonly trigger_event_id: string | null;
  readonly assembled_at: string | null;
}

/** What a run was shown. */
export interface Recorded {
  readonly body: BreadcrumbCreate;
  readonly breadcrumb_id: string | null;
  readonly breadcrumb_version: number | null;
}

/** The SQL of contexts. */
export class ContextStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Those of these records that are there. What may be read of them was asked before. */
  async facts(owner_id: string, ids: readonly string[]): Promise<Map<string, Facts>> {
    if (ids.length === 0) return new Map();
    const { rows } = await this.#db.query<Facts>({
      name: 'agents_context_facts',
      text: `select id, created_at, created_by, updated_by, visibility, sensitivity from breadcrumbs
        where owner_id = $1 and id = any($2::uuid[]) and (ttl is null or ttl > now())`,
      values: [owner_id, ids],
    });
    return new Map(rows.map((row) => [row.id, row]));
  }

  /**
   * The record under all of these tags that one of these wrote. What is private or secret stands in a record of its own
   * for each asker, who may read it; with `is_guarded` it is that one, else rather the one that everybody may read.
   */
  async find(
    owner_id: string,
    authors: readonly string[],
    tags: readonly string[],
    { asker, is_guarded }: { asker: string | null; is_guarded: boolean },
  ): Promise<ContextRecord | null> {
    const { rows } = await this.#db.query<ContextRecord>({
      name: 'agents_context_record',
      text: `select id, version, context ->> 'trigger_event_id' as trigger_event_id, context ->> 'assembled_at' as assembled_at
        from breadcrumbs
        where owner_id = $1 and created_by = any($2::uuid[]) and schema_name = 'agent.context.v1' and tags @> $3::text[]
          and (ttl is null or ttl > now())
          and case when visibility = 'private' or sensitivity = 'secret'
            then asked_by is not distinct from $4::uuid else not $5::boolean end
        order by visibility = 'private' or sensitivity = 'secret', id limit 1`,
      values: [owner_id, authors, tags, asker, is_guarded],
    });
    return rows[0] ?? null;
  }

  /** What the run is shown; null when nothing was recorded. */
  async recorded(run_id: string): Promise<Recorded | null> {
    const { rows } = await this.#db.query<Recorded>({
      name: 'agents_run_context',
      text: 'select body, breadcrumb_id, breadcrumb_version from agent_run_contexts where run_id = $1',
      values: [run_id],
    });
    return rows[0] ?? null;
  }

  /** Records what the run is shown. The first one counts, and is answered. */
  async record(run_id: string, given: Recorded, latency_ms: number | null): Promise<Recorded> {
    await this.#db.query({
      name: 'agents_record_context',
      text: `insert into agent_run_contexts (run_id, body, breadcrumb_id, breadcrumb_version, latency_ms)
        values ($1, $2, $3, $4, $5)
        on conflict do nothing`,
      values: [
        run_id,
        JSON.stringify(given.body),
        given.breadcrumb_id,
        given.breadcrumb_version,
        latency_ms,
      ],
    });
    return (await this.recorded(run_id)) ?? given;
  }

  /** Remembers where what the run is shown was written. */
  async written(run_id: string, at: { id: string; version: number }): Promise<void> {
    await this.#db.query({
      name: 'agents_context_written',
      text: 'update agent_run_contexts set breadcrumb_id = $2, breadcrumb_version = $3 where run_id = $1',
      values: [run_id, at.id, at.version],
    });
  }
}
