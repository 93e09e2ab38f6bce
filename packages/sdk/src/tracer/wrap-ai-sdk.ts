import type { StepType } from '@cairn/protocol';
import { TracedRun, type TracedStep } from './traced-run.ts';
import type { Tracer } from './tracer.ts';
import type { StepUsage } from './tracer-types.ts';

/** What the events of the `ai` SDK have in common; the rest of them is content, which is not looked at. */
interface AiEvent {
  readonly callId?: string;
  readonly functionId?: string | undefined;
}

interface AiModelEvent extends AiEvent {
  readonly provider: string;
  readonly modelId: string;
}

interface AiUsage {
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly inputTokenDetails: { readonly cacheReadTokens: number | undefined };
  readonly outputTokenDetails: { readonly reasoningTokens: number | undefined };
}

interface AiModelEndEvent extends AiModelEvent {
  readonly finishReason: string;
  readonly usage: AiUsage;
  readonly performance: {
    readonly responseTimeMs: number;
    readonly timeToFirstOutputMs: number | undefined;
  };
}

interface AiToolEvent extends AiEvent {
  readonly toolCall: { readonly toolCallId: string; readonly toolName: string };
}

interface AiToolEndEvent extends AiToolEvent {
  readonly toolOutput: { readonly type: string; readonly error?: unknown };
}

interface AiEmbedEvent extends AiModelEvent {
  readonly embedCallId: string;
}

/** A telemetry integration of the `ai` SDK, version 7: for `registerTelemetry`, or `telemetry.integrations` of a call. */
export interface AiSdkTelemetry {
  onStart(event: AiEvent): void;
  onLanguageModelCallStart(event: AiModelEvent): void;
  onLanguageModelCallEnd(event: AiModelEndEvent): void;
  onToolExecutionStart(event: AiToolEvent): void;
  onToolExecutionEnd(event: AiToolEndEvent): void;
  onEmbedStart(event: AiEmbedEvent): void;
  onEmbedEnd(event: AiEmbedEvent & { readonly usage: { readonly tokens: number } }): void;
  onRerankStart(event: AiModelEvent): void;
  onRerankEnd(event: AiModelEvent): void;
  onEnd(event: AiEvent): void;
  onAbort(event: AiEvent): void;
  onError(event: unknown): void;
}

/** One call of generateText, streamText, embed, … */
interface OpenCall {
  readonly run: TracedRun;
  readonly function_id: string | undefined;
  readonly steps: Map<string, TracedStep>;
}

/** Streams that nobody reads to their end never say that they are over; beyond so many, the oldest is given up. */
const MAX_OPEN_CALLS = 1_000;

/**
 * Makes steps of what the `ai` SDK does: each model call with its model and token counts, each tool that is run, each
 * embedding and ranking. Prompts, answers, and the inputs and outputs of tools are never looked at.
 *
 * With a run, the steps become part of that run, and a model call that fails marks its step only: the agent may go on.
 * With a tracer, each call of `generateText`, `streamText` and so on becomes a run of its own.
 *
 * @example
 * registerTelemetry(wrapAiSdk(tracer));
 * // or for one call, within a run:
 * await generateText({ model, prompt, telemetry: { integrations: wrapAiSdk(run) } });
 */
export function wrapAiSdk(target: Tracer | TracedRun): AiSdkTelemetry {
  const calls = new OpenCalls(target);
  return {
    onStart: (event) => calls.begin(event),
    onLanguageModelCallStart: (event) => calls.startStep(event, 'model', 'respond', event.modelId),
    onLanguageModelCallEnd(event) {
      const step = calls.takeStep(event, 'model');
      step?.setType(event.finishReason === 'tool-calls' ? 'plan' : 'respond');
      step?.setUsage(usageOf(event));
      const { responseTimeMs, timeToFirstOutputMs } = event.performance;
      step?.addMetadata({
        finish_reason: event.finishReason,
        response_ms: Math.round(responseTimeMs),
        first_output_ms: timeToFirstOutputMs && Math.round(timeToFirstOutputMs),
      });
      step?.end();
    },
    onToolExecutionStart: (event) =>
      calls.startStep(event, `tool ${event.toolCall.toolCallId}`, 'tool', event.toolCall.toolName),
    onToolExecutionEnd(event) {
      const step = calls.takeStep(event, `tool ${event.toolCall.toolCallId}`);
      const { type, error } = event.toolOutput;
      if (type === 'tool-error') step?.addMetadata({ failed: true, error_type: nameOf(error) });
      step?.end();
    },
    onEmbedStart: (event) =>
      calls.startStep(event, `embed ${event.embedCallId}`, 'retrieve', event.modelId),
    onEmbedEnd(event) {
      const step = calls.takeStep(event, `embed ${event.embedCallId}`);
      const { modelId: model, provider, usage } = event;
      step?.setUsage({ model, provider, ...counted('input_tokens', usage.tokens) });
      step?.end();
    },
    onRerankStart: (event) => calls.startStep(event, 'rerank', 'retrieve', event.modelId),
    onRerankEnd(event) {
      const step = calls.takeStep(event, 'rerank');
      step?.setUsage({ model: event.modelId, provider: event.provider });
      step?.end();
    },
    onEnd: (event) => calls.end(event, 'success'),
    onAbort: (event) => calls.end(event, 'partial'),
    onError: (event) => calls.fail(event),
  };
}

/** The calls that are under way, and which run each belongs to. */
class OpenCalls {
  readonly #target: Tracer | TracedRun;
  readonly #calls = new Map<string, OpenCall>();

  constructor(target: Tracer | TracedRun) {
    this.#target = target;
  }

  begin(event: AiEvent): void {
    const { callId } = event;
    if (callId === undefined || this.#calls.has(callId)) return;
    const oldest = this.#calls.keys().next();
    if (this.#calls.size >= MAX_OPEN_CALLS && !oldest.done) {
      this.end({ callId: oldest.value }, 'partial');
    }
    const run = this.#target instanceof TracedRun ? this.#target : this.#target.startRun();
    this.#calls.set(callId, { run, function_id: event.functionId, steps: new Map() });
  }

  startStep(event: AiEvent, key: string, step_type: StepType, name: string): void {
    // Where no start was seen, such as of an integration that was registered late.
    this.begin(event);
    const call = this.#callOf(event);
    if (call === undefined) return;
    closeFailed(call.steps.get(key), undefined);
    const step = call.run.startStep(step_type, name);
    if (call.function_id !== undefined) step.addMetadata({ function_id: call.function_id });
    call.steps.set(key, step);
  }

  takeStep(event: AiEvent, key: string): TracedStep | undefined {
    const steps = this.#callOf(event)?.steps;
    const step = steps?.get(key);
    steps?.delete(key);
    return step;
  }

  end(event: AiEvent, status: 'success' | 'partial'): void {
    const call = this.#remove(event);
    for (const step of call?.steps.values() ?? []) {
      if (status === 'partial') step.addMetadata({ aborted: true });
      step.end();
    }
    if (call !== undefined && call.run !== this.#target) call.run.end(status);
  }

  fail(event: unknown): void {
    if (typeof event !== 'object' || event === null) return;
    const call = this.#remove(event);
    if (call === undefined) return;
    const error = lastOf(Reflect.get(event, 'error'));
    const failed = [...call.steps.values()];
    for (const step of failed) closeFailed(step, error);
    if (call.run === this.#target) return;
    call.run.recordFailure({
      failure_type: 'model',
      failure_code: codeOf(error),
      message: `The model call failed: ${nameOf(error)}`,
      step_id: failed.at(-1)?.step_id ?? null,
    });
    call.run.end();
  }

  #callOf(event: AiEvent): OpenCall | undefined {
    return event.callId === undefined ? undefined : this.#calls.get(event.callId);
  }

  #remove(event: AiEvent): OpenCall | undefined {
    const call = this.#callOf(event);
    if (event.callId !== undefined) this.#calls.delete(event.callId);
    return call;
  }
}

function closeFailed(step: TracedStep | undefined, error: unknown): void {
  const reason =
    error === undefined ? {} : { error_type: nameOf(error), error_code: codeOf(error) };
  step?.addMetadata({ failed: true, ...reason });
  step?.end();
}

function usageOf(event: AiModelEndEvent): StepUsage {
  const { modelId: model, provider, usage } = event;
  return {
    model,
    provider,
    ...counted('input_tokens', usage.inputTokens),
    ...counted('output_tokens', usage.outputTokens),
    ...counted('cached_input_tokens', usage.inputTokenDetails?.cacheReadTokens),
    ...counted('reasoning_tokens', usage.outputTokenDetails?.reasoningTokens),
  };
}

/** A count that was reported; nothing for one that was not. */
function counted(key: keyof StepUsage, value: number | undefined): StepUsage {
  return value === undefined || Number.isNaN(value) ? {} : { [key]: value };
}

/** The error that ended the tries, where several were made. */
function lastOf(error: unknown): unknown {
  return error instanceof Error && 'lastError' in error ? error.lastError : error;
}

/** The name of an error's kind; its message may hold what was asked or answered. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'model_error';
  if ('statusCode' in error && typeof error.statusCode === 'number') {
    return `http_${error.statusCode}`;
  }
  if (error.name === 'TimeoutError') return 'timeout';
  return error.name === 'AbortError' ? 'aborted' : 'model_error';
}
