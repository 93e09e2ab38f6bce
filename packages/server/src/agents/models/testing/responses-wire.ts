import { sse, type Answer, type Wire } from './reply.ts';

const response = { id: 'resp_1', created_at: 1_700_000_000, model: 'fake-model-2026' };
const event = (data: { type: string } & Record<string, unknown>): string =>
  sse({ sequence_number: 1, ...data }, data.type);

function opening(text: string[]): string[] {
  const item = { type: 'message', id: 'msg_1' };
  return [
    event({ type: 'response.created', response }),
    event({ type: 'response.in_progress', response }),
    ...(text.length === 0
      ? []
      : [event({ type: 'response.output_item.added', output_index: 0, item })]),
    ...text.map((delta) =>
      event({ type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, delta }),
    ),
  ];
}

function toolEvents({ tool_calls = [] }: Answer): string[] {
  return tool_calls.flatMap(({ id, name, argument_pieces }, index) => {
    const output_index = index + 1;
    const item_id = `fc_${index}`;
    const item = { type: 'function_call', id: item_id, call_id: id, name };
    const whole = argument_pieces.join('');
    return [
      event({
        type: 'response.output_item.added',
        output_index,
        item: { ...item, arguments: '', status: 'in_progress' },
      }),
      ...argument_pieces.map((delta) =>
        event({ type: 'response.function_call_arguments.delta', item_id, output_index, delta }),
      ),
      event({
        type: 'response.output_item.done',
        output_index,
        item: { ...item, arguments: whole, status: 'completed' },
      }),
    ];
  });
}

/** The OpenAI responses wire. */
export const responsesWire: Wire = {
  authorization_header: 'authorization',
  opening,
  answer(answer) {
    const { text = [], finish, usage = { input: 1, output: 1 } } = answer;
    const isCut = finish === 'length';
    const item = { type: 'message', id: 'msg_1' };
    return [
      ...opening(text),
      ...(text.length === 0
        ? []
        : [event({ type: 'response.output_item.done', output_index: 0, item })]),
      ...toolEvents(answer),
      event({
        type: isCut ? 'response.incomplete' : 'response.completed',
        response: {
          ...response,
          incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
          usage: { input_tokens: usage.input, output_tokens: usage.output },
        },
      }),
    ];
  },
  streamError: (code, message) => event({ type: 'error', code, message, param: null }),
  errorBody: (_status, code, message) => ({ error: { message, type: code, param: null, code } }),
};
