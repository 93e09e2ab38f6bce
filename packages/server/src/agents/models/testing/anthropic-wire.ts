import { sse, type Answer, type Wire } from './reply.ts';

const event = (data: { type: string } & Record<string, unknown>): string => sse(data, data.type);
const STOP_REASONS = { stop: 'end_turn', tool_calls: 'tool_use', length: 'max_tokens' } as const;

function opening(text: string[], input_tokens = 1, reasoning: string[] = []): string[] {
  const index = reasoning.length === 0 ? 0 : 1;
  return [
    event({
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'fake-model-2026',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens, output_tokens: 1 },
      },
    }),
    event({ type: 'ping' }),
    ...thinkingEvents(reasoning),
    ...(text.length === 0
      ? []
      : [
          event({
            type: 'content_block_start',
            index,
            content_block: { type: 'text', text: '' },
          }),
        ]),
    ...text.map((piece) =>
      event({
        type: 'content_block_delta',
        index,
        delta: { type: 'text_delta', text: piece },
      }),
    ),
  ];
}

function thinkingEvents(pieces: string[]): string[] {
  if (pieces.length === 0) return [];
  const delta = (each: object) => event({ type: 'content_block_delta', index: 0, delta: each });
  const content_block = { type: 'thinking', thinking: '', signature: '' };
  return [
    event({ type: 'content_block_start', index: 0, content_block }),
    ...pieces.map((thinking) => delta({ type: 'thinking_delta', thinking })),
    delta({ type: 'signature_delta', signature: 'signed-7791' }),
    event({ type: 'content_block_stop', index: 0 }),
  ];
}

function toolEvents({ tool_calls = [] }: Answer): string[] {
  return tool_calls.flatMap(({ id, name, argument_pieces }, position) => {
    // After the text, and what was thought before it.
    const index = position + 2;
    return [
      event({
        type: 'content_block_start',
        index,
        content_block: { type: 'tool_use', id, name, input: {} },
      }),
      ...argument_pieces.map((partial_json) =>
        event({
          type: 'content_block_delta',
          index,
          delta: { type: 'input_json_delta', partial_json },
        }),
      ),
      event({ type: 'content_block_stop', index }),
    ];
  });
}

/** Anthropic's messages wire. */
export const anthropicWire: Wire = {
  authorization_header: 'x-api-key',
  opening,
  answer(answer) {
    const { text = [], reasoning = [], finish = 'stop', usage = { input: 1, output: 1 } } = answer;
    const index = reasoning.length === 0 ? 0 : 1;
    return [
      ...opening(text, usage.input, reasoning),
      ...(text.length === 0 ? [] : [event({ type: 'content_block_stop', index })]),
      ...toolEvents(answer),
      event({
        type: 'message_delta',
        delta: { stop_reason: STOP_REASONS[finish], stop_sequence: null },
        usage: { output_tokens: usage.output, ...answer.usage_more },
      }),
      event({ type: 'message_stop' }),
    ];
  },
  streamError: (code, message) => event({ type: 'error', error: { type: code, message } }),
  errorBody: (_status, code, message) => ({ type: 'error', error: { type: code, message } }),
};
