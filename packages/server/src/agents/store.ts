import { newId } from '../base/index.ts';
import type { Database, Handle } from '../db/index.ts';
import type { Run, RunFailure, Step, ToolCallRecord } from './contract.ts';
import type { ModelAnswer } from './models/index.ts';

const RUN_COLUMNS =
  'id, owner_id, agent_id, delivery_id, trigger_id, trigger_version, conversation_id, state';
const CALL_COLUMNS = `request_id, step_seq, place, call_id, tool, request_breadcrumb_id, response_breadcrumb_id, output,
  is_error, deadline_at`;

export type NewToolCall = Omit<ToolCallRecord, 'response_breadcrumb_id' | 'deadline_at'> & {
  readonly timeout_ms: number;
};

/** The SQL of agent runs. */
export class RunStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  /** The run of a delivery; made when it is the delivery's first claim. */
  async ensure(run: Omit<Run, 'id' | 'state'>, tx: Handle = this.#db): Promise<Run> {
    const values = [
      newId(),
      run.owner_id,
      run.agent_id,
      run.delivery_id,
      run.trigger_id,
      run.trigger_version,
      run.conversation_id,
    ];
    const { rows } = await tx.query<Run>({
      name: 'agents_ensure_run',
      text: `insert into agent_runs (id, owner_id, agent_id, delivery_id, trigger_id, trigger_version, conversation_id)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (delivery_id) do update set delivery_id = excluded.delivery_id
        returning ${RUN_COLUMNS}`,
      values,
    });
    return rows[0] as Run;
  }

  async steps(run_id: string, tx: Handle = this.#db): Promise<Step[]> {
    const { rows } = await tx.query<Step>({
      name: 'agents_steps',
      text: 'select seq, answer from agent_steps where run_id = $1 order by seq',
      values: [run_id],
    });
    return rows;
  }

  async toolCalls(run_id: string, tx: Handle = this.#db): Promise<ToolCallRecord[]> {
    const { rows } = await tx.query<ToolCallRecord>({
      name: 'agents_tool_calls',
      text: `select ${CALL_COLUMNS} from agent_tool_calls where run_id = $1 order by step_seq, place`,
      values: [run_id],
    });
    return rows;
  }

  async addStep(run_id: string, seq: number, answer: ModelAnswer, tx: Handle): Promise<void> {
    await tx.query({
      name: 'agents_add_step',
      text: 'insert into agent_steps (run_id, seq, answer) values ($1, $2, $3)',
      values: [run_id, seq, JSON.stringify(answer)],
    });
  }

  /** Records the tools that a step asked for; those that are answered already (there is no such tool) with their answer. */
  async addToolCalls(run: Run, calls: readonly NewToolCall[], tx: Handle): Promise<void> {
    await tx.query({
      name: 'agents_add_tool_calls',
      text: `insert into agent_tool_calls (request_id, run_id, owner_id, step_seq, place, call_id, tool,
          request_breadcrumb_id, output, is_error, deadline_at, answered_at)
        select request_id, $2, $3, step_seq, place, call_id, tool, request_breadcrumb_id, output, is_error,
          clock_timestamp() + timeout_ms * interval '1 ms', case when is_error is null then null else clock_timestamp() end
        from jsonb_to_recordset($1::jsonb) as x(request_id uuid, step_seq integer, place integer, call_id text, tool text,
          request_breadcrumb_id uuid, output jsonb, is_error boolean, timeout_ms integer)`,
      values: [JSON.stringify(calls), run.id, run.owner_id],
    });
  }

  /** Records the answer to a request; the first one counts. Says which delivery waits for it. */
  async answer(
    answer: {
      owner_id: string;
      request_id: string;
      breadcrumb_id: string;
      output: unknown;
      is_error: boolean;
    },
    tx: Handle,
  ): Promise<string | null> {
    const { rows } = await tx.query<{ delivery_id: string }>({
      name: 'agents_answer',
      text: `update agent_tool_calls c
        set output = $4, is_error = $5, response_breadcrumb_id = $3, answered_at = clock_timestamp()
        from agent_runs r
        where c.request_id = $1 and c.owner_id = $2 and c.answered_at is null and r.id = c.run_id and r.state = 'running'
        returning r.delivery_id`,
      values: [
        answer.request_id,
        answer.owner_id,
        answer.breadcrumb_id,
        JSON.stringify(answer.output ?? null),
        answer.is_error,
      ],
    });
    return rows[0]?.delivery_id ?? null;
  }

  /** Gives up on calls whose time is over. Says how many milliseconds are left for the others, or null when none waits. */
  async expire(run_id: string, message: string): Promise<number | null> {
    const { rows } = await this.#db.query<{ left_ms: number | null }>({
      name: 'agents_expire',
      // One reading of the clock: with two, a call could be neither late nor waited for.
      text: `with now as materialized (select clock_timestamp() as at), late as (
          update agent_tool_calls set output = $2, is_error = true, answered_at = now.at
          from now where run_id = $1 and answered_at is null and deadline_at <= now.at
        )
        select (extract(epoch from min(deadline_at - now.at)) * 1000)::float8 as left_ms
        from agent_tool_calls, now where run_id = $1 and answered_at is null and deadline_at > now.at`,
      values: [run_id, JSON.stringify(message)],
    });
    return rows[0]?.left_ms ?? null;
  }

  /** Ends a run. It ends once: says false when it had ended before. */
  async finish(
    run_id: string,
    response_id: string | null,
    failure: RunFailure | null,
    tx: Handle,
  ): Promise<boolean> {
    const { count } = await tx.query({
      name: 'agents_finish',
      text: `update agent_runs set state = $2, response_id = $3, error_class = $4, error = $5, finished_at = clock_timestamp()
        where id = $1 and state = 'running' returning id`,
      values: [
        run_id,
        failure ? 'failed' : 'completed',
        response_id,
        failure?.error_class ?? null,
        failure?.message ?? null,
      ],
    });
    return count > 0;
  }
}
