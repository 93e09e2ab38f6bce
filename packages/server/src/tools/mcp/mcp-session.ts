import type {
  Client,
  JsonSchemaValidator,
  StandardSchemaV1,
  StreamableHTTPClientTransport,
  Transport,
} from '@modelcontextprotocol/client';
import { messageOf, type Clock, type Log } from '../../base/index.ts';
import type { McpError, McpSdk, McpServerSpec, McpToolList } from './contract.ts';
import type { ForeignResult } from './convert-result.ts';
import { ForeignArguments } from './check-arguments.ts';
import { explainFailure } from './explain-failure.ts';
import { readTools, TOOLS_MAX, type ForeignTool } from './read-tools.ts';
import { StdioTransport } from './stdio-transport.ts';

/** For connecting, and for each page of a list. */
const CONNECT_MS = 20_000;
/** For the question which revision a server speaks; one that does not know the question may not answer at all. */
const PROBE_MS = 5_000;
const PAGES_MAX = 64;
/** For saying that a session is over. */
const FAREWELL_MS = 500;

export interface SessionPorts {
  readonly sdk: McpSdk;
  readonly clock: Clock;
  readonly log: Log;
  /** Is called when the server says that its tools have changed. */
  readonly onChanged: () => void;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly timeout_ms: number;
  readonly onProgress: (text: string) => void;
}

/** Which handshake to begin with: the question of the current revision, or that of the ones before it. */
export type Handshake = 'auto' | 'legacy';

/** One connection to a server, from the handshake on until it ends. */
export class McpSession {
  readonly #spec: McpServerSpec;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #whyOver: () => string | null;
  readonly #over = Promise.withResolvers<void>();

  private constructor(
    spec: McpServerSpec,
    client: Client,
    clock: Clock,
    whyOver: () => string | null,
  ) {
    this.#spec = spec;
    this.#client = client;
    this.#clock = clock;
    this.#whyOver = whyOver;
    client.onclose = () => this.#over.resolve();
    // Who is told of changes by a stream of its own is connected as long as that stream lasts.
    void client.autoOpenedSubscription?.closed.then(() => this.#over.resolve());
  }

  /** Resolves when nothing more can be asked over this connection. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  get protocol_version(): string {
    return this.#client.getNegotiatedProtocolVersion() ?? 'unknown';
  }

  /** Connects. @throws McpError */
  static async open(
    spec: McpServerSpec,
    handshake: Handshake,
    ports: SessionPorts,
    signal: AbortSignal,
  ): Promise<McpSession> {
    const { sdk, log } = ports;
    const transport = await makeTransport(spec, ports);
    const client = new sdk.Client(
      { name: 'cairn', version: '1' },
      {
        versionNegotiation: { mode: handshake, probe: { timeoutMs: PROBE_MS } },
        // Nobody is there whom a server could ask.
        inputRequired: { autoFulfill: false },
        // A foreign schema can hold a pattern that takes for ever; results are foreign text in any case.
        jsonSchemaValidator: { getValidator: acceptAnything },
        listChanged: {
          tools: { autoRefresh: false, onChanged: () => ports.onChanged() },
        },
      },
    );
    client.onerror = (error) =>
      log.debug({ server: spec.name, reason: messageOf(error) }, 'an MCP connection complains');
    const whyOver = () => (transport instanceof StdioTransport ? transport.why_over : null);
    try {
      await client.connect(transport, { timeout: CONNECT_MS, signal });
    } catch (error) {
      const why_over = whyOver();
      await closeQuietly(client, transport);
      throw explainFailure(spec.name, error, { signal, why_over }).error;
    }
    return new McpSession(spec, client, ports.clock, whyOver);
  }

  /** What the server has, within limits. @throws McpError */
  async list(signal: AbortSignal): Promise<McpToolList> {
    const found: ForeignTool[] = [];
    let cursor: string | undefined;
    try {
      for (let page = 0; page < PAGES_MAX && found.length <= TOOLS_MAX; page++) {
        const params = cursor === undefined ? {} : { cursor };
        const answer = await this.#client.request({ method: 'tools/list', params }, TOOL_PAGE, {
          timeout: CONNECT_MS,
          signal,
        });
        // Not one by one: a list may be longer than a call may have arguments.
        for (const tool of answer.tools) found.push(tool);
        if (answer.next === undefined || answer.next === cursor) break;
        cursor = answer.next;
      }
    } catch (error) {
      throw this.#explain(error, signal);
    }
    const list = readTools(this.#spec.name, found);
    return { ...list, tools: await new ForeignArguments().judge(list.tools) };
  }

  /** Calls a tool by the name that the server gives it. @throws McpError */
  async call(
    tool: { readonly name: string; readonly input_schema: Record<string, unknown> },
    input: Record<string, unknown>,
    { signal, timeout_ms, onProgress }: CallOptions,
  ): Promise<ForeignResult> {
    const { name, input_schema } = tool;
    try {
      return await this.#client.callTool(
        { name, arguments: input },
        {
          signal,
          timeout: timeout_ms,
          onprogress: ({ progress, total, message }) =>
            onProgress(
              message ?? (total === undefined ? `${progress}` : `${progress} of ${total}`),
            ),
          // Some parameters travel as headers too; the schema says which.
          toolDefinition: { name, inputSchema: { ...input_schema, type: 'object' } },
        },
      );
    } catch (error) {
      throw this.#explain(error, signal);
    }
  }

  /** Ends the connection, and the process behind it. Never throws. */
  async close(): Promise<void> {
    this.#over.resolve();
    const { transport } = this.#client;
    // Servers of former revisions keep something for each session until they are told that it is over.
    if (transport?.sessionId !== undefined && 'terminateSession' in transport) {
      const ended = (transport as StreamableHTTPClientTransport).terminateSession().catch(() => {});
      await Promise.race([ended, this.#clock.sleep(FAREWELL_MS)]);
    }
    await closeQuietly(this.#client, this.#client.transport);
  }

  #explain(thrown: unknown, signal: AbortSignal): McpError {
    const why_over = this.#whyOver();
    const { error, is_over } = explainFailure(this.#spec.name, thrown, { signal, why_over });
    if (is_over) this.#over.resolve();
    return error;
  }
}

async function makeTransport({ reach }: McpServerSpec, ports: SessionPorts): Promise<Transport> {
  if (reach.type === 'stdio') return new StdioTransport(reach, ports);
  const headers = await reach.headers();
  return new ports.sdk.StreamableHTTPClientTransport(new URL(reach.url), {
    fetch: reach.fetch,
    requestInit: { headers },
    onInsufficientScope: 'throw',
  });
}

async function closeQuietly(client: Client, transport: Transport | undefined): Promise<void> {
  await client.close().catch(() => {});
  await transport?.close().catch(() => {});
}

function acceptAnything<T>(): JsonSchemaValidator<T> {
  return (input) => ({ valid: true, data: input as T, errorMessage: undefined });
}

interface ToolPage {
  readonly tools: readonly ForeignTool[];
  readonly next: string | undefined;
}

/** Takes a page whose tools may be anything: one that is wrong must not hide the others. */
const TOOL_PAGE: StandardSchemaV1<unknown, ToolPage> = {
  '~standard': {
    version: 1,
    vendor: 'cairn',
    validate(value) {
      const { tools, nextCursor } = value as { tools?: unknown; nextCursor?: unknown };
      if (!Array.isArray(tools)) return { issues: [{ message: 'tools must be a list' }] };
      const next = typeof nextCursor === 'string' ? nextCursor : undefined;
      const objects = tools.map((tool: unknown) => Object(tool) as ForeignTool);
      return { value: { tools: objects, next } };
    },
  },
};
