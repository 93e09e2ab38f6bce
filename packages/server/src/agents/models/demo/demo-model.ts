import { systemClock } from '../../../base/index.ts';
import type { SdkCallOptions, SdkLanguageModel, SdkStreamPart } from '../language-model.ts';
import { decideDemoStep, type DemoStep } from './decide-demo-step.ts';

/**
 * The stand-in that answers when no model is configured: fixed rules behind the provider specification of the SDK,
 * so that it travels the same path as a real model, word by word and tool call by tool call.
 * It takes `word_ms` for each word, as a model would, so that people see an answer being written.
 */
export function createDemoModel(word_ms = 0): SdkLanguageModel {
  return {
    specificationVersion: 'v4',
    provider: 'demo',
    modelId: 'demo',
    supportedUrls: {},
    async doStream(options) {
      return { stream: streamOf(partsOf(stepFor(options)), word_ms, options.abortSignal) };
    },
    async doGenerate(options) {
      const step = stepFor(options);
      return {
        content: [
          step.kind === 'say'
            ? { type: 'text', text: step.text }
            : { type: 'tool-call', ...callOf(step) },
        ],
        ...endOf(step),
        warnings: [],
      };
    },
  };
}

const stepFor = ({ prompt, tools }: SdkCallOptions): DemoStep => decideDemoStep(prompt, tools);

type CallStep = Extract<DemoStep, { kind: 'call' }>;

function callOf({ tool, input }: CallStep) {
  return {
    toolCallId: `demo_${crypto.randomUUID().replaceAll('-', '')}`,
    toolName: tool,
    input: JSON.stringify(input),
  };
}

/** It has no tokens to count, so the usage is left open. */
function endOf(step: DemoStep) {
  const unified = step.kind === 'say' ? ('stop' as const) : ('tool-calls' as const);
  return {
    finishReason: { unified, raw: unified },
    usage: {
      inputTokens: {
        total: undefined,
        noCache: undefined,
        cacheRead: undefined,
        cacheWrite: undefined,
      },
      outputTokens: { total: undefined, text: undefined, reasoning: undefined },
    },
  };
}

function partsOf(step: DemoStep): SdkStreamPart[] {
  const start: SdkStreamPart[] = [{ type: 'stream-start', warnings: [] }];
  const end: SdkStreamPart = { type: 'finish', ...endOf(step) };
  if (step.kind === 'say') {
    const words = step.text.split(/(?<=\s)/);
    return [
      ...start,
      { type: 'text-start', id: 'text' },
      ...words.map((delta): SdkStreamPart => ({ type: 'text-delta', id: 'text', delta })),
      { type: 'text-end', id: 'text' },
      end,
    ];
  }
  const call = callOf(step);
  const id = call.toolCallId;
  return [
    ...start,
    { type: 'tool-input-start', id, toolName: call.toolName },
    { type: 'tool-input-delta', id, delta: call.input },
    { type: 'tool-input-end', id },
    { type: 'tool-call', ...call },
    end,
  ];
}

/** One part for each pull, so that a listener hears words as they come and a stop takes effect between two. */
function streamOf(
  parts: readonly SdkStreamPart[],
  word_ms: number,
  signal: AbortSignal | undefined,
): ReadableStream<SdkStreamPart> {
  const left = parts.values();
  return new ReadableStream({
    async pull(controller) {
      if (word_ms > 0) await systemClock.sleep(word_ms, signal);
      if (signal?.aborted) return controller.error(signal.reason);
      const next = left.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
  });
}
