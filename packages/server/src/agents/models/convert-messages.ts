import {
  jsonSchema,
  tool,
  type AssistantModelMessage,
  type JSONValue,
  type ModelMessage as SdkMessage,
  type ToolSet,
} from 'ai';
import type { ModelMessage, ModelTool, ProviderTurn } from './contract.ts';

/** A conversation as the `ai` SDK takes it. */
export interface SdkConversation {
  /** All system messages, in order. Providers differ in where they allow them, all take them here. */
  readonly instructions: string;
  readonly messages: SdkMessage[];
}

/** Turns our messages into the SDK's. `model` is the one that reads them: see `ProviderTurn`. */
export function toSdkConversation(
  conversation: readonly ModelMessage[],
  model: string,
): SdkConversation {
  const instructions: string[] = [];
  const messages: SdkMessage[] = [];
  for (const message of conversation) {
    switch (message.role) {
      case 'system':
        instructions.push(message.content);
        break;
      case 'user':
        messages.push({ role: 'user', content: message.content });
        break;
      case 'assistant':
        messages.push(...assistantTurn(message, model));
        break;
      case 'tool':
        messages.push(toolResult(message));
        break;
    }
  }
  return { instructions: instructions.join('\n\n'), messages };
}

type Assistant = Extract<ModelMessage, { role: 'assistant' }>;
type ToolMessage = Extract<ModelMessage, { role: 'tool' }>;

function assistantTurn(message: Assistant, model: string): AssistantModelMessage[] {
  const { content, tool_calls = [], provider_turn } = message;
  if (provider_turn?.model === model && provider_turn.messages.every(isAssistantMessage)) {
    return provider_turn.messages;
  }
  // Providers refuse empty text, so a turn that said and asked nothing is left out.
  if (tool_calls.length === 0) return content === '' ? [] : [{ role: 'assistant', content }];
  return [
    {
      role: 'assistant',
      content: [
        ...(content === '' ? [] : [{ type: 'text' as const, text: content }]),
        ...tool_calls.map(({ id, name, input }) => ({
          type: 'tool-call' as const,
          toolCallId: id,
          toolName: name,
          input,
        })),
      ],
    },
  ];
}

function toolResult(message: ToolMessage): SdkMessage {
  const { tool_call_id, tool: toolName, output, is_error } = message;
  const value = toJson(output);
  const result =
    typeof value === 'string'
      ? { type: is_error ? ('error-text' as const) : ('text' as const), value }
      : { type: is_error ? ('error-json' as const) : ('json' as const), value };
  return {
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId: tool_call_id, toolName, output: result }],
  };
}

/** The SDK checks the inner parts itself; this tells only whether it is what we once stored. */
function isAssistantMessage(value: unknown): value is AssistantModelMessage {
  return (
    typeof value === 'object' && value !== null && 'role' in value && value.role === 'assistant'
  );
}

function toJson(value: unknown): JSONValue {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value) ?? 'null') as JSONValue);
}

/**
 * The tools as the SDK takes them. They cannot be executed and their input is not validated here:
 * the loop and the check against the schema are the run's.
 */
export function toSdkTools(tools: readonly ModelTool[]): ToolSet {
  return Object.fromEntries(
    tools.map(({ name, description, input_schema }) => [
      name,
      tool({ description, inputSchema: jsonSchema(input_schema) }),
    ]),
  );
}

/** The SDK's record of a turn, kept only where it holds more than text and tool calls. */
export function toProviderTurn(
  model: string,
  turn: readonly { role: string; content: unknown }[],
): ProviderTurn | null {
  const messages = turn.filter((message) => message.role === 'assistant');
  const carriesMore = messages.some(
    ({ content }) =>
      Array.isArray(content) &&
      content.some(
        (part: { type?: unknown; providerOptions?: unknown }) =>
          (part.type !== 'text' && part.type !== 'tool-call') || part.providerOptions !== undefined,
      ),
  );
  return carriesMore
    ? { model, messages: JSON.parse(JSON.stringify(messages)) as unknown[] }
    : null;
}
