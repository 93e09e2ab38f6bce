import { Type, type Static } from 'typebox';

/** The schemas of breadcrumbs about servers of the Model Context Protocol, and the tag that leads to one by its name. */
export const MCP_SCHEMAS = {
  /** A server that a curator mounts. */
  server: 'mcp.server.v1',
  /** Whether it is connected, and which tools it has: kept by Cairn itself, one record each for each name. */
  status: 'mcp.status.v1',
  tools: 'mcp.tools.v1',
  /** An image, a sound or a file that came with the result of a tool. */
  content: 'mcp.content.v1',
} as const;

export const mcpTag = (server: string): string => `mcp:${server}`;

/** Stands before the names of a server's tools, and so is short and has no `__` in it. */
export const MCP_SERVER_NAME = '^(?!.*__)[A-Za-z0-9][A-Za-z0-9_-]{0,31}$';

/** Context of `mcp.server.v1`. Only streamable HTTP: commands come from the administrator's file alone. */
export const McpServerRecord = Type.Object({
  name: Type.String({
    pattern: MCP_SERVER_NAME,
    description: 'Stands before the names of its tools',
  }),
  url: Type.String({ minLength: 1, maxLength: 2_000 }),
  headers: Type.Optional(
    Type.Record(Type.String({ maxLength: 200 }), Type.String({ maxLength: 4_000 }), {
      maxProperties: 32,
      description: `\${secret:NAME} in a value stands for the secret of that name`,
    }),
  ),
  enabled: Type.Optional(Type.Boolean({ default: true })),
});
export type McpServerRecord = Static<typeof McpServerRecord>;

/** What a server says of how a tool behaves. Hints of a stranger: nothing is allowed because of them. */
const McpToolAnnotations = Type.Object({
  title: Type.Optional(Type.String()),
  readOnlyHint: Type.Optional(Type.Boolean()),
  destructiveHint: Type.Optional(Type.Boolean()),
  idempotentHint: Type.Optional(Type.Boolean()),
  openWorldHint: Type.Optional(Type.Boolean()),
});

/** A tool of a server, as models are offered it. */
export const McpToolItem = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9_-]{1,64}$',
    description: '`<server>__<tool>`, made to fit',
  }),
  tool: Type.String({ description: 'Its name at the server' }),
  description: Type.String(),
  input_schema: Type.Record(Type.String(), Type.Unknown()),
  /** Why arguments are not checked against the schema here; absent: they are. */
  unchecked_because: Type.Optional(Type.String({ maxLength: 500 })),
  output_schema: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  annotations: Type.Optional(McpToolAnnotations),
});
export type McpToolItem = Static<typeof McpToolItem>;

/** Why a server, or a call of one of its tools, came to nothing. */
export const MCP_FAILURES = [
  /** It is not connected, and did not become so in time. */
  'mcp_unavailable',
  /** It ended, or the connection to it, while the call was under way: what it did is not known. */
  'mcp_connection_lost',
  'mcp_timeout',
  'mcp_cancelled',
  /** It answered what the protocol does not allow. */
  'mcp_protocol',
  /** The tool ran and says that it failed. */
  'mcp_tool_error',
  /** The server's record or address is refused. */
  'mcp_refused',
] as const;
export type McpFailure = (typeof MCP_FAILURES)[number];

/** Context of `mcp.status.v1`. */
export const McpServerStatus = Type.Object({
  server: Type.String(),
  state: Type.Enum(['ready', 'failed']),
  /** A class and a sentence, when it failed. */
  error: Type.Union([
    Type.Null(),
    Type.Object({ class: Type.Enum([...MCP_FAILURES]), message: Type.String() }),
  ]),
  /** Such as `2026-07-28`; null before the first connection. */
  protocol_version: Type.Union([Type.String(), Type.Null()]),
});
export type McpServerStatus = Static<typeof McpServerStatus>;

/** Context of `mcp.tools.v1`. It stays while the server is away: a call then waits for it a little, or fails. */
export const McpServerTools = Type.Object({
  server: Type.String(),
  tools: Type.Array(McpToolItem),
  /** Tools that are not among them, because there are too many or they are not as the protocol has them. */
  tools_left_out: Type.Integer(),
});
export type McpServerTools = Static<typeof McpServerTools>;
