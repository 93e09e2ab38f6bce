import { newId } from '../base/index.ts';
import type { Database, Handle } from '../db/index.ts';
import type {
  NewRun,
  Note,
  Run,
  RunFailure,
  RunState,
  Situation,
  Spent,
  ToolCallRecord,
} from './contract.ts';
import type { ModelAnswer } from './models/index.ts';
import { chooseAsker } from './choose-asker.ts';
import { FIND_RUN, INSERT_RUN, type RunStateRow } from './run-statements-store.ts';

export type NewToolCall = Omit<ToolCallRecord, 'response_breadcrumb_id'> & {
  readonly timeout_ms: number;
  /** `ask` is answered by a run of another agent. */
  readonly kind: 'tool' | 'ask';
  /** Who may answer besides the tools runner. */
  readonly responder: string | null;
  /** Set when the call waits for consent. */
  readonly approval_id: string | null;
};

/** What a step cost, and what it was told as. */
export interface StepFacts {
  readonly latency_ms: number;
  readonly cost_usd: number | null;
  /** Pieces of text of the run that were told so far. */
  readonly deltas: number;
}

/** What a run has done so far. */
export type RunHistory = Pick<Situation, 'steps' | 'calls' | 'notes'>;

/** What became of the waiting of a run. */
export interface Waiting {
  /** Until the first deadline of what is waited for; null when nothing is. */
  readonly left_ms: number | null;
  /** Whether something waits for consent. */
  readonly has_approvals: boolean;
}

/** The SQL of agent runs. */
export class RunStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  /** The run of a delivery, made when it is the delivery's first claim, and what decides whether it goes on. */
  async ensure(given: NewRun, tx: Handle = this.#db): Promise<RunState> {
    return (await this.#find(given.delivery_id, tx)) ?? this.make(given, tx);
  }

  /** As `ensure`, for a delivery that nobody has claimed before: its run is most likely still to be made. */
  async make(given: NewRun, tx: Handle = this.#db): Promise<RunState> {
    const { origin } = given;
    const values = [
      newId(),
      given.owner_id,
      given.agent_id,
      given.delivery_id,
      given.trigger_id,
      given.trigger_version,
      given.conversation_id,
      origin.request_id ?? null,
      origin.parent_run_id ?? null,
      origin.author,
      origin.run_id,
      origin.tool_request_id,
      origin.at,
      origin.note ?? null,
      tx === this.#db,
    ];
    await tx.query({ ...INSERT_RUN, values });
    const made = await this.#find(given.delivery_id, tx);
    if (!made) throw new Error(`the run of delivery ${given.delivery_id} could not be made`);
    return made;
  }

  /** The run that goes on and waits for the answer to this request of its own; null when there is none. */
  async ofRequest(
    owner_id: string,
    request_breadcrumb_id: string,
    tx: Handle = this.#db,
  ): Promise<RunState | null> {
    const { rows } = await tx.query<{ delivery_id: string }>({
      text: `select r.delivery_id from agent_tool_calls c join agent_runs r on r.id = c.run_id
        where c.owner_id = $1 and c.request_breadcrumb_id = $2 and c.answered_at is null and r.state = 'running'`,
      values: [owner_id, request_breadcrumb_id],
    });
    return rows[0] ? this.#find(rows[0].delivery_id, tx) : null;
  }

  async #find(delivery_id: string, tx: Handle): Promise<RunState | null> {
    const { rows } = await tx.query<RunStateRow>({ ...FIND_RUN, values: [delivery_id] });
    return rows[0] ? toState(rows[0]) : null;
  }

  /** What the runs of an agent spent that began in the last 24 hours. */
  async spentToday(owner_id: string, agent_id: string): Promise<Spent> {
    const { rows } = await this.#db.query<Spent>({
      name: 'agents_spent_today',
      text: `select coalesce(sum(model_calls), 0)::int as model_calls, coalesce(sum(tool_calls), 0)::int as tool_calls,
          coalesce(sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)), 0)::float8 as tokens,
          coalesce(sum(cost_usd), 0) as cost_usd
        from agent_runs where owner_id = $1 and agent_id = $2 and started_at > now() - interval '24 hours'`,
      values: [owner_id, agent_id],
    });
    return rows[0] as Spent;
  }

  /** What a run has done so far: its steps, the tools that they asked for, and what it was told. */
  async history(run_id: string, tx: Handle = this.#db): Promise<RunHistory> {
    const { rows } = await tx.query<RunHistory>({
      name: 'agents_history',
      // Not as jsonb, which takes no more than 256 MB.
      text: `select
          (select coalesce(json_agg(s order by s.seq), '[]') from (
            select seq, answer, cost_usd from agent_steps where run_id = $1) s) as steps,
          (select coalesce(json_agg(c order by c.step_seq, c.place), '[]') from (
            select request_id, step_seq, place, call_id, tool, request_breadcrumb_id, response_breadcrumb_id, output,
              is_error from agent_tool_calls where run_id = $1) c) as calls,
          (select coalesce(json_agg(n order by n.after_seq, n.kind), '[]') from (
            select after_seq, kind, text from agent_notes where run_id = $1) n) as notes`,
      values: [run_id],
    });
    return rows[0] as RunHistory;
  }

  /** Records what a run is told from here on. A second one of a kind at the same place changes nothing. */
  async addNote(run_id: string, note: Note, tx: Handle = this.#db): Promise<void> {
    await tx.query({
      name: 'agents_add_note',
      text: `insert into agent_notes (run_id, after_seq, kind, text) values ($1, $2, $3, $4) on conflict do nothing`,
      values: [run_id, note.after_seq, note.kind, note.text],
    });
  }

  /** Records a step, and counts what it cost. */
  async addStep(
    run_id: string,
    seq: number,
    answer: ModelAnswer,
    facts: StepFacts,
    tx: Handle,
  ): Promise<void> {
    const { input_tokens, output_tokens } = answer.usage;
    await tx.query({
      name: 'agents_add_step',
      text: `with counted as (
          update agent_runs set model_calls = model_calls + 1, deltas = $4,
            input_tokens = case when $5::bigint is null then input_tokens else coalesce(input_tokens, 0) + $5 end,
            output_tokens = case when $6::bigint is null then output_tokens else coalesce(output_tokens, 0) + $6 end,
            cost_usd = case when $7::float8 is null then cost_usd else coalesce(cost_usd, 0) + $7 end
          where id = $1)
        insert into agent_steps (run_id, seq, answer, latency_ms, cost_usd) values ($1, $2, $3, $8, $7)`,
      values: [
        run_id,
        seq,
        JSON.stringify(answer),
        facts.deltas,
        input_tokens,
        output_tokens,
        facts.cost_usd,
        Math.round(facts.latency_ms),
      ],
    });
  }

  /**
   * Records the tools that a step asked for, and counts them; those that are answered already (there is no such tool)
   * with their answer.
   */
  async addToolCalls(run: Run, calls: readonly NewToolCall[], tx: Handle): Promise<void> {
    await tx.query({
      name: 'agents_add_tool_calls',
      text: `with given as materialized (
          select x.*, clock_timestamp() as asked_at from jsonb_to_recordset($1::jsonb) as x(request_id uuid,
            step_seq integer, place integer, call_id text, tool text, request_breadcrumb_id uuid, output jsonb,
            is_error boolean, timeout_ms bigint, kind text, responder uuid, approval_id uuid)),
        counted as (
          update agent_runs set tool_calls = tool_calls + (select count(*) from given where is_error is null),
            waiting_since = case when exists (select from given where approval_id is not null) then clock_timestamp() end
          where id = $2)
        insert into agent_tool_calls (request_id, run_id, owner_id, step_seq, place, call_id, tool,
          request_breadcrumb_id, output, is_error, asked_at, deadline_at, answered_at, kind, responder, approval_id)
        select request_id, $2, $3, step_seq, place, call_id, tool, request_breadcrumb_id, output, is_error,
          asked_at, asked_at + timeout_ms * interval '1 ms', case when is_error is null then null else clock_timestamp() end,
          kind, responder, approval_id
        from given`,
      values: [JSON.stringify(calls), run.id, run.owner_id],
    });
  }

  /**
   * Records the answer to a request; the first one counts. `from` is who answers: null for a run that was asked, and
   * for whoever may answer anything. Says which delivery waits for it.
   */
  async answer(
    answer: {
      owner_id: string;
      request_id: string;
      breadcrumb_id: string | null;
      output: unknown;
      is_error: boolean;
      kind: 'tool' | 'ask';
      from: string | null;
    },
    tx: Handle,
  ): Promise<string | null> {
    const { rows } = await tx.query<{ delivery_id: string }>({
      name: 'agents_answer',
      text: `update agent_tool_calls c
        set output = $4, is_error = $5, response_breadcrumb_id = $3, answered_at = clock_timestamp()
        from agent_runs r
        where c.request_id = $1 and c.owner_id = $2 and c.answered_at is null and r.id = c.run_id and r.state = 'running'
          and c.kind = $6 and ($7::uuid is null or c.responder = $7)
          -- What waits for consent has not been asked yet, so nobody can have answered it.
          and (c.approval_id is null or c.request_breadcrumb_id is not null)
        returning r.delivery_id`,
      values: [
        answer.request_id,
        answer.owner_id,
        answer.breadcrumb_id,
        JSON.stringify(answer.output ?? null),
        answer.is_error,
        answer.kind,
        answer.from,
      ],
    });
    return rows[0]?.delivery_id ?? null;
  }

  /** Gives up on calls whose time is over, and says what the run waits for still. */
  async expire(run_id: string): Promise<Waiting> {
    const { rows } = await this.#db.query<Waiting>({
      name: 'agents_expire',
      // One reading of the clock: with two, a call could be neither late nor waited for.
      text: `with now as materialized (select clock_timestamp() as at), late as (
          update agent_tool_calls set is_error = true, answered_at = now.at, output = to_jsonb(format(
            case kind when 'ask' then 'the agent did not answer within %s s' else 'the tool did not answer within %s s' end,
            greatest(1, round(extract(epoch from deadline_at - asked_at)))))
          from now where run_id = $1 and answered_at is null and deadline_at <= now.at
            and (approval_id is null or request_breadcrumb_id is not null)
        )
        select (extract(epoch from min(coalesce(a.expires_at, c.deadline_at) - now.at)) * 1000)::float8 as left_ms,
          coalesce(bool_or(a.id is not null), false) as has_approvals
        from now cross join agent_tool_calls c
          left join agent_approvals a on a.id = c.approval_id and c.request_breadcrumb_id is null
        where c.run_id = $1 and c.answered_at is null and (c.deadline_at > now.at or a.id is not null)`,
      values: [run_id],
    });
    return rows[0] ?? { left_ms: null, has_approvals: false };
  }

  /** Lets a call that waited for consent go out. */
  async release(
    call: { request_id: string; request_breadcrumb_id: string; timeout_ms: number },
    tx: Handle,
  ): Promise<void> {
    await tx.query({
      text: `update agent_tool_calls set request_breadcrumb_id = $2, asked_at = clock_timestamp(),
          deadline_at = clock_timestamp() + $3 * interval '1 ms'
        where request_id = $1 and answered_at is null`,
      values: [call.request_id, call.request_breadcrumb_id, Math.round(call.timeout_ms)],
    });
  }

  /** Answers a call that was not allowed to go out. */
  async refuse(request_id: string, reason: string, tx: Handle): Promise<void> {
    await tx.query({
      text: `update agent_tool_calls set output = $2, is_error = true, answered_at = clock_timestamp()
        where request_id = $1 and answered_at is null`,
      values: [request_id, JSON.stringify(reason)],
    });
  }

  /** Stops the run's time while what it waits for waits for a consent itself, and that call's time as well. Once for each. */
  async pauseFor(
    call: { run_id: string; request_breadcrumb_id: string; expires_at: string },
    tx: Handle,
  ): Promise<void> {
    await tx.query({
      text: `with paused as (
          update agent_runs set waiting_since = coalesce(waiting_since, clock_timestamp()) where id = $1)
        update agent_tool_calls set deadline_at = deadline_at + ($3::timestamptz - clock_timestamp())
        where run_id = $1 and request_breadcrumb_id = $2 and answered_at is null`,
      values: [call.run_id, call.request_breadcrumb_id, call.expires_at],
    });
  }

  /** Takes what was left for consent off that call's time again, and lets the run's time go on. */
  async resumeFrom(
    call: { run_id: string; request_breadcrumb_id: string; expires_at: string },
    tx: Handle,
  ): Promise<void> {
    await tx.query({
      text: `update agent_tool_calls set deadline_at = deadline_at - ($3::timestamptz - clock_timestamp())
        where run_id = $1 and request_breadcrumb_id = $2 and answered_at is null`,
      values: [call.run_id, call.request_breadcrumb_id, call.expires_at],
    });
    await this.resume(call.run_id, tx);
  }

  /** Lets the run's time go on, once nothing waits for consent any more. */
  async resume(run_id: string, tx: Handle): Promise<void> {
    // Two that settle consents of one run at once would each see that of the other unsettled.
    await tx.query({
      text: 'select from agent_runs where id = $1 for update',
      values: [run_id],
    });
    await tx.query({
      text: `update agent_runs set waiting_since = null,
          waited_ms = waited_ms + (extract(epoch from clock_timestamp() - waiting_since) * 1000)::bigint
        where id = $1 and waiting_since is not null and not exists (
          select from agent_tool_calls c where c.run_id = $1 and c.answered_at is null
            and c.approval_id is not null and c.request_breadcrumb_id is null)
          and not exists (select from agent_approvals a where a.run_id = $1 and a.settled_at is null)`,
      values: [run_id],
    });
  }

  /** Ends a run. It ends once: says false when it had ended before. */
  async finish(
    run_id: string,
    end: {
      state: Exclude<Run['state'], 'running'>;
      response_id: string | null;
      failure: RunFailure | null;
      agent_name?: string | undefined;
      definition_version?: number | null;
    },
    tx: Handle,
  ): Promise<boolean> {
    const { count } = await tx.query({
      name: 'agents_finish',
      // What was asked of it before its end is over with it.
      text: `with ended as (
          update agent_runs set state = $2, response_id = $3, error_class = $4, error = $5, agent_name = $6,
            definition_version = $7, finished_at = clock_timestamp(), waiting_since = null,
            waited_ms = waited_ms + coalesce((extract(epoch from clock_timestamp() - waiting_since) * 1000)::bigint, 0)
          where id = $1 and state = 'running' returning delivery_id),
        cleared as (delete from agent_stops s using ended e where s.delivery_id = e.delivery_id)
        select delivery_id from ended`,
      values: [
        run_id,
        end.state,
        end.response_id,
        end.failure?.error_class ?? null,
        end.failure?.message ?? null,
        end.agent_name ?? null,
        end.definition_version ?? null,
      ],
    });
    return count > 0;
  }
}

function toState(row: RunStateRow): RunState {
  const { root_run_id, ...head } = row.head;
  return {
    run: {
      ...head,
      root_run_id: root_run_id ?? head.id,
      asker: chooseAsker(head.agent_id, row.asker, row.asker_roles),
    },
    own: row.own,
    tree: row.tree,
    elapsed_ms: row.elapsed_ms,
    deltas: row.deltas,
    stop: row.stop,
    root_agent_id: row.root_agent_id ?? head.agent_id,
    parent_error_class: row.parent_error_class,
    active_version: row.active_version,
  };
}
