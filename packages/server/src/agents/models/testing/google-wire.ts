import { sse, type Answer, type Wire } from './reply.ts';

interface Extra {
  finishReason?: string;
  usage?: { input: number; output: number };
}

function chunk(parts: object[], { finishReason, usage }: Extra = {}): string {
  return sse({
    candidates: [
      {
        index: 0,
        ...(parts.length === 0 ? {} : { content: { role: 'model', parts } }),
        ...(finishReason === undefined ? {} : { finishReason }),
      },
    ],
    modelVersion: 'fake-model-2026',
    responseId: 'resp-1',
    ...(usage === undefined
      ? {}
      : {
          usageMetadata: {
            promptTokenCount: usage.input,
            candidatesTokenCount: usage.output,
            totalTokenCount: usage.input + usage.output,
          },
        }),
  });
}

const opening = (text: string[]): string[] => text.map((piece) => chunk([{ text: piece }]));

/** Google sends arguments whole, as JSON; what the model garbled comes as a finish reason instead. */
function callPart({
  name,
  argument_pieces,
}: NonNullable<Answer['tool_calls']>[number]): object | null {
  try {
    const args: unknown = JSON.parse(argument_pieces.join('') || '{}');
    return { functionCall: { name, args }, thoughtSignature: 'signature-of-the-thought' };
  } catch {
    return null;
  }
}

/** The wire of Google's Gemini API. */
export const googleWire: Wire = {
  authorization_header: 'x-goog-api-key',
  opening,
  answer({ text = [], tool_calls = [], finish, usage = { input: 1, output: 1 } }) {
    const calls = tool_calls.map(callPart);
    const parts = calls.filter((part) => part !== null);
    const isGarbled = parts.length < calls.length;
    const finishReason = isGarbled
      ? 'MALFORMED_FUNCTION_CALL'
      : finish === 'length'
        ? 'MAX_TOKENS'
        : 'STOP';
    return [...opening(text), chunk(parts, { finishReason, usage })];
  },
  streamError: (code, message) => sse({ error: { code: 503, status: code, message } }),
  errorBody: (status, code, message) => ({ error: { code: status, message, status: code } }),
};
