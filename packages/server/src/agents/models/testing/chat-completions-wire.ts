import { sse, type Answer, type Wire } from './reply.ts';

const chunk = (delta: object, finish_reason: string | null = null): string =>
  sse({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'fake-model-2026',
    choices: [{ index: 0, delta, finish_reason }],
  });

const opening = (text: string[]): string[] => [
  chunk({ role: 'assistant', content: '' }),
  ...text.map((content) => chunk({ content })),
];

function toolChunks({ tool_calls = [] }: Answer): string[] {
  return tool_calls.flatMap(({ id, name, argument_pieces }, index) => [
    chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
    ...argument_pieces.map((piece) =>
      chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
    ),
  ]);
}

/** The OpenAI chat completions wire; what a model thinks comes in a field that servers name differently. */
const chatCompletions = (reasoning_field: 'reasoning' | 'reasoning_content'): Wire => ({
  authorization_header: 'authorization',
  opening,
  answer(answer) {
    const { text = [], reasoning = [], finish = 'stop', usage_more = {} } = answer;
    const { input, output } = answer.usage ?? { input: 1, output: 1 };
    return [
      ...reasoning.map((piece) => chunk({ [reasoning_field]: piece })),
      ...opening(text),
      ...toolChunks(answer),
      chunk({}, finish),
      sse({
        id: 'chatcmpl-1',
        object: 'chat.completion.chunk',
        created: 1_700_000_000,
        model: 'fake-model-2026',
        choices: [],
        usage: {
          prompt_tokens: input,
          completion_tokens: output,
          total_tokens: input + output,
          ...usage_more,
        },
      }),
      'data: [DONE]\n\n',
    ];
  },
  streamError: (code, message) => sse({ error: { message, type: code, code } }),
  errorBody: (_status, code, message) => ({ error: { message, type: code, param: null, code } }),
});

/** The OpenAI chat completions wire, which OpenRouter, Ollama and most others speak. */
export const chatCompletionsWire = chatCompletions('reasoning');
/** As DeepSeek, vLLM and llama.cpp speak it. */
export const reasoningContentWire = chatCompletions('reasoning_content');
