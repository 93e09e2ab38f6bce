import type { CallToolResult, Server, Tool } from '@modelcontextprotocol/server';
import { AppError, messageOf, whyNotStorable, type Log } from '../../base/index.ts';
import type { Principal } from '../../http/index.ts';
import { can } from '../../identity/index.ts';
import { describeMismatch } from '../builtin/index.ts';
import type { ToolDefinitions } from '../find-definition.ts';
import { callThroughRunner, type CallPorts } from './call-through-runner.ts';
import { OWN_TOOLS, type OwnToolPorts } from './own-tools.ts';

export type McpServerSdk = typeof import('@modelcontextprotocol/server');

export interface McpServerPorts extends OwnToolPorts, CallPorts {
  readonly definitions: ToolDefinitions;
  readonly log: Log;
  readonly version: string;
}

const INSTRUCTIONS =
  'Cairn keeps breadcrumbs: versioned JSON records that agents and tools act on. Look for records with `search`, read one with `read`, add one with `create`, and wait for one with `subscribe_and_wait`. The other tools are those that you may use here.';

/** Who asks, and whether anybody still waits for the answer. */
export interface Asking {
  readonly principal: Principal;
  /** Aborts when the connection of the request has ended. */
  readonly gone: AbortSignal;
}

/** The server that one request talks with. It knows the principal; nothing outlives the request. */
export function makeServer(
  sdk: McpServerSdk,
  ports: McpServerPorts,
  { principal, gone }: Asking,
): Server {
  const server = new sdk.Server(
    { name: 'cairn', title: 'Cairn', version: ports.version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler('tools/list', async () => ({
    tools: await listTools(ports, principal),
  }));
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
    const { name, arguments: input = {} } = params;
    // A client may also cancel a request and stay.
    const signal = AbortSignal.any([mcpReq.signal, gone]);
    return callTool(ports, { principal, name, input, signal });
  });
  return server;
}

async function listTools(ports: McpServerPorts, principal: Principal): Promise<Tool[]> {
  const own = OWN_TOOLS.filter(({ action }) => can(principal, action)).map((tool): Tool => {
    const { name, title, description, is_read_only } = tool;
    return {
      name,
      title,
      description,
      inputSchema: toObjectSchema(JSON.parse(JSON.stringify(tool.input_schema))),
      annotations: { readOnlyHint: is_read_only, openWorldHint: false },
    };
  });
  return [...own, ...(await recordedTools(ports, principal))];
}

/** What records define. Ours keep their names: what has one of them is not listed. */
async function recordedTools(ports: McpServerPorts, principal: Principal): Promise<Tool[]> {
  if (!can(principal, 'breadcrumb.create')) return [];
  const tools = await ports.definitions.list(principal);
  const others = tools.filter(
    ({ definition }) => !OWN_TOOLS.some(({ name }) => name === definition.name),
  );
  return others.map(({ definition: { name, description, definition } }) => ({
    name,
    description,
    inputSchema: toObjectSchema(definition.inputSchema),
  }));
}

function toObjectSchema(schema: Record<string, unknown>): Tool['inputSchema'] {
  return { ...schema, type: 'object' };
}

async function callTool(
  ports: McpServerPorts,
  call: { principal: Principal; name: string; input: unknown; signal: AbortSignal },
): Promise<CallToolResult> {
  try {
    return await runTool(ports, call);
  } catch (error) {
    // Faults of ours are for the log; the caller learns that there was one.
    if (error instanceof AppError) return failure(`${error.code}: ${error.message}`);
    ports.log.error({ tool: call.name, reason: messageOf(error) }, 'a tool call over MCP failed');
    return failure('internal_error: the server failed at it; its log says why');
  }
}

async function runTool(
  ports: McpServerPorts,
  {
    principal,
    name,
    input,
    signal,
  }: { principal: Principal; name: string; input: unknown; signal: AbortSignal },
): Promise<CallToolResult> {
  const own = OWN_TOOLS.find((tool) => tool.name === name);
  const action = own?.action ?? 'breadcrumb.create';
  if (!can(principal, action)) return failure(`forbidden: your roles do not allow ${action}`);
  if (own) {
    const fault = whyNotStorable(input) ?? describeMismatch(own.input_schema, input, 'input');
    if (fault) return failure(`The input of ${name} is not valid: ${fault}.`);
    return success(await own.run(ports, { principal, signal }, input));
  }
  const found = await ports.definitions.find(principal, name);
  if (typeof found === 'string') return failure(found);
  const { responder = null } = found.definition;
  const call = { principal, tool: name, responder, input, signal };
  const response = await callThroughRunner(ports, call);
  return response.status === 'success'
    ? success(response.output)
    : failure(response.error ?? 'the tool failed without a reason');
}

function success(output: unknown): CallToolResult {
  const text = typeof output === 'string' ? output : JSON.stringify(output);
  const is_object = typeof output === 'object' && output !== null && !Array.isArray(output);
  return {
    content: [{ type: 'text', text }],
    ...(is_object ? { structuredContent: output } : {}),
  };
}

function failure(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}
