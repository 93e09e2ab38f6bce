import { WELL_KNOWN } from '@cairn/protocol';
import { sql, type Database } from '../../db/index.ts';
import type { Principal } from '../../http/index.ts';
import { readable } from '../../identity/index.ts';

/** What agents did in the last 24 hours. */
export interface AgentMetrics {
  readonly runs: number;
  readonly completed: number;
  readonly failed: number;
  readonly stopped: number;
  /** Null when no run was told any. */
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cost_usd: number | null;
  readonly mean_ms: number | null;
}

/** An agent as the registry knows it. */
export interface RegisteredAgent {
  /** Of its definition. */
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly model: string | null;
  readonly version: number;
  readonly status: 'active' | 'invalid' | 'proposed';
  /** Why it does not count, or what is to be known though it does. */
  readonly reason: string | null;
  /** When its latest run began. */
  readonly last_seen: string | null;
  readonly metrics: AgentMetrics;
}

/** What a tool did in the last 24 hours, whoever asked. `mean_ms` is the time that it ran. */
export interface ToolMetrics {
  readonly calls: number;
  readonly failures: number;
  readonly mean_ms: number | null;
}

/**
 * The answers of the tools runner to the tenant $1, of the tool `n.name`: what ran, also for people and programs. What it
 * refused ran nothing. Without parameters, so that the index of them serves.
 */
const EXECUTIONS = `b.owner_id = $1 and b.schema_name = 'tool.response.v1'
  and b.created_by = '${WELL_KNOWN.tools_runner}' and left(b.context ->> 'tool', 200) = n.name
  and coalesce(b.context ->> 'error_class', '') not in ('forbidden', 'unknown_tool', 'invalid_request')`;

/** The SQL of catalogues and the registry. */
export class CatalogStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Agents whose definitions the principal may read, newest first. */
  async agents(
    principal: Principal,
    { limit, before = null }: { limit: number; before?: string | null | undefined },
  ): Promise<(RegisteredAgent & { readonly tools: unknown; readonly has_namesake: boolean })[]> {
    const { rows } = await this.#db.query<
      RegisteredAgent & { readonly tools: unknown; readonly has_namesake: boolean }
    >(
      sql`select d.definition_id as id, d.agent_name as name, b.context ->> 'description' as description,
          b.context ->> 'model' as model, d.version, d.state as status, d.reason, b.context -> 'tools' as tools,
          exists (select from agent_definitions o where o.owner_id = d.owner_id and o.agent_name = d.agent_name
            and o.state = 'active' and o.definition_id <> d.definition_id) as has_namesake,
          (select r.started_at from agent_runs r where r.owner_id = d.owner_id and r.agent_id = d.definition_id
            order by r.started_at desc limit 1) as last_seen,
          (select jsonb_build_object('runs', count(*), 'completed', count(*) filter (where r.state = 'completed'),
              'failed', count(*) filter (where r.state = 'failed'), 'stopped', count(*) filter (where r.state = 'stopped'),
              'input_tokens', sum(r.input_tokens), 'output_tokens', sum(r.output_tokens),
              'cost_usd', sum(r.cost_usd),
              'mean_ms', round(avg(extract(epoch from r.finished_at - r.started_at)) * 1000))
            from agent_runs r where r.owner_id = d.owner_id and r.agent_id = d.definition_id
              and r.started_at > now() - interval '24 hours') as metrics
        from agent_definitions d join breadcrumbs b on b.id = d.definition_id
        where d.owner_id = ${principal.owner_id} and d.state <> 'deleted'
          and (${before}::uuid is null or d.definition_id < ${before}::uuid)
          and d.definition_id in (select id from breadcrumbs where ${readable(principal)}
            and schema_name = 'agent.def.v1')
        order by d.definition_id desc limit ${limit}`,
    );
    return rows;
  }

  /** What tools of these names did in the tenant, whoever asked. */
  async tools(
    owner_id: string,
    names: readonly string[],
  ): Promise<Map<string, { last_seen: string | null; metrics: ToolMetrics }>> {
    const { rows } = await this.#db.query<{
      name: string;
      last_seen: string | null;
      metrics: ToolMetrics;
    }>({
      name: 'agents_catalog_tools',
      text: `select n.name,
          (select b.created_at from breadcrumbs b where ${EXECUTIONS} order by b.created_at desc limit 1) as last_seen,
          (select jsonb_build_object('calls', count(*),
              'failures', count(*) filter (where b.context ->> 'status' = 'error'),
              'mean_ms', round(avg(case when jsonb_typeof(b.context -> 'execution_time_ms') = 'number'
                then (b.context ->> 'execution_time_ms')::numeric end)))
            from breadcrumbs b where ${EXECUTIONS} and b.created_at > now() - interval '24 hours') as metrics
        from unnest($2::text[]) as n(name)`,
      values: [owner_id, names],
    });
    return new Map(rows.map(({ name, ...rest }) => [name, rest]));
  }

  /** The catalogue that this principal keeps. */
  async find(
    { owner_id, agent_id }: Principal,
    schema_name: string,
  ): Promise<{ id: string; version: number; context: unknown } | null> {
    const { rows } = await this.#db.query<{ id: string; version: number; context: unknown }>({
      text: `select id, version, context from breadcrumbs
        where owner_id = $1 and created_by = $2 and schema_name = $3 and (ttl is null or ttl > now())
        order by id limit 1`,
      values: [owner_id, agent_id, schema_name],
    });
    return rows[0] ?? null;
  }
}
