import { newId } from '../base/index.ts';
import { sql, type Database, type Handle } from '../db/index.ts';
import type { BegunStep } from './builtin/index.ts';

export interface NewStep {
  readonly workflow_id: string;
  readonly step_id: string;
  readonly owner_id: string;
  readonly delivery_id: string;
  readonly place: number;
  readonly timeout_ms: number;
  /** It is not sent yet, since a person is to consent to it. */
  readonly needs_consent: boolean;
}

/** A step as it is stored. */
export interface StepRow extends Omit<BegunStep, 'consent'> {
  readonly request_id: string;
}

/** Stands in `error` of a step that was not sent yet: whatever answers it by then answers nothing. */
const UNSENT = 'it waits for consent';

/** The SQL of workflows under way. */
export class WorkflowStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async begun(workflow_id: string): Promise<StepRow[]> {
    const { rows } = await this.#db.query<StepRow>(
      sql`select step_id, place, request_id, state, output, error,
          (extract(epoch from deadline_at - clock_timestamp()) * 1000)::float8 as left_ms
        from tool_workflow_steps where workflow_id = ${workflow_id} order by created_at, place`,
    );
    return rows;
  }

  /** Notes that a step begins. Says the id of its request; null when it had begun before. */
  async begin(step: NewStep, tx: Handle): Promise<string | null> {
    const request_id = newId();
    const { count } = await tx.query(
      sql`insert into tool_workflow_steps
          (workflow_id, step_id, owner_id, delivery_id, place, request_id, state, error, deadline_at)
        values (${step.workflow_id}, ${step.step_id}, ${step.owner_id}, ${step.delivery_id}, ${step.place},
          ${request_id}, 'running', ${step.needs_consent ? UNSENT : null}, clock_timestamp() + ${Math.round(step.timeout_ms)} * interval '1 ms')
        on conflict do nothing`,
    );
    return count === 1 ? request_id : null;
  }

  /** Notes that a step that waited for consent is sent. Says the id of its request; null when it was sent before. */
  async send(
    { workflow_id, step_id, timeout_ms }: Pick<NewStep, 'workflow_id' | 'step_id' | 'timeout_ms'>,
    tx: Handle,
  ): Promise<string | null> {
    const { rows } = await tx.query<{ request_id: string }>(
      sql`update tool_workflow_steps set error = null,
          deadline_at = clock_timestamp() + ${Math.round(timeout_ms)} * interval '1 ms'
        where workflow_id = ${workflow_id} and step_id = ${step_id} and state = 'running' and error = ${UNSENT}
        returning request_id`,
    );
    return rows[0]?.request_id ?? null;
  }

  /** Notes that a step is not sent. Says the id of its request; null when it is over already. */
  async refuse(
    workflow_id: string,
    step_id: string,
    reason: string,
    tx: Handle,
  ): Promise<string | null> {
    const { rows } = await tx.query<{ request_id: string }>(
      sql`update tool_workflow_steps set state = 'failed', error = ${reason}
        where workflow_id = ${workflow_id} and step_id = ${step_id} and state = 'running'
        returning request_id`,
    );
    return rows[0]?.request_id ?? null;
  }

  /** Notes the answer to a step. Says which delivery goes on with it; null when nobody waits for it. */
  async answer(
    answer: { owner_id: string; request_id: string; output: unknown; error: string | null },
    tx: Handle,
  ): Promise<string | null> {
    const state = answer.error === null ? 'done' : 'failed';
    const { rows } = await tx.query<{ delivery_id: string }>(
      sql`update tool_workflow_steps set state = ${state}, output = ${JSON.stringify(answer.output ?? null)}::jsonb,
          error = ${answer.error}
        where owner_id = ${answer.owner_id} and request_id = ${answer.request_id} and state = 'running'
          and error is null
        returning delivery_id`,
    );
    return rows[0]?.delivery_id ?? null;
  }

  async clear(workflow_id: string, tx: Handle): Promise<void> {
    await tx.query(sql`delete from tool_workflow_steps where workflow_id = ${workflow_id}`);
  }
}
