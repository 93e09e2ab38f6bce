import type { Role } from '@cairn/protocol';
import { COMMIT_UNAWAITED, type Statement } from '../db/index.ts';
import type { Run, RunState, Spent } from './contract.ts';

/** The two statements by which a run is found or made; see `RunStore.ensure`. */
type Template = Required<Omit<Statement, 'values'>>;

export interface RunStateRow extends Omit<RunState, 'run' | 'own' | 'tree' | 'root_agent_id'> {
  readonly head: Omit<Run, 'root_run_id' | 'asker'> & { readonly root_run_id: string | null };
  /** Who asks by the trigger as it is now; null when there is no trigger, or its author is gone. */
  readonly asker: string | null;
  readonly asker_roles: readonly Role[] | null;
  readonly own: Spent;
  readonly tree: Spent;
  readonly root_agent_id: string | null;
}

/** A trigger that an agent wrote so long after its run had ended was not written by that run. */
const AFTERMATH = "interval '5 minutes'";

/**
 * $1 to $7 as the columns, $8 the call that it answers; then what is known of its cause: $9 the parent, $10 who wrote
 * the trigger, $11 and $12 the run and the tool request that the trigger names, $13 when it was written; $14 what the run is told;
 * $15 whether it is the whole transaction: what a run goes on to record waits for the disk, and so for this too.
 *
 * What a trigger says counts only where it can be trusted: a run is believed when its own agent wrote the trigger, a tool
 * request when it is one that a run made. Else it was the agent's latest run that the trigger can come from.
 */
export const INSERT_RUN: Template = {
  name: 'agents_insert_run',
  text: `with candidates as (
      (select r.id, r.root_run_id, r.depth, 1 as rank from agent_runs r
        where r.id = $9::uuid and r.owner_id = $2::uuid)
      union all
      (select r.id, r.root_run_id, r.depth, 2 from agent_runs r
        where r.id = $11::uuid and r.owner_id = $2::uuid and r.agent_id = $10::uuid
          and (r.finished_at is null or r.finished_at > $13::timestamptz - ${AFTERMATH}))
      union all
      (select r.id, r.root_run_id, r.depth, 3 from agent_tool_calls c join agent_runs r on r.id = c.run_id
        where c.request_id = $12::uuid and c.owner_id = $2::uuid)
      union all
      (select r.id, r.root_run_id, r.depth, 4 from agent_runs r
        where r.owner_id = $2::uuid and r.agent_id = $10::uuid and r.started_at <= $13::timestamptz
          and (r.finished_at is null or r.finished_at > $13::timestamptz - ${AFTERMATH})
        order by r.started_at desc limit 1)),
    parent as (select * from candidates order by rank limit 1),
    made as (insert into agent_runs (id, owner_id, agent_id, delivery_id, trigger_id, trigger_version, conversation_id, request_id,
      parent_run_id, root_run_id, depth)
    select $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::integer, $7::text, $8::uuid,
      p.id, coalesce(p.root_run_id, p.id, $1::uuid), coalesce(p.depth + 1, 0)
    from (select) as one left join parent p on true
    on conflict (delivery_id) do nothing returning id),
    noted as (insert into agent_notes (run_id, after_seq, kind, text)
      select id, -1, 'handed_over', $14::text from made where $14::text is not null)
    select id, case when $15::boolean then ${COMMIT_UNAWAITED} end from made`,
};

const spent = (calls: string, tools: string, tokens: string, cost: string) =>
  `jsonb_build_object('model_calls', ${calls}, 'tool_calls', ${tools}, 'tokens', ${tokens}, 'cost_usd', ${cost})`;

const tokensOf = (run: string) =>
  `coalesce(${run}.input_tokens, 0) + coalesce(${run}.output_tokens, 0)`;

/** $1 delivery. */
export const FIND_RUN: Template = {
  name: 'agents_find_run',
  text: `select jsonb_build_object('id', r.id, 'owner_id', r.owner_id, 'agent_id', r.agent_id, 'delivery_id', r.delivery_id,
      'trigger_id', r.trigger_id, 'trigger_version', r.trigger_version, 'conversation_id', r.conversation_id,
      'state', r.state, 'parent_run_id', r.parent_run_id, 'root_run_id', r.root_run_id, 'depth', r.depth,
      'request_id', r.request_id) as head,
    ${spent('r.model_calls', 'r.tool_calls', tokensOf('r'), 'coalesce(r.cost_usd, 0)')} as own,
    tree.spent as tree, r.deltas,
    (extract(epoch from coalesce(r.waiting_since, clock_timestamp()) - r.started_at) * 1000 - r.waited_ms)::float8
      as elapsed_ms,
    s.reason as stop, root.agent_id as root_agent_id, parent.error_class as parent_error_class,
    case when d.state = 'active' then d.version end as active_version,
    coalesce(t.asked_by, t.updated_by) as asker, k.roles as asker_roles
  from agent_runs r
    left join agent_stops s on s.delivery_id = r.delivery_id
    left join agent_runs root on root.id = r.root_run_id
    left join agent_runs parent on parent.id = r.parent_run_id
    left join agent_definitions d on d.definition_id = r.agent_id
    left join breadcrumbs t on t.id = r.trigger_id and t.owner_id = r.owner_id
    left join agents k on k.owner_id = r.owner_id and k.id = coalesce(t.asked_by, t.updated_by)
    cross join lateral (
      select ${spent(
        'coalesce(sum(e.model_calls), 0)',
        'coalesce(sum(e.tool_calls), 0)',
        `coalesce(sum(${tokensOf('e')}), 0)`,
        'coalesce(sum(e.cost_usd), 0)',
      )} as spent
      from agent_runs e where e.root_run_id = r.root_run_id) tree
  where r.delivery_id = $1`,
};
