import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Handle } from '../db/index.ts';
import type { DeliveryStore } from '../queue/index.ts';
import type { ApprovalStore } from './approval-store.ts';
import { toResponse } from './compose-breadcrumbs.ts';
import type { Run, RunEnd, RunFailure, Situation } from './contract.ts';
import type { ModelGateway } from './models/index.ts';
import { AGENT_CHORES_QUEUE, runPrincipal, type TraceChore } from './register-agents.ts';
import type { RunStore } from './store.ts';

export interface RunEnderPorts {
  readonly runs: RunStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly deliveries: DeliveryStore;
  readonly approvals: ApprovalStore;
  readonly models: ModelGateway;
}

/**
 * Ends runs: the answer, the end of the run, the answer to whoever asked for it, and the order to write its trace, all in
 * one transaction.
 */
export class RunEnder {
  readonly #ports: RunEnderPorts;

  constructor(ports: RunEnderPorts) {
    this.#ports = ports;
  }

  /** @throws Error when the run had ended before */
  async end(situation: Situation, end: RunEnd, tx: Handle): Promise<void> {
    const { run, definition } = situation;
    const response = end.state === 'handed_over' ? null : await this.#respond(situation, end, tx);
    await this.#finish(run, tx, {
      state: end.state === 'handed_over' ? 'completed' : end.state,
      response_id: response?.id ?? null,
      failure: 'failure' in end ? end.failure : null,
      agent_name: definition.agent_id,
      definition_version: situation.definition_version,
    });
    if (!run.request_id || end.state === 'handed_over') return;
    const is_error = end.state !== 'completed';
    const output = end.state === 'completed' && end.data !== undefined ? end.data : response?.text;
    await this.#answerParent(run, { breadcrumb_id: response?.id ?? null, output, is_error }, tx);
  }

  /** Ends a run of which nothing is told: there is nobody to tell, or it has been told already. */
  async endUntold(
    run: Run,
    state: 'failed' | 'stopped',
    failure: RunFailure,
    tx: Handle,
    agent_name?: string,
  ): Promise<void> {
    await this.#finish(run, tx, { state, response_id: null, failure, agent_name });
    if (run.request_id)
      await this.#answerParent(
        run,
        { breadcrumb_id: null, output: failure.message, is_error: true },
        tx,
      );
  }

  async #respond(
    situation: Situation,
    end: Exclude<RunEnd, { state: 'handed_over' }>,
    tx: Handle,
  ): Promise<{ id: string; text: string } | null> {
    const { run, definition } = situation;
    const model = definition.model ?? this.#ports.models.default_model;
    const principal = runPrincipal(run);
    const response = toResponse(situation, end, model);
    const [created] = await this.#ports.breadcrumbs.createIn(tx, principal, [response]);
    const { content } = response.context as { content: string };
    return created ? { id: created.id, text: content } : null;
  }

  async #finish(run: Run, tx: Handle, end: Parameters<RunStore['finish']>[1]): Promise<void> {
    const asked_for_it = await this.#ports.approvals.withdraw(run.id, tx);
    await this.#ports.deliveries.wake(asked_for_it, tx);
    const is_first = await this.#ports.runs.finish(run.id, end, tx);
    if (!is_first) throw new Error(`run ${run.id} had ended before`);
    const payload: TraceChore = { kind: 'trace', run_id: run.id };
    const trace = { queue: AGENT_CHORES_QUEUE, owner_id: run.owner_id, payload, max_attempts: 20 };
    await this.#ports.deliveries.enqueue([{ ...trace, dedupe_key: `trace:${run.id}` }], tx);
  }

  async #answerParent(
    run: Run,
    answer: { breadcrumb_id: string | null; output: unknown; is_error: boolean },
    tx: Handle,
  ): Promise<void> {
    const { owner_id, request_id } = run;
    if (!request_id) return;
    const waiting = await this.#ports.runs.answer(
      { ...answer, owner_id, request_id, kind: 'ask', from: null },
      tx,
    );
    if (waiting) await this.#ports.deliveries.wake([waiting], tx);
  }
}
