import type { Clock, Log } from '../base/index.ts';
import type { Breadcrumbs, Search } from '../breadcrumbs/index.ts';
import type { Bus } from '../bus/index.ts';
import { TOPICS } from '../events/index.ts';
import type { Handle } from '../db/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type { Delivery, DeliveryHandler, DeliveryStore, Outcome } from '../queue/index.ts';
import type { ToolDefinitions } from '../tools/index.ts';
import type { ApprovalStore } from './approval-store.ts';
import { ToolAsker } from './ask-tools.ts';
import { ContextBuilder } from './context/context-builder.ts';
import type { ContextStore } from './context/context-store.ts';
import type { NewRun, Run, RunEnd, RunFailure, RunState, Situation } from './contract.ts';
import type { DefinitionStore } from './definition-store.ts';
import { RunEnder } from './end-run.ts';
import type { LiveTraces } from './live-traces.ts';
import { SituationReader } from './load-situation.ts';
import type { ModelGateway } from './models/index.ts';
import type { Price } from './price-answer.ts';
import { AGENT_CHORES_QUEUE, AGENTS_QUEUE, type RunPayload } from './register-agents.ts';
import { RunBrakes } from './run-brakes.ts';
import type { RunStops } from './run-stops.ts';
import { SettleApprovals } from './settle-approvals.ts';
import type { StopStore } from './stop-store.ts';
import type { RunStore } from './store.ts';
import { RunBroadcast } from './stream-text.ts';
import { StepTaker, type Commit } from './take-step.ts';

export interface AgentRunnerPorts {
  readonly runs: RunStore;
  readonly approvals: ApprovalStore;
  readonly definitions: DefinitionStore;
  readonly stops: StopStore;
  readonly run_stops: RunStops;
  readonly deliveries: DeliveryStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly tools: ToolDefinitions;
  readonly models: ModelGateway;
  readonly contexts: ContextStore;
  readonly search: Search;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a tool may take to answer, waiting in its queue included. */
  readonly tool_timeout_ms: number;
  /** Of more tools than this, an agent is offered some, and a search for the others. */
  readonly offered_max: number;
  /** Where a provider does not tell what a call cost. */
  readonly prices: readonly Price[];
  /** Is told of runs that go on. */
  readonly live: LiveTraces;
  readonly observe?: AgentObserver;
}

/** Is told of what is worth counting. */
export interface AgentObserver {
  /** An event that an agent was to act on has been dealt with: answered, failed or dropped. */
  event_processed(): void;
  /** A call of a model, with how it ended: `success`, or the class of its error. */
  model_called(status: string, ms: number): void;
}

/**
 * Carries runs forward, one model call at a time. Every step is recorded together with what follows from it (tool
 * requests, or the answer), so whoever takes over a run goes on from its last record and repeats nothing before it.
 * While its tools work, or a person is asked, a run is suspended and holds no worker.
 */
export class AgentRunner implements DeliveryHandler {
  readonly #ports: AgentRunnerPorts;
  readonly #reader: SituationReader;
  readonly #brakes: RunBrakes;
  readonly #ender: RunEnder;
  readonly #settler: SettleApprovals;
  readonly #steps: StepTaker;

  constructor(ports: AgentRunnerPorts) {
    this.#ports = ports;
    this.#reader = new SituationReader(ports);
    this.#brakes = new RunBrakes({ runs: ports.runs, reader: this.#reader });
    this.#ender = new RunEnder(ports);
    this.#settler = new SettleApprovals(ports);
    this.#steps = new StepTaker({
      ...ports,
      reader: this.#reader,
      contexts: new ContextBuilder(ports, this.#reader),
      asker: new ToolAsker(ports),
      end: (situation, end, around) => this.#end(situation, end, around),
    });
  }

  async handle(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const { runs, live, clock } = this.#ports;
    await turnOfEventLoop();
    // Of a first claim there is no run yet, and nothing that it waits for.
    const is_first = delivery.fence === 1;
    const state = await (is_first ? runs.make(toRun(delivery)) : runs.ensure(toRun(delivery)));
    const { run } = state;
    const started_ms = clock.now() - state.elapsed_ms;
    if (run.state === 'running') live.heard(run, started_ms);
    const outcome = await this.#forward(state, is_first, signal);
    if (outcome.type !== 'done' && outcome.type !== 'suspend') return outcome;
    const committed = () => {
      if (outcome.type === 'done') {
        live.ended(run);
        this.#ports.observe?.event_processed();
      } else live.heard(run, started_ms);
      outcome.committed?.();
    };
    return { ...outcome, committed };
  }

  async #forward(state: RunState, is_first: boolean, signal: AbortSignal): Promise<Outcome> {
    const { runs } = this.#ports;
    const { run } = state;
    if (run.state !== 'running') return { type: 'done' };
    if (state.stop === null && !is_first) {
      const { left_ms, has_approvals } = await runs.expire(run.id);
      const settled = has_approvals ? await this.#settler.settle(state) : null;
      if (settled) return settled;
      if (left_ms !== null) return { type: 'suspend', for_ms: Math.max(0, left_ms) };
    }
    const { situation, failure } = await this.#reader.load(state);
    if (!situation) {
      return {
        type: 'done',
        commit: (tx) => this.#ender.endUntold(run, 'failed', failure, tx),
        committed: () => this.#told(run),
      };
    }
    if (failure) return this.#end(situation, { state: 'failed', failure, answer: null });
    const brakes = await this.#brakes.check(situation, state);
    if (brakes.stop === null)
      return this.#steps.take(brakes.situation, { ...brakes, state }, signal);
    const { stop } = brakes;
    if (!brakes.is_silent) return this.#end(situation, { state: 'stopped', failure: stop });
    return {
      type: 'done',
      commit: (tx) =>
        this.#ender.endUntold(run, 'stopped', stop, tx, situation.definition.agent_id),
      committed: () => this.#told(run),
    };
  }

  /** A run that no worker could carry to its end is answered too. What went wrong is for the log, not for the user. */
  async bury(tx: Handle, delivery: Delivery): Promise<void> {
    const state = await this.#ports.runs.ensure(toRun(delivery), tx);
    if (state.run.state !== 'running') return;
    const { situation, failure } = await this.#reader.load(state, tx);
    if (situation) {
      const end: RunEnd = { state: 'failed', failure: failure ?? WORN_OUT, answer: null };
      await this.#ender.end(situation, end, tx);
    } else await this.#ender.endUntold(state.run, 'failed', failure, tx);
  }

  buried(): void {
    this.#ports.observe?.event_processed();
    this.#ports.breadcrumbs.announce();
  }

  #end(
    situation: Situation,
    end: RunEnd,
    around?: { readonly before: Commit; readonly after: Commit },
  ): Outcome {
    const { run, trigger } = situation;
    if ('failure' in end)
      this.#ports.log.warn({ run: run.id, ...end.failure }, `a run ${end.state}`);
    return {
      type: 'done',
      commit: async (tx) => {
        await around?.before(tx);
        await this.#ender.end(situation, end, tx);
        await around?.after(tx);
      },
      committed: () => {
        const { bus, clock } = this.#ports;
        const broadcast = new RunBroadcast(bus, clock, run, trigger);
        if ('failure' in end) broadcast.status(end.state, end.failure.message);
        else
          broadcast.status('done', end.state === 'handed_over' ? `handed over to ${end.to}` : null);
        this.#told(run, end.state === 'handed_over');
      },
    };
  }

  /** `is_work` says that there is work for agents besides that of whoever asked for this run. */
  #told(run: Run, is_work = false): void {
    this.#ports.breadcrumbs.announce();
    // The end of a run has left the order to write its trace.
    const queues = [AGENT_CHORES_QUEUE];
    if (is_work || run.request_id !== null) queues.push(AGENTS_QUEUE);
    // They are hints: workers look by themselves.
    for (const queue of queues) this.#ports.bus.publish(TOPICS.queues, queue).catch(() => {});
  }
}

/**
 * Lets requests, timers and signals have their turn. On the embedded database nothing else does: its queries wait for no
 * socket, so agents that keep each other busy would hold the process until it is killed.
 */
function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

const WORN_OUT: RunFailure = {
  error_class: 'internal',
  message: 'the server failed at it several times; its log says why',
};

/** The run that a delivery is for. */
export function toRun({ id, owner_id, payload, created_at }: Delivery): NewRun {
  const run = payload as RunPayload;
  const { agent_id, trigger_id, trigger_version, conversation_id } = run;
  const unknown = { author: null, at: created_at, run_id: null, tool_request_id: null };
  return {
    owner_id,
    agent_id,
    delivery_id: id,
    trigger_id,
    trigger_version,
    conversation_id,
    origin: run.origin ?? unknown,
  };
}
