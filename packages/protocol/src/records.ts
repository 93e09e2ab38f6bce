import { Type, type Static } from 'typebox';
import { LIMITS } from './limits.ts';
import { Selector } from './selector.ts';

/**
 * The schemas of breadcrumbs that the platform itself reads and writes: their names, tags and contexts.
 * Contexts may carry more fields than these; what is named here is what Cairn relies on.
 */
export const SCHEMAS = {
  user_message: 'user.message.v1',
  agent_response: 'agent.response.v1',
  agent_definition: 'agent.def.v1',
  tool_definition: 'tool.v1',
  tool_code: 'tool.code.v1',
  tool_request: 'tool.request.v1',
  tool_response: 'tool.response.v1',
} as const;

export const TAGS = {
  user_message: 'user:message',
  agent_response: 'agent:response',
  agent_definition: 'agent:def',
  tool_request: 'tool:request',
  tool_response: 'tool:response',
  tools_workspace: 'workspace:tools',
  agents_workspace: 'workspace:agents',
} as const;

/** The tag under which the answer to a tool request is found. */
export const requestTag = (request_id: string): string => `request:${request_id}`;
/** The tag that all breadcrumbs of one conversation share. */
export const sessionTag = (conversation_id: string): string => `session:${conversation_id}`;
/** The conversation a set of tags names, or null. */
export function conversationOfTags(tags: readonly string[]): string | null {
  const tag = tags.find((each) => each.startsWith('session:') && each.length > 'session:'.length);
  return tag ? tag.slice('session:'.length) : null;
}

/** Context of `user.message.v1`. `message` is accepted where clients write that. */
export const UserMessage = Type.Object({
  content: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  conversation_id: Type.Optional(Type.String({ maxLength: LIMITS.tag_chars - 'session:'.length })),
});
export type UserMessage = Static<typeof UserMessage>;

/** Context of `agent.response.v1`. */
export interface AgentResponse {
  /** The answer. The same text stands in `message`, which clients of the original read. */
  content: string;
  message: string;
  conversation_id: string;
  agent_id: string;
  run_id: string;
  status: 'completed' | 'failed';
  /** Set when the run failed: a class for programs and a sentence for people. */
  error: { class: string; message: string } | null;
  model: string;
  usage: { input_tokens: number | null; output_tokens: number | null };
  caused_by: {
    /** The message that was answered. */
    trigger_id: string;
    trigger_version: number;
    tool_request_ids: string[];
    tool_response_ids: string[];
  };
}

/** Context of `tool.request.v1`. */
export const ToolRequest = Type.Object({
  tool: Type.String({ minLength: 1, maxLength: 200 }),
  input: Type.Unknown(),
  requestId: Type.String({ minLength: 1, maxLength: 200 }),
  requestedBy: Type.Optional(Type.String()),
  run_id: Type.Optional(Type.String()),
});
export type ToolRequest = Static<typeof ToolRequest>;

/** Context of `tool.response.v1`. */
export interface ToolResponse {
  request_id: string;
  tool: string;
  status: 'success' | 'error';
  output: unknown;
  error: string | null;
  execution_time_ms: number;
  timestamp: string;
  caused_by: { tool_request_id: string };
}

/** Context of `agent.def.v1`. */
export const AgentDefinition = Type.Object({
  agent_id: Type.String({ minLength: 1, maxLength: 100, description: 'A short name, or a UUID' }),
  description: Type.Optional(Type.String()),
  system_prompt: Type.String({ maxLength: 100_000 }),
  /** `provider/model`, such as `openrouter/…`; absent means the server's default. */
  model: Type.Optional(Type.Union([Type.String({ maxLength: 200 }), Type.Null()])),
  temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
  max_tokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  /** Names of the tools it may use; absent means all. */
  tools: Type.Optional(Type.Array(Type.String(), { maxItems: 200 })),
  subscriptions: Type.Object({
    selectors: Type.Array(
      Type.Object({
        ...Selector.properties,
        role: Type.Optional(Type.Enum(['trigger', 'context'])),
        key: Type.Optional(Type.String()),
      }),
      { maxItems: 50 },
    ),
  }),
});
export type AgentDefinition = Static<typeof AgentDefinition>;

/** Context of `tool.v1`: what a model is told of a tool, and who runs it. */
export const ToolDefinition = Type.Object({
  name: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'What a model calls it by' }),
  description: Type.String({ minLength: 1, maxLength: 4_000 }),
  definition: Type.Object({
    inputSchema: Type.Record(Type.String(), Type.Unknown()),
    outputSchema: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  }),
  implementation: Type.Object({ type: Type.String(), name: Type.Optional(Type.String()) }),
});
export type ToolDefinition = Static<typeof ToolDefinition>;
