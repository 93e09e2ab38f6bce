import { NoSuchToolError, streamText, type TextStreamPart, type ToolSet } from 'ai';
import type { Clock } from '../../base/index.ts';
import { classifyError, type ErrorSource } from './classify-error.ts';
import {
  ModelError,
  type FinishReason,
  type ModelAnswer,
  type ModelCall,
  type ToolCall,
} from './contract.ts';
import { callCancelled } from './call-cancelled.ts';
import { toProviderTurn, toSdkConversation, toSdkTools } from './convert-messages.ts';
import type { ModelConfig } from './config.ts';
import type { ModelProvider } from './language-model.ts';
import { readCost } from './read-cost.ts';
import { watchSilence } from './watch-silence.ts';

/** What one attempt needs besides the call. */
export interface StepSetting {
  readonly provider: ModelProvider;
  readonly config: ModelConfig;
  /** The provider's own name of the model. */
  readonly model_id: string;
  readonly source: ErrorSource;
  readonly clock: Clock;
  readonly on_text: (delta: string) => void;
  readonly on_reasoning: (delta: string) => void;
}

/**
 * One attempt at one model step, through the SDK's stream. The SDK neither retries nor runs tools here.
 * @throws ModelError for everything that the provider, the network or the clock did.
 */
export async function streamModelStep(call: ModelCall, setting: StepSetting): Promise<ModelAnswer> {
  const { source, clock, config, model_id } = setting;
  const timeout_ms = config.request_timeout_ms;
  const watch = watchSilence(clock, timeout_ms, call.signal);
  const step = new StepCollector(model_id, source);
  const listener: { fault: { thrown: unknown } | null } = { fault: null };
  const passOn = ({ kind, text }: Heard): void => {
    if (text === '') return;
    try {
      if (kind === 'text') setting.on_text(text);
      else setting.on_reasoning(text);
    } catch (thrown) {
      listener.fault = { thrown };
      throw thrown;
    }
  };
  try {
    const result = startStream(call, setting, watch.signal);
    for await (const part of result.stream) {
      watch.heard();
      try {
        const heard = step.take(part);
        if (heard !== null) passOn(heard);
      } catch (thrown) {
        // Leaving the loop waits for the stream to be cancelled, and a silent provider would keep it waiting.
        watch.hangUp();
        throw thrown;
      }
    }
    return await step.finish(call.model, async () => await result.responseMessages);
  } catch (error) {
    // A fault of the listener is its own; dressed as a provider's it would be retried.
    if (listener.fault) throw listener.fault.thrown;
    if (call.signal.aborted) throw callCancelled();
    if (watch.hasTimedOut) {
      const seconds = timeout_ms / 1000;
      throw new ModelError(
        'timeout',
        `${source.label} did not finish in time (${seconds} s without a word, or too long in all).`,
      );
    }
    throw classifyError(error, source);
  } finally {
    watch.stop();
  }
}

function startStream(call: ModelCall, setting: StepSetting, abortSignal: AbortSignal) {
  const { instructions, messages } = toSdkConversation(call.messages, call.model);
  const { provider, config, model_id } = setting;
  const { provider_options } = provider;
  return streamText({
    model: provider.createLanguageModel(config, model_id),
    messages,
    abortSignal,
    maxRetries: 0,
    // Errors come as parts of the stream; the default handler would print them too.
    onError: () => {},
    ...(instructions === '' ? {} : { instructions }),
    ...(call.tools.length === 0 ? {} : { tools: toSdkTools(call.tools) }),
    ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
    ...(call.max_tokens === undefined ? {} : { maxOutputTokens: call.max_tokens }),
    ...(provider_options === undefined ? {} : { providerOptions: provider_options }),
  });
}

type Part = TextStreamPart<ToolSet>;

/** A piece that listeners should hear. */
interface Heard {
  readonly kind: 'text' | 'reasoning';
  readonly text: string;
}

/** Gathers the parts of one step into an answer. */
class StepCollector {
  readonly #source: ErrorSource;
  readonly #arguments = new Map<string, string>();
  readonly #tool_calls: ToolCall[] = [];
  #text = '';
  #model: string;
  #end: Extract<Part, { type: 'finish-step' }> | null = null;

  constructor(model: string, source: ErrorSource) {
    this.#model = model;
    this.#source = source;
  }

  /** Takes one part; the answer is what in it listeners should hear. Throws what the part says went wrong. */
  take(part: Part): Heard | null {
    switch (part.type) {
      case 'text-delta':
        this.#text += part.text;
        return { kind: 'text', text: part.text };
      case 'reasoning-delta':
        return { kind: 'reasoning', text: part.text };
      case 'tool-input-delta':
        this.#arguments.set(part.id, (this.#arguments.get(part.id) ?? '') + part.delta);
        return null;
      case 'tool-call':
        this.#tool_calls.push(this.#readToolCall(part));
        return null;
      case 'finish-step':
        this.#end = part;
        this.#model = part.response.modelId || this.#model;
        return null;
      case 'error':
        throw part.error;
      case 'abort':
        throw new ModelError('unavailable', `${this.#source.label} broke off.`);
      default:
        return null;
    }
  }

  #readToolCall(part: Extract<Part, { type: 'tool-call' }>): ToolCall {
    const { toolCallId: id, toolName: name } = part;
    // OpenRouter's library replaces arguments that do not parse by {}; what was streamed tells the truth.
    const streamed = this.#arguments.get(id)?.trim() ?? '';
    const isUnknownTool = NoSuchToolError.isInstance(part.error);
    if (!isJson(streamed) || (part.invalid === true && !isUnknownTool)) {
      throw new ModelError(
        'malformed_answer',
        `${this.#source.label} asked for the tool "${name}" with arguments that are not valid JSON.`,
      );
    }
    // An unknown tool called without arguments keeps the empty text it came with.
    return { id, name, input: part.input === '' || part.input === undefined ? {} : part.input };
  }

  /** The answer, once the stream has ended. Throws when it ended before the model had. */
  async finish(
    model: string,
    readTurn: () => Promise<readonly { role: string; content: unknown }[]>,
  ): Promise<ModelAnswer> {
    const { label } = this.#source;
    const end = this.#end;
    if (end?.rawFinishReason === 'MALFORMED_FUNCTION_CALL') {
      throw new ModelError(
        'malformed_answer',
        `${label} asked for a tool in a form that cannot be read.`,
      );
    }
    if (end === null || isUnfinished(end)) {
      throw new ModelError('unavailable', `${label} broke off in the middle of its answer.`);
    }
    const turn = toProviderTurn(model, await readTurn());
    const { inputTokens, outputTokens, raw } = end.usage;
    const cost_usd = readCost(raw);
    return {
      text: this.#text,
      tool_calls: this.#tool_calls,
      finish_reason: finishReason(end.finishReason, this.#tool_calls.length > 0),
      usage: {
        input_tokens: inputTokens ?? null,
        output_tokens: outputTokens ?? null,
        ...(cost_usd === null ? {} : { cost_usd }),
      },
      model: this.#model,
      ...(turn === null ? {} : { provider_turn: turn }),
    };
  }
}

/** A stream can end cleanly, cut by some proxy, without the provider having said why it stopped. */
function isUnfinished(end: Extract<Part, { type: 'finish-step' }>): boolean {
  const { finishReason: reason, rawFinishReason: raw } = end;
  return (
    reason === 'error' || reason === 'interrupted' || (reason === 'other' && raw === undefined)
  );
}

function finishReason(
  reason: Extract<Part, { type: 'finish-step' }>['finishReason'],
  hasToolCalls: boolean,
): FinishReason {
  // Some servers say "stop" and ask for tools all the same.
  if (hasToolCalls && (reason === 'stop' || reason === 'other')) return 'tool_calls';
  if (reason === 'tool-calls') return hasToolCalls ? 'tool_calls' : 'stop';
  if (reason === 'content-filter') return 'content_filter';
  return reason === 'stop' || reason === 'length' ? reason : 'other';
}

function isJson(text: string): boolean {
  if (text === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
