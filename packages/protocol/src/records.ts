import { Type, type Static } from 'typebox';
import { Timestamp, Uuid } from './breadcrumb.ts';
import { ContextFetch, ContextPlan } from './context.ts';
import { LIMITS } from './limits.ts';
import { Selector } from './selector.ts';
import type { ToolErrorClass } from './tool-errors.ts';

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
  /** What one agent asks another with the tool `ask_agent`. */
  agent_request: 'agent.request.v1',
  /** Whether a definition of an agent counts, and why not. */
  agent_status: 'agent.status.v1',
  approval_request: 'approval.request.v1',
  approval_response: 'approval.response.v1',
  /** What is gathered for an agent, what for none, and what was gathered. */
  context_config: 'context.config.v1',
  context_blacklist: 'context.blacklist.v1',
  context_status: 'context.status.v1',
  agent_context: 'agent.context.v1',
  /** Which agents and which tools a tenant has: one record each. */
  agent_catalog: 'agent.catalog.v1',
  tool_catalog: 'tool.catalog.v1',
  /** What records of a schema hold, how long they live, and what models see of them. */
  schema_definition: 'schema.def.v1',
} as const;

export const TAGS = {
  user_message: 'user:message',
  agent_response: 'agent:response',
  agent_definition: 'agent:def',
  tool_request: 'tool:request',
  tool_response: 'tool:response',
  tools_workspace: 'workspace:tools',
  agents_workspace: 'workspace:agents',
  agent_request: 'agent:request',
  agent_status: 'agent:status',
  approval_request: 'approval:request',
  approval_response: 'approval:response',
  agent_context: 'agent:context',
  agent_catalog: 'agent:catalog',
  tool_catalog: 'tool:catalog',
} as const;

/** The tag under which the answer to a tool request is found. */
export const requestTag = (request_id: string): string => `request:${request_id}`;
/** The tag under which the answer to a request for consent is found. */
export const approvalTag = (approval_id: string): string => `approval:${approval_id}`;
/** The tag that all breadcrumbs of one conversation share. */
export const sessionTag = (conversation_id: string): string => `session:${conversation_id}`;
/** The tag that what belongs to a workspace shares. */
export const workspaceTag = (workspace_id: string): string => `workspace:${workspace_id}`;
/** The first workspaces that a set of tags names by their ids, lower case; names such as `workspace:tools` are none. */
export function workspacesOfTags(tags: readonly string[]): string[] {
  const ids = tags.flatMap((tag) => WORKSPACE_TAG.exec(tag)?.[1]?.toLowerCase() ?? []);
  return [...new Set(ids)].slice(0, WORKSPACES_MAX);
}
const WORKSPACES_MAX = 5;
const WORKSPACE_TAG = /^workspace:([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i;
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
  /** What the message called it in its own `session_id`: clients of the original tell their panels apart by that. */
  session_id?: string;
  agent_id: string;
  run_id: string;
  /** `stopped`: a brake ended the run, or somebody did; `content` is what there was, with a sentence about why. */
  status: 'completed' | 'failed' | 'stopped';
  /** Set when the run failed or was stopped: a class for programs and a sentence for people. */
  error: { class: string; message: string } | null;
  /** The answer as JSON, of an agent with an `output_schema`. */
  data?: unknown;
  model: string;
  usage: {
    input_tokens: number | null;
    output_tokens: number | null;
    /** US dollars; null when no provider told them. */
    cost_usd: number | null;
  };
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
  /** Of an error, which kind it is. */
  error_class: ToolErrorClass | null;
  execution_time_ms: number;
  timestamp: string;
  caused_by: { tool_request_id: string };
}

/** Classes under which a brake ends a run, in `error.class` of `agent.response.v1`. */
export const STOP_CLASSES = [
  'budget_model_calls',
  'budget_tool_calls',
  'budget_tokens',
  'budget_cost',
  'budget_time',
  'depth',
  'repetition',
  'interrupted',
  'stopped',
] as const;
export type StopClass = (typeof STOP_CLASSES)[number];

const Count = Type.Integer({ minimum: 0, maximum: LIMITS.integer });
const Money = Type.Number({ minimum: 0 });

/** What agents may cost. What is not named has the default that `limits` of a definition tells, or no limit. */
export const AgentLimits = Type.Object({
  model_calls: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 16 })),
  tool_calls: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, default: 64 })),
  /** Input and output together. */
  tokens: Type.Optional(Count),
  cost_usd: Type.Optional(Money),
  /** Waiting for tools counts, waiting for consent does not. */
  wall_time_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800, default: 3_600 })),
  /** How deep runs may begin runs; counts for the run at the root. */
  depth: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, default: 8 })),
  /** Of a run and all that it began; counts for the run at the root. */
  tree: Type.Optional(
    Type.Object({
      model_calls: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, default: 256 })),
      tool_calls: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 1_024 })),
      tokens: Type.Optional(Count),
      cost_usd: Type.Optional(Money),
    }),
  ),
  /** Of all runs of the agent that began in the last 24 hours. */
  day: Type.Optional(
    Type.Object({
      model_calls: Type.Optional(Count),
      tokens: Type.Optional(Count),
      cost_usd: Type.Optional(Money),
    }),
  ),
});
export type AgentLimits = Static<typeof AgentLimits>;

/** What an agent may do. Absent: the first two and the last may be done, the other two not. */
export const AgentCapabilities = Type.Object({
  can_create_breadcrumbs: Type.Optional(Type.Boolean({ default: true })),
  can_update_own: Type.Optional(Type.Boolean({ default: true })),
  can_delete_own: Type.Optional(Type.Boolean({ default: false })),
  can_spawn_agents: Type.Optional(Type.Boolean({ default: false })),
  can_use_tools: Type.Optional(Type.Boolean({ default: true })),
});
export type AgentCapabilities = Static<typeof AgentCapabilities>;

/** Which tools of an agent need the consent of a person. */
export const AgentApprovals = Type.Object({
  tools: Type.Union([Type.Array(Type.String(), { maxItems: 200 }), Type.Literal('*')]),
  expires_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_592_000, default: 86_400 })),
  on_expiry: Type.Optional(Type.Enum(['deny', 'approve'], { default: 'deny' })),
});
export type AgentApprovals = Static<typeof AgentApprovals>;

/** What an agent does with a message that comes while it is busy with another of the same conversation. */
export const WHEN_BUSY = ['queue', 'reject', 'interrupt'] as const;
export type WhenBusy = (typeof WHEN_BUSY)[number];

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
  capabilities: Type.Optional(AgentCapabilities),
  when_busy: Type.Optional(Type.Enum([...WHEN_BUSY])),
  limits: Type.Optional(AgentLimits),
  /** A JSON Schema: answers are JSON that fits it. */
  output_schema: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  /** Names of the agents that it may ask and hand over to; it needs `can_spawn_agents`. */
  agents: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 100 }),
  ),
  approvals: Type.Optional(AgentApprovals),
  /** What it is shown besides its message, where no `context.config.v1` says so; absent: the conversation. */
  context: Type.Optional(ContextPlan),
  subscriptions: Type.Object({
    selectors: Type.Array(
      Type.Object({
        ...Selector.properties,
        role: Type.Optional(Type.Enum(['trigger', 'context'])),
        key: Type.Optional(Type.String()),
        fetch: Type.Optional(ContextFetch),
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
  /** Each call by an agent needs the consent of a person. */
  requires_approval: Type.Optional(Type.Boolean()),
  /** The principal, besides the tools runner, whose answers to requests for this tool are taken. */
  responder: Type.Optional(Uuid),
});
export type ToolDefinition = Static<typeof ToolDefinition>;

/** Context of `approval.request.v1`: a tool call that waits for the consent of a person. */
export interface ApprovalRequest {
  approval_id: string;
  run_id: string;
  request_id: string;
  tool: string;
  input: unknown;
  /** The agent that wants the tool, by its id. */
  requested_by: string;
  expires_at: string;
  /** What happens when nobody has answered by then. */
  on_expiry: 'deny' | 'approve';
  /** All of that in a sentence. */
  message: string;
}

export const DECISIONS = ['approve', 'deny'] as const;
export type Decision = (typeof DECISIONS)[number];

/** Context of `approval.response.v1`. One that a person creates decides like a call of the API. */
export const ApprovalResponse = Type.Object({
  approval_id: Uuid,
  decision: Type.Enum([...DECISIONS]),
  comment: Type.Optional(Type.Union([Type.String({ maxLength: 2_000 }), Type.Null()])),
  /** Who decided; null when the time was over. */
  decided_by: Type.Optional(Type.Union([Uuid, Type.Null()])),
});
export type ApprovalResponse = Static<typeof ApprovalResponse>;

export const APPROVAL_STATES = ['pending', 'approved', 'denied', 'expired'] as const;

/** A request for consent as `GET /v1/approvals` answers it. */
export const ApprovalItem = Type.Object({
  id: Uuid,
  state: Type.Enum([...APPROVAL_STATES]),
  run_id: Uuid,
  request_id: Uuid,
  agent_id: Uuid,
  agent_name: Type.String(),
  conversation_id: Type.String(),
  tool: Type.String(),
  input: Type.Unknown(),
  message: Type.String(),
  on_expiry: Type.Enum([...DECISIONS]),
  requested_at: Timestamp,
  expires_at: Timestamp,
  decided_at: Type.Union([Timestamp, Type.Null()]),
  decided_by: Type.Union([Uuid, Type.Null()]),
  comment: Type.Union([Type.String(), Type.Null()]),
});
export type ApprovalItem = Static<typeof ApprovalItem>;

/** Body of `POST /v1/approvals/:id`. */
export const ApprovalDecision = Type.Object({
  decision: Type.Enum([...DECISIONS]),
  comment: Type.Optional(Type.String({ maxLength: 2_000 })),
});
export type ApprovalDecision = Static<typeof ApprovalDecision>;

/** Context of `agent.status.v1`. */
export interface AgentDefinitionStatus {
  /** The name that the definition gives. */
  agent_id: string;
  definition_id: string;
  definition_version: number;
  /** `proposed`: it was last changed by somebody who is no curator, and waits for one. */
  state: 'active' | 'invalid' | 'proposed';
  reason: string | null;
}
