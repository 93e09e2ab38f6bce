import type { AgentDefinition } from '@cairn/protocol';
import type { Clock } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Handle } from '../db/index.ts';
import type { DeliveryStore, Outcome } from '../queue/index.ts';
import type { ToolDefinitions } from '../tools/index.ts';
import type { AgentObserver } from './agent-runner.ts';
import { originIn, type ToolAsker, type WantingStep } from './ask-tools.ts';
import { assembleMessages } from './assemble-conversation.ts';
import { compileOutputSchema } from './check-output.ts';
import type { ContextBuilder } from './context/context-builder.ts';
import type { Limits, RunEnd, RunFailure, RunState, Situation } from './contract.ts';
import { whyNoTools } from './limit-run.ts';
import type { SituationReader } from './load-situation.ts';
import { storableAnswer } from './make-storable.ts';
import { ModelError, type ModelAnswer, type ModelCall, type ModelGateway } from './models/index.ts';
import { offerTools } from './offer-tools.ts';
import { costOf, withCost, type Price } from './price-answer.ts';
import { agentPrincipal, AGENTS_QUEUE, runDelivery, type RunPayload } from './register-agents.ts';
import { STOPPED } from './run-brakes.ts';
import type { RunStops } from './run-stops.ts';
import type { StopStore } from './stop-store.ts';
import type { RunStore } from './store.ts';
import { RunBroadcast } from './stream-text.ts';

/** So often an answer that does not fit its schema is asked for again. */
const MISFITS_MAX = 2;

export interface StepTakerPorts {
  readonly runs: RunStore;
  readonly deliveries: DeliveryStore;
  readonly tools: ToolDefinitions;
  readonly models: ModelGateway;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly stops: StopStore;
  readonly run_stops: RunStops;
  /** Where a provider does not tell what a call cost. */
  readonly prices: readonly Price[];
  readonly observe?: AgentObserver;
  readonly reader: SituationReader;
  readonly contexts: ContextBuilder;
  readonly asker: ToolAsker;
  /** Of more tools than this, an agent is offered some, and a search for the others. */
  readonly offered_max: number;
  /** How long a tool may take that states no limit of its own. */
  readonly tool_timeout_ms: number;
  /** Ends the run, with what is to be written before and after that. */
  end(situation: Situation, end: RunEnd, around?: { before: Commit; after: Commit }): Outcome;
}

/** Writes inside the transaction that records a step. */
export type Commit = (tx: Handle) => Promise<void>;

/** What a step is taken under. */
export interface StepSetting {
  readonly state: RunState;
  readonly own: Limits;
  readonly root: Limits;
}

/** A step that the model has taken. */
interface Taken extends WantingStep {
  readonly setting: StepSetting;
  readonly broadcast: RunBroadcast;
}

/** Takes one step of a run: one model call, and what follows from its answer. */
export class StepTaker {
  readonly #ports: StepTakerPorts;

  constructor(ports: StepTakerPorts) {
    this.#ports = ports;
  }

  async take(situation: Situation, setting: StepSetting, signal: AbortSignal): Promise<Outcome> {
    const { run, definition, trigger } = situation;
    const { bus, clock, contexts, reader, run_stops } = this.#ports;
    const principal = agentPrincipal(run.owner_id, run.agent_id);
    const { calls } = situation;
    const [{ offered: tools, all }, history, context] = await Promise.all([
      offerTools(definition, this.#ports.tools, principal, { ...this.#ports, calls }),
      reader.history(situation),
      contexts.assembleContext(situation),
    ]);
    const messages = assembleMessages({
      ...situation,
      system_prompt: promptOf(definition),
      history,
      context,
    });
    const broadcast = new RunBroadcast(bus, clock, run, trigger, setting.state.deltas);
    broadcast.status('thinking');
    const model = definition.model ?? this.#ports.models.default_model;
    const watch = run_stops.watch(run.delivery_id);
    const started = clock.now();
    let written = '';
    try {
      const said = await this.#callModel({
        model,
        messages,
        tools: tools.map(({ name, description, input_schema }) => {
          return { name, description, input_schema };
        }),
        ...(definition.temperature === undefined ? {} : { temperature: definition.temperature }),
        ...(definition.max_tokens === undefined ? {} : { max_tokens: definition.max_tokens }),
        signal: AbortSignal.any([signal, watch.signal]),
        on_text: (text) => {
          written += text;
          broadcast.write(text);
        },
        on_reasoning: (text) => broadcast.write(text, 'reasoning'),
      });
      const { prices } = this.#ports;
      const answer = withCost(storableAnswer(said), { model, at_ms: started, prices });
      const latency_ms = clock.now() - started;
      const facts = () => ({ latency_ms, cost_usd: answer.usage.cost_usd, deltas: broadcast.told });
      const left_ms = setting.own.wall_time_s * 1_000 - setting.state.elapsed_ms - latency_ms;
      const taken = {
        answer,
        facts,
        tools,
        all,
        left_ms: Math.max(0, left_ms),
        setting,
        broadcast,
      };
      if (answer.tool_calls.length > 0) return await this.#wants(situation, taken);
      return this.#answers(situation, taken);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      if (error.error_class !== 'cancelled')
        return this.#ports.end(situation, {
          state: 'failed',
          failure: toFailure(error),
          answer: null,
        });
      // A stop of the worker is not the run's failure: another worker takes it up.
      if (signal.aborted || !watch.signal.aborted) throw error;
      const reason = await this.#ports.stops.reasonOf(run.delivery_id);
      if (reason === null) throw error;
      const end = { state: 'stopped', failure: STOPPED[reason], text: written } as const;
      return this.#ports.end(situation, end);
    } finally {
      watch.done();
      broadcast.flush();
    }
  }

  async #callModel(call: ModelCall): Promise<ModelAnswer> {
    const { models, clock, observe } = this.#ports;
    const started = clock.now();
    let status = 'error';
    try {
      const answer = await models.call(call);
      status = 'success';
      return answer;
    } catch (error) {
      if (error instanceof ModelError) status = error.error_class;
      throw error;
    } finally {
      observe?.model_called(status, clock.now() - started);
    }
  }

  async #wants(situation: Situation, taken: Taken): Promise<Outcome> {
    const { answer, setting, tools, broadcast } = taken;
    const ask = answer.tool_calls.find(
      ({ name }) => tools.find((tool) => tool.name === name)?.kind === 'hand_over',
    );
    if (ask) {
      const allowed = situation.definition.agents ?? [];
      const { owner_id } = situation.run;
      const found = await this.#ports.asker.findAgent(owner_id, ask.input, allowed);
      if ('id' in found) return this.#handOver(situation, taken, { ...found, input: ask.input });
    }
    const stop = whyNoTools(answer.tool_calls.length, setting.state, setting.own, setting.root);
    if (stop) return this.#endWith(situation, taken, { state: 'stopped', failure: stop });
    return this.#ports.asker.ask(situation, taken, broadcast);
  }

  /** Ends this run; the other agent takes up the same trigger, in the same conversation. */
  #handOver(
    situation: Situation,
    taken: Taken,
    to: { id: string; name: string; input: unknown },
  ): Outcome {
    const { run, definition } = situation;
    const { deliveries } = this.#ports;
    const { trigger_id, trigger_version, conversation_id, request_id } = run;
    const { reason } = (to.input ?? {}) as { reason?: unknown };
    const said = typeof reason === 'string' ? reason.slice(0, 4_000) : '';
    const payload: RunPayload = {
      trigger_id,
      trigger_version,
      conversation_id,
      agent_id: to.id,
      origin: {
        ...originIn(run),
        ...(request_id === null ? {} : { request_id }),
        note: `The agent ${definition.agent_id} handed this message over to you${said === '' ? '' : `: ${said}`}`,
      },
    };
    // The agent may have had this trigger before: each handing over is work of its own.
    const delivery = { ...runDelivery(payload), dedupe_key: `hand_over:${run.id}` };
    const whole = { ...delivery, queue: AGENTS_QUEUE, owner_id: run.owner_id };
    const end = { state: 'handed_over', to: to.name } as const;
    return this.#endWith(situation, taken, end, async (tx) => {
      await deliveries.enqueue([whole], tx);
    });
  }

  #answers(situation: Situation, taken: Taken): Outcome {
    const { answer } = taken;
    if (answer.text.trim() === '') {
      const end = { state: 'failed', failure: whySilent(answer), answer } as const;
      return this.#endWith(situation, taken, end);
    }
    const { output_schema } = situation.definition;
    if (!output_schema) return this.#endWith(situation, taken, { state: 'completed', answer });
    const checked = compileOutputSchema(output_schema)(answer.text);
    if ('data' in checked) {
      const end = { state: 'completed', answer, data: checked.data } as const;
      return this.#endWith(situation, taken, end);
    }
    const misfits = situation.notes.filter(({ kind }) => kind === 'misfit').length;
    if (misfits < MISFITS_MAX) return this.#askAgain(situation, taken, checked.misfit);
    const message = `its answer did not fit its schema, also when it was asked again: ${checked.misfit}`;
    const failure = { error_class: 'malformed_answer', message };
    return this.#endWith(situation, taken, { state: 'failed', failure, answer });
  }

  /** Records the answer that does not fit, with what is wrong with it; the next step tries again. */
  #askAgain(situation: Situation, { answer, facts }: Taken, misfit: string): Outcome {
    const { run, steps } = situation;
    const seq = steps.length;
    const text = `Your answer does not fit the schema: ${misfit.slice(0, 4_000)}. Answer again, with JSON that fits and nothing else.`;
    return {
      type: 'suspend',
      for_ms: 0,
      commit: async (tx) => {
        await this.#ports.runs.addStep(run.id, seq, answer, facts(), tx);
        await this.#ports.runs.addNote(run.id, { after_seq: seq, kind: 'misfit', text }, tx);
      },
    };
  }

  /** Records the step, and ends the run with it. */
  #endWith(
    situation: Situation,
    { answer, facts }: Taken,
    end: RunEnd,
    after: Commit = async () => {},
  ): Outcome {
    const { run, steps } = situation;
    const seq = steps.length;
    const before: Commit = (tx) => this.#ports.runs.addStep(run.id, seq, answer, facts(), tx);
    // What was said in this step is told as the answer, or as part of what there was.
    const step = { seq, answer, cost_usd: costOf(answer) };
    const whole = end.state === 'stopped' ? { ...situation, steps: [...steps, step] } : situation;
    return this.#ports.end(whole, end, { before, after });
  }
}

/** What the model is told it is; with an `output_schema`, also what its answers must look like. */
function promptOf({ system_prompt, output_schema }: AgentDefinition): string {
  if (!output_schema) return system_prompt;
  return `${system_prompt}\n\nAnswer with JSON and nothing else. It must fit this JSON Schema:\n${JSON.stringify(output_schema)}`;
}

function toFailure({ error_class, message }: ModelError): RunFailure {
  return { error_class, message };
}

function whySilent({ finish_reason }: ModelAnswer): RunFailure {
  const reasons: Partial<Record<ModelAnswer['finish_reason'], string>> = {
    length: 'the model used up its tokens before it said anything',
    content_filter: 'the provider held the answer back',
  };
  const message = reasons[finish_reason] ?? 'the model gave an empty answer';
  return { error_class: 'malformed_answer', message };
}
