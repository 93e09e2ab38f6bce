import { Type, type Static } from 'typebox';
import { LIMITS } from './limits.ts';

/** What code of a tool may call in `context.api`, each with the rights of whoever asked. */
export const TOOL_API = [
  'getBreadcrumb',
  'create',
  'update',
  'delete',
  'searchBreadcrumbs',
  'vectorSearch',
  'getSecret',
  'decryptSecret',
] as const;
export type ToolApiFunction = (typeof TOOL_API)[number];

const Names = Type.Array(Type.String({ maxLength: 253 }), { maxItems: 100 });
/** What a tool says that it wants; `false` and an empty list are nothing. */
const Wanted = Type.Optional(Type.Union([Type.Boolean(), Names]));

/** Context of `tool.code.v1`: a tool that brings its own code. */
export const ToolCode = Type.Object({
  name: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'What a model calls it by' }),
  description: Type.Optional(Type.String({ maxLength: 4_000 })),
  code: Type.Object({
    language: Type.Enum(['javascript', 'typescript']),
    source: Type.String({
      minLength: 1,
      maxLength: 262_144,
      description: 'A module with `export async function execute(input, context)`',
    }),
  }),
  input_schema: Type.Record(Type.String(), Type.Unknown()),
  output_schema: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  examples: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 20 })),
  permissions: Type.Optional(
    Type.Object({
      /** Hosts that it may fetch from: `name` or `name:port`, at most 5. */
      net: Type.Optional(
        Type.Union([
          Type.Literal(false),
          Type.Array(Type.String({ maxLength: 253 }), { maxItems: 5 }),
        ]),
      ),
      /** Functions of `context.api`; absent means all. */
      api: Type.Optional(
        Type.Union([
          Type.Boolean(),
          Type.Array(Type.Enum([...TOOL_API]), { maxItems: TOOL_API.length }),
        ]),
      ),
      read: Wanted,
      write: Wanted,
      env: Wanted,
      run: Wanted,
      ffi: Wanted,
      hrtime: Wanted,
    }),
  ),
  limits: Type.Optional(
    Type.Object({
      timeout_ms: Type.Optional(Type.Integer({ minimum: 1, maximum: 300_000, default: 10_000 })),
      memory_mb: Type.Optional(Type.Integer({ minimum: 1, maximum: 512, default: 64 })),
      cpu_percent: Type.Optional(Type.Number()),
    }),
  ),
  /** Names of secrets that it finds in `context.secrets`, when they were granted to whoever asks. */
  required_secrets: Type.Optional(Type.Array(Type.String({ maxLength: 255 }), { maxItems: 20 })),
  /** Each call by an agent needs the consent of a person. */
  requires_approval: Type.Optional(Type.Boolean()),
});
export type ToolCode = Static<typeof ToolCode>;

/** Bytes of JSON up to which the answer of a tool stands in its response. */
export const TOOL_OUTPUT_INLINE_BYTES = 65_536;

/** Stands for an answer that is too long for a response: the record `ref` (`tool.result.v1`) has it in `output`. */
export const ToolOutputReference = Type.Object({
  ref: Type.String({ format: 'uuid' }),
  size_bytes: Type.Integer(),
  /** The beginning of it, as JSON text. */
  preview: Type.String(),
});
export type ToolOutputReference = Static<typeof ToolOutputReference>;

/** Context of `tool.result.v1`. */
export interface ToolResult {
  request_id: string;
  tool: string;
  output: unknown;
}

/** Context of `tool.status.v1`, one record for each definition of a tool. */
export interface ToolDefinitionStatus {
  tool: string;
  definition_id: string;
  definition_version: number;
  /** `proposed`: it was last changed by somebody who is no curator, and waits for one. */
  state: 'active' | 'invalid' | 'proposed';
  reason: string | null;
}

/** Something that a tool printed as it ran; the `tool.response.v1` that follows is the truth. */
export interface ToolProgress {
  type: 'tool.progress';
  owner_id: string;
  conversation_id: string;
  /** The request that is being answered: its id, and the name that it gave itself. */
  trigger_id: string;
  request_id: string;
  agent_id: string;
  tool: string;
  text: string;
}

export const TOOL_SCHEMAS = {
  tool_result: 'tool.result.v1',
  tool_status: 'tool.status.v1',
} as const;

/** The tag of the one status record of a definition. */
export const definitionTag = (definition_id: string): string =>
  `definition:${definition_id}`.slice(0, LIMITS.tag_chars);
