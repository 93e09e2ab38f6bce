import {
  AgentDefinition,
  requestTag,
  SCHEMAS,
  sessionTag,
  TAGS,
  type AgentResponse,
  type BreadcrumbCreate,
  type BreadcrumbFull,
} from '@cairn/protocol';
import { Value } from 'typebox/value';
import { AppError, newId, type Clock, type Log } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Handle } from '../db/index.ts';
import type { Delivery, DeliveryHandler, Outcome } from '../queue/index.ts';
import type { ToolDefinitions } from '../tools/index.ts';
import { assembleMessages, HISTORY_MAX } from './assemble-conversation.ts';
import type { Run, RunFailure, Step, ToolCallRecord } from './contract.ts';
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
  readonly tools: ToolDefinitions;
  readonly models: ModelGateway;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a tool may take to answer, waiting in its queue included. */
  readonly tool_timeout_ms: number;
}

/** A run with all that its next step needs. */
interface Situation {
  readonly run: Run;
  readonly definition: AgentDefinition;
  readonly trigger: BreadcrumbFull;
  readonly steps: readonly Step[];
  readonly calls: readonly ToolCallRecord[];
}

/**
 * Carries runs forward, one model call at a time. Every step is recorded together with what follows from it (tool
 * requests, or the answer), so whoever takes over a run goes on from its last record and repeats nothing before it.
 * While its tools work, a run is suspended and holds no worker.
 */
export class AgentRunner implements DeliveryHandler {
  readonly #ports: AgentRunnerPorts;

  constructor(ports: AgentRunnerPorts) {
    this.#ports = ports;
  }

  async handle(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const { runs } = this.#ports;
    const run = await runs.ensure(toRun(delivery));
    if (run.state !== 'running') return { type: 'done' };
    const seconds = Math.round(this.#ports.tool_timeout_ms / 1000);
    const left_ms = await runs.expire(run.id, `the tool did not answer within ${seconds} s`);
    if (left_ms !== null) return { type: 'suspend', for_ms: left_ms };
    const situation = await this.#load(run);
    if (!situation)
      return {
        type: 'done',
        commit: async (tx) => void (await runs.finish(run.id, null, GONE, tx)),
      };
    if (situation.steps.length >= STEPS_MAX) return this.#fail(situation, TOO_MANY_STEPS);
    return this.#step(situation, signal);
  }

  /** A run that no worker could carry to its end is answered with the reason. */
  async bury(tx: Handle, delivery: Delivery, reason: string): Promise<void> {
    const run = await this.#ports.runs.ensure(toRun(delivery), tx);
    if (run.state !== 'running') return;
    const situation = await this.#load(run, tx);
    if (situation)
      await this.#finish(situation, { error_class: 'internal', message: reason }, null, tx);
    else await this.#ports.runs.finish(run.id, null, GONE, tx);
  }

  buried(): void {
    this.#ports.breadcrumbs.announce();
  }

  /** Null when the message or the agent was deleted, or is no longer what it was. */
  async #load(run: Run, tx?: Handle): Promise<Situation | null> {
    const { breadcrumbs, runs } = this.#ports;
    const find = (id: string, as_curator: boolean) => {
      const principal = agentPrincipal(run.owner_id, run.agent_id);
      const reader = as_curator ? { ...principal, roles: ['curator' as const] } : principal;
      return breadcrumbs.getFull(reader, id, tx).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'not_found') return null;
        throw error;
      });
    };
    // One after the other: inside a transaction there is one connection.
    const definition = await find(run.agent_id, true);
    const trigger = await find(run.trigger_id, false);
    if (!trigger || definition?.schema_name !== SCHEMAS.agent_definition) return null;
    if (!Value.Check(AgentDefinition, definition.context)) return null;
    const steps = await runs.steps(run.id, tx);
    const calls = await runs.toolCalls(run.id, tx);
    return { run, definition: definition.context, trigger, steps, calls };
  }

  async #step(situation: Situation, signal: AbortSignal): Promise<Outcome> {
    const { run, definition } = situation;
    const tools = await this.#offeredTools(situation);
    const broadcast = new RunBroadcast(this.#ports.bus, this.#ports.clock, run);
    const is_public =
      situation.trigger.visibility !== 'private' && situation.trigger.sensitivity !== 'secret';
    broadcast.status('thinking');
    try {
      const answer = await this.#ports.models.call({
        model: this.#modelOf(definition),
        messages: assembleMessages({
          ...situation,
          system_prompt: definition.system_prompt,
          history: await this.#history(run),
        }),
        tools,
        ...(definition.temperature === undefined ? {} : { temperature: definition.temperature }),
        ...(definition.max_tokens === undefined ? {} : { max_tokens: definition.max_tokens }),
        signal,
        // Streams carry text to the whole tenant, so what is private waits for its breadcrumb.
        ...(is_public ? { on_text: (text: string) => broadcast.write(text) } : {}),
      });
      broadcast.flush();
      return answer.tool_calls.length > 0
        ? this.#askTools(situation, answer, tools, broadcast)
        : this.#complete(situation, answer, broadcast);
    } catch (error) {
      // A stop of the worker is not the run's failure: another worker takes it up.
      if (!(error instanceof ModelError) || error.error_class === 'cancelled') throw error;
      return this.#fail(situation, { error_class: error.error_class, message: error.message });
    }
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

  #history(run: Run) {
    return this.#ports.breadcrumbs.listWithContext(agentPrincipal(run.owner_id, run.agent_id), {
      conversation_id: run.conversation_id,
      schema_names: [SCHEMAS.user_message, SCHEMAS.agent_response],
      limit: HISTORY_MAX,
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
    const wanted = answer.tool_calls.slice(0, CALLS_PER_STEP_MAX);
    const recorded: ModelAnswer = { ...answer, tool_calls: wanted };
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
        await this.#ports.runs.addStep(run.id, seq, recorded, tx);
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

  /** A call of a tool that was not offered is answered on the spot, in words that help the model to do better. */
  #draftCall(
    call: ToolCall,
    at: { seq: number; place: number },
    tools: readonly ModelTool[],
  ): NewToolCall {
    const is_offered = tools.some(({ name }) => name === call.name);
    const names = tools.map(({ name }) => name).join(', ') || 'none';
    return {
      request_id: newId(),
      step_seq: at.seq,
      place: at.place,
      call_id: call.id,
      tool: call.name.slice(0, 200),
      request_breadcrumb_id: null,
      output: is_offered
        ? null
        : `there is no tool named ${call.name.slice(0, 200)}; the tools are: ${names}`,
      is_error: is_offered ? null : true,
      timeout_ms: this.#ports.tool_timeout_ms,
    };
  }

  #complete(situation: Situation, answer: ModelAnswer, broadcast: RunBroadcast): Outcome {
    return {
      type: 'done',
      commit: async (tx) => {
        await this.#ports.runs.addStep(situation.run.id, situation.steps.length, answer, tx);
        const failure = answer.text.trim() === '' ? EMPTY_ANSWER : null;
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
        new RunBroadcast(this.#ports.bus, this.#ports.clock, situation.run).status(
          'failed',
          failure.message,
        );
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

const GONE: RunFailure = { error_class: 'gone', message: 'the message or the agent was deleted' };
const EMPTY_ANSWER: RunFailure = {
  error_class: 'malformed_answer',
  message: 'the model gave an empty answer',
};
const TOO_MANY_STEPS: RunFailure = {
  error_class: 'too_many_steps',
  message: `it was stopped after ${STEPS_MAX} model calls without an answer`,
};

function toRun({ id, owner_id, payload }: Delivery): Omit<Run, 'id' | 'state'> {
  const { agent_id, trigger_id, trigger_version, conversation_id } = payload as RunPayload;
  return { owner_id, agent_id, delivery_id: id, trigger_id, trigger_version, conversation_id };
}

function toRequest(
  call: NewToolCall,
  input: unknown,
  { run, trigger, definition }: Situation,
): BreadcrumbCreate {
  return {
    title: `${call.tool} for ${definition.agent_id}`.slice(0, 255),
    schema_name: SCHEMAS.tool_request,
    tags: [
      TAGS.tool_request,
      TAGS.tools_workspace,
      `agent:${definition.agent_id}`,
      requestTag(call.request_id),
      sessionTag(run.conversation_id),
    ],
    context: {
      tool: call.tool,
      input,
      requestId: call.request_id,
      requestedBy: run.agent_id,
      run_id: run.id,
      caused_by: { trigger_id: trigger.id },
    },
    visibility: trigger.visibility,
    sensitivity: trigger.sensitivity,
  };
}

function toResponse(
  { run, trigger, definition, steps, calls }: Situation,
  failure: RunFailure | null,
  answer: ModelAnswer | null,
  model: string,
): BreadcrumbCreate {
  const said = [...steps.map((step) => step.answer), ...(answer ? [answer] : [])];
  const text = failure ? `I could not answer: ${failure.message}.` : (answer?.text ?? '');
  const context: AgentResponse = {
    content: text,
    message: text,
    conversation_id: run.conversation_id,
    agent_id: run.agent_id,
    run_id: run.id,
    status: failure ? 'failed' : 'completed',
    error: failure && { class: failure.error_class, message: failure.message },
    model: answer?.model ?? said.at(-1)?.model ?? model,
    usage: {
      input_tokens: sum(said.map(({ usage }) => usage.input_tokens)),
      output_tokens: sum(said.map(({ usage }) => usage.output_tokens)),
    },
    caused_by: {
      trigger_id: trigger.id,
      trigger_version: run.trigger_version,
      tool_request_ids: calls.flatMap(({ request_breadcrumb_id }) => request_breadcrumb_id ?? []),
      tool_response_ids: calls.flatMap(
        ({ response_breadcrumb_id }) => response_breadcrumb_id ?? [],
      ),
    },
  };
  return {
    title: firstWords(text) || `Answer of ${definition.agent_id}`,
    schema_name: SCHEMAS.agent_response,
    tags: [
      TAGS.agent_response,
      `agent:${definition.agent_id}`,
      sessionTag(run.conversation_id),
      ...copiedTags(trigger.tags),
    ],
    context,
    visibility: trigger.visibility,
    sensitivity: trigger.sensitivity,
  };
}

/** Clients filter answers by the tags that they put on their messages, such as `extension:chat`. */
function copiedTags(tags: readonly string[]): string[] {
  return tags.filter((tag) => tag.startsWith('extension:')).slice(0, 20);
}

/** Absent is absent: a provider that counts no tokens does not make it zero. */
function sum(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((total, count) => total + count, 0);
}

function firstWords(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 100 ? line : `${[...line].slice(0, 99).join('')}…`;
}
