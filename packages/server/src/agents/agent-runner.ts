import type { AgentDefinition } from '@cairn/protocol';
import { newId, type Clock, type Log } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Handle } from '../db/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type { Delivery, DeliveryHandler, Outcome } from '../queue/index.ts';
import type { ToolDefinitions } from '../tools/index.ts';
import { assembleMessages } from './assemble-conversation.ts';
import { toRequest, toResponse } from './compose-breadcrumbs.ts';
import type { Run, RunFailure, Situation } from './contract.ts';
import { SituationReader } from './load-situation.ts';
import { storableAnswer, whyNotStorableCall } from './make-storable.ts';
import {
  ModelError,
  type ModelAnswer,
  type ModelGateway,
  type ModelTool,
  type ToolCall,
} from './models/index.ts';
import { agentPrincipal, type RunPayload } from './register-agents.ts';
import type { NewToolCall, RunStore } from './store.ts';
import { RunBroadcast } from './stream-text.ts';

/** Model calls of one run. A run that has not found its answer by then is going round in circles. */
const STEPS_MAX = 16;
const CALLS_PER_STEP_MAX = 16;

export interface AgentRunnerPorts {
  readonly runs: RunStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly tools: ToolDefinitions;
  readonly models: ModelGateway;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a tool may take to answer, waiting in its queue included. */
  readonly tool_timeout_ms: number;
}

/**
 * Carries runs forward, one model call at a time. Every step is recorded together with what follows from it (tool
 * requests, or the answer), so whoever takes over a run goes on from its last record and repeats nothing before it.
 * While its tools work, a run is suspended and holds no worker.
 */
export class AgentRunner implements DeliveryHandler {
  readonly #ports: AgentRunnerPorts;
  readonly #reader: SituationReader;

  constructor(ports: AgentRunnerPorts) {
    this.#ports = ports;
    this.#reader = new SituationReader(ports);
  }

  async handle(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const { runs } = this.#ports;
    await turnOfEventLoop();
    const run = await runs.ensure(toRun(delivery));
    if (run.state !== 'running') return { type: 'done' };
    const seconds = Math.round(this.#ports.tool_timeout_ms / 1000);
    const left_ms = await runs.expire(run.id, `the tool did not answer within ${seconds} s`);
    if (left_ms !== null) return { type: 'suspend', for_ms: left_ms };
    const { situation, failure } = await this.#reader.load(run);
    if (!situation) {
      return {
        type: 'done',
        commit: async (tx) => void (await runs.finish(run.id, null, failure, tx)),
      };
    }
    if (failure) return this.#fail(situation, failure);
    if (situation.steps.length >= STEPS_MAX) return this.#fail(situation, TOO_MANY_STEPS);
    return this.#step(situation, signal);
  }

  /** A run that no worker could carry to its end is answered too. What went wrong is for the log, not for the user. */
  async bury(tx: Handle, delivery: Delivery): Promise<void> {
    const run = await this.#ports.runs.ensure(toRun(delivery), tx);
    if (run.state !== 'running') return;
    const { situation, failure } = await this.#reader.load(run, tx);
    if (situation) await this.#finish(situation, failure ?? WORN_OUT, null, tx);
    else await this.#ports.runs.finish(run.id, null, failure, tx);
  }

  buried(): void {
    this.#ports.breadcrumbs.announce();
  }

  async #step(situation: Situation, signal: AbortSignal): Promise<Outcome> {
    const { definition } = situation;
    const [tools, history] = await Promise.all([
      this.#offeredTools(situation),
      this.#reader.history(situation),
    ]);
    const { system_prompt } = definition;
    const messages = assembleMessages({ ...situation, system_prompt, history });
    const broadcast = this.#broadcast(situation);
    broadcast.status('thinking');
    try {
      const said = await this.#ports.models.call({
        model: this.#modelOf(definition),
        messages,
        tools,
        ...(definition.temperature === undefined ? {} : { temperature: definition.temperature }),
        ...(definition.max_tokens === undefined ? {} : { max_tokens: definition.max_tokens }),
        signal,
        on_text: (text) => broadcast.write(text),
      });
      const answer = storableAnswer(said);
      return answer.tool_calls.length > 0
        ? this.#askTools(situation, answer, tools, broadcast)
        : this.#complete(situation, answer, broadcast);
    } catch (error) {
      // A stop of the worker is not the run's failure: another worker takes it up.
      if (!(error instanceof ModelError) || error.error_class === 'cancelled') throw error;
      return this.#fail(situation, { error_class: error.error_class, message: error.message });
    } finally {
      broadcast.flush();
    }
  }

  #broadcast({ run, trigger }: Situation): RunBroadcast {
    return new RunBroadcast(this.#ports.bus, this.#ports.clock, run, trigger);
  }

  #modelOf(definition: AgentDefinition): string {
    return definition.model ?? this.#ports.models.default_model;
  }

  async #offeredTools({ run, definition }: Situation): Promise<ModelTool[]> {
    const tools = await this.#ports.tools.list(agentPrincipal(run.owner_id, run.agent_id));
    return tools
      .filter(
        (tool) => definition.tools === undefined || definition.tools.includes(tool.definition.name),
      )
      .map(({ definition: { name, description, definition: schemas } }) => {
        return { name, description, input_schema: schemas.inputSchema };
      });
  }

  /** Records the step with the requests that it means, and rests until they are answered. */
  #askTools(
    situation: Situation,
    answer: ModelAnswer,
    tools: readonly ModelTool[],
    broadcast: RunBroadcast,
  ): Outcome {
    const { run, trigger } = situation;
    const seq = situation.steps.length;
    const wanted = answer.tool_calls;
    const drafts = wanted.map((call, place) => this.#draftCall(call, { seq, place }, tools));
    const asked = drafts.filter(({ is_error }) => is_error === null);
    broadcast.status('waiting_for_tools', [...new Set(asked.map(({ tool }) => tool))].join(', '));
    return {
      type: 'suspend',
      // With nothing to wait for, the model is told at once what was wrong.
      for_ms: asked.length > 0 ? this.#ports.tool_timeout_ms : 0,
      commit: async (tx) => {
        const principal = agentPrincipal(run.owner_id, run.agent_id);
        const requests = asked.map((draft) =>
          toRequest(draft, wanted[draft.place]?.input, situation),
        );
        const created = await this.#ports.breadcrumbs.createIn(tx, principal, requests);
        const ids = new Map(
          asked.map(({ request_id }, index) => [request_id, created[index]?.id ?? null]),
        );
        await this.#ports.runs.addStep(run.id, seq, answer, tx);
        const calls = drafts.map((draft) => ({
          ...draft,
          request_breadcrumb_id: ids.get(draft.request_id) ?? null,
        }));
        await this.#ports.runs.addToolCalls(run, calls, tx);
      },
      committed: () => {
        this.#ports.log.debug(
          { run: run.id, trigger: trigger.id, tools: asked.map(({ tool }) => tool) },
          'tools asked',
        );
        this.#ports.breadcrumbs.announce();
      },
    };
  }

  /** A call that cannot be made is answered on the spot, in words that help the model to do better. */
  #draftCall(
    call: ToolCall,
    at: { seq: number; place: number },
    tools: readonly ModelTool[],
  ): NewToolCall {
    const refusal = whyRefused(call, at.place, tools);
    return {
      request_id: newId(),
      step_seq: at.seq,
      place: at.place,
      call_id: call.id,
      tool: call.name,
      request_breadcrumb_id: null,
      output: refusal,
      is_error: refusal === null ? null : true,
      timeout_ms: this.#ports.tool_timeout_ms,
    };
  }

  #complete(situation: Situation, answer: ModelAnswer, broadcast: RunBroadcast): Outcome {
    return {
      type: 'done',
      commit: async (tx) => {
        await this.#ports.runs.addStep(situation.run.id, situation.steps.length, answer, tx);
        const failure = answer.text.trim() === '' ? whySilent(answer) : null;
        await this.#finish(situation, failure, answer, tx);
      },
      committed: () => {
        broadcast.status('done');
        this.#ports.breadcrumbs.announce();
      },
    };
  }

  #fail(situation: Situation, failure: RunFailure): Outcome {
    this.#ports.log.warn({ run: situation.run.id, ...failure }, 'a run failed');
    return {
      type: 'done',
      commit: (tx) => this.#finish(situation, failure, null, tx),
      committed: () => {
        this.#broadcast(situation).status('failed', failure.message);
        this.#ports.breadcrumbs.announce();
      },
    };
  }

  async #finish(
    situation: Situation,
    failure: RunFailure | null,
    answer: ModelAnswer | null,
    tx: Handle,
  ): Promise<void> {
    const { run } = situation;
    const response = toResponse(situation, failure, answer, this.#modelOf(situation.definition));
    const [created] = await this.#ports.breadcrumbs.createIn(
      tx,
      agentPrincipal(run.owner_id, run.agent_id),
      [response],
    );
    const is_first = await this.#ports.runs.finish(run.id, created?.id ?? null, failure, tx);
    if (!is_first) throw new Error(`run ${run.id} had ended before`);
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

/** Why a call is not passed on to a tool, or null. */
function whyRefused(call: ToolCall, place: number, tools: readonly ModelTool[]): string | null {
  if (place >= CALLS_PER_STEP_MAX)
    return `at most ${CALLS_PER_STEP_MAX} tools are run at once; ask for this one again`;
  if (!tools.some(({ name }) => name === call.name)) {
    const names = tools.map(({ name }) => name).join(', ') || 'none';
    return `there is no tool named ${call.name}; the tools are: ${names}`;
  }
  return whyNotStorableCall(call);
}

function whySilent({ finish_reason }: ModelAnswer): RunFailure {
  const reasons: Partial<Record<ModelAnswer['finish_reason'], string>> = {
    length: 'the model used up its tokens before it said anything',
    content_filter: 'the provider held the answer back',
  };
  const message = reasons[finish_reason] ?? 'the model gave an empty answer';
  return { error_class: 'malformed_answer', message };
}

const WORN_OUT: RunFailure = {
  error_class: 'internal',
  message: 'the server failed at it several times; its log says why',
};

const TOO_MANY_STEPS: RunFailure = {
  error_class: 'too_many_steps',
  message: `it was stopped after ${STEPS_MAX} model calls without an answer`,
};

function toRun({ id, owner_id, payload }: Delivery): Omit<Run, 'id' | 'state'> {
  const { agent_id, trigger_id, trigger_version, conversation_id } = payload as RunPayload;
  return { owner_id, agent_id, delivery_id: id, trigger_id, trigger_version, conversation_id };
}
