import type { Clock, Log } from '../../base/index.ts';
import {
  McpError,
  type McpReport,
  type McpSdk,
  type McpServerSpec,
  type McpToolList,
} from './contract.ts';
import type { ForeignResult } from './convert-result.ts';
import { explainFailure } from './explain-failure.ts';
import { McpSession, type CallOptions, type Handshake } from './mcp-session.ts';

/** The first wait after a failure; each further one doubles it. */
const BACKOFF_MS = 250;
const BACKOFF_MS_MAX = 60_000;
/** A connection that held for so long has proved itself: the next failure counts as the first. */
const PROVEN_MS = 30_000;
/** How long a call waits for a server that is being connected to. */
const READY_WAIT_MS = 10_000;
/** The first wait before tools are listed anew; a server whose tools change all the time waits longer each time. */
const LIST_GAP_MS = 50;
const LIST_GAP_MS_MAX = 60_000;

export interface ConnectionPorts {
  readonly loadSdk: () => Promise<McpSdk>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly refresh_ms: number;
  /** Is told when the server has connected or its list has changed, and when it could not be connected to. */
  readonly report: (report: McpReport) => void;
}

/**
 * Keeps one server connected: connects, lists its tools, lists them anew when they change and now and then, and connects
 * again when the connection ends, after waits that grow while it keeps failing.
 */
export class McpConnection {
  readonly #spec: McpServerSpec;
  readonly #ports: ConnectionPorts;
  readonly #stopping = new AbortController();
  #loop: Promise<void> | null = null;
  #session: McpSession | null = null;
  #list: McpToolList = { tools: [], left_out: 0 };
  #last_error: McpError | null = null;
  /** Resolves when there is a session. */
  #ready = Promise.withResolvers<void>();
  #handshake: Handshake = 'auto';
  #is_listing = false;
  #is_list_due = false;
  #listed_at = Number.NEGATIVE_INFINITY;
  #list_gap_ms = LIST_GAP_MS;

  constructor(spec: McpServerSpec, ports: ConnectionPorts) {
    this.#spec = spec;
    this.#ports = ports;
  }

  get spec(): McpServerSpec {
    return this.#spec;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends the connection, and its process. Calls that are under way fail. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#session?.close();
    await this.#loop;
  }

  /**
   * Calls a tool by the name that models know it by. Waits a little for a server that is being connected to; settles
   * when `signal` aborts or `timeout_ms` is over, whatever the server does. @throws McpError
   */
  async call(
    name: string,
    input: Record<string, unknown>,
    options: CallOptions,
  ): Promise<ForeignResult> {
    const session = this.#session ?? (await this.#waitForSession(options.signal));
    const tool = this.#list.tools.find((each) => each.name === name);
    if (!tool) {
      throw new McpError(
        'mcp_tool_error',
        `the MCP server ${this.#spec.name} has no tool ${name} any more`,
      );
    }
    return session.call({ name: tool.tool, input_schema: tool.input_schema }, input, options);
  }

  async #waitForSession(signal: AbortSignal): Promise<McpSession> {
    const enough = AbortSignal.any([signal, this.#stopping.signal]);
    const late = new AbortController();
    void this.#ready.promise.then(() => late.abort());
    await this.#ports.clock.sleep(READY_WAIT_MS, AbortSignal.any([enough, late.signal]));
    if (this.#session) return this.#session;
    const why = this.#last_error?.message ?? 'it did not answer yet';
    throw new McpError(
      'mcp_unavailable',
      `the MCP server ${this.#spec.name} is not connected: ${why}`,
    );
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#ports;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const began = clock.now();
      const error = await this.#serve(signal);
      if (signal.aborted) return;
      this.#last_error = error;
      this.#ports.report({ state: 'failed', error });
      failures = clock.now() - began >= PROVEN_MS ? 0 : failures + 1;
      const wait_ms = Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** Math.max(0, failures - 1));
      // Many that lost the same server must not come back at the same moment.
      await clock.sleep(wait_ms * (0.5 + random() / 2), signal);
    }
  }

  /** Connects and stays until the connection ends. Says why it did. Never throws. */
  async #serve(signal: AbortSignal): Promise<McpError> {
    let session: McpSession | null = null;
    try {
      session = await this.#open(signal);
      this.#list = await session.list(signal);
      this.#session = session;
      this.#last_error = null;
      this.#tell(session);
      this.#ready.resolve();
      await this.#stayWith(session, signal);
      return new McpError(
        'mcp_connection_lost',
        `the MCP server ${this.#spec.name} ended the connection`,
      );
    } catch (error) {
      return explainFailure(this.#spec.name, error, { signal }).error;
    } finally {
      // Who waits for the session that never came goes on waiting for the next.
      if (this.#session) this.#ready = Promise.withResolvers<void>();
      this.#session = null;
      await session?.close();
    }
  }

  async #open(signal: AbortSignal): Promise<McpSession> {
    const { loadSdk, clock, log } = this.#ports;
    const ports = { sdk: await loadSdk(), clock, log, onChanged: () => void this.#refresh() };
    try {
      return await McpSession.open(this.#spec, this.#handshake, ports, signal);
    } catch (error) {
      const may_be_old =
        this.#handshake === 'auto' &&
        this.#spec.reach.type === 'stdio' &&
        error instanceof McpError &&
        error.error_class !== 'mcp_cancelled';
      if (!may_be_old || isMissing(error)) throw error;
      // Servers of former revisions may end at a question that they do not know.
      const session = await McpSession.open(this.#spec, 'legacy', ports, signal);
      this.#handshake = 'legacy';
      return session;
    }
  }

  /** Lists anew now and then: a change that was told while nobody listened is found. */
  async #stayWith(session: McpSession, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    void session.over.then(() => over.abort());
    const stop = AbortSignal.any([over.signal, signal]);
    while (!stop.aborted) {
      await this.#ports.clock.sleep(this.#ports.refresh_ms, stop);
      if (!stop.aborted) await this.#refresh();
    }
  }

  /** Lists the tools of the present session. Of several changes at once the last is what counts. */
  async #refresh(): Promise<void> {
    this.#is_list_due = true;
    if (this.#is_listing) return;
    this.#is_listing = true;
    try {
      while (this.#is_list_due && this.#session) {
        await this.#restFromListing();
        this.#is_list_due = false;
        const session = this.#session;
        if (!session) return;
        const list = await session.list(this.#stopping.signal);
        if (session !== this.#session) return;
        this.#list = list;
        this.#tell(session);
      }
    } catch (error) {
      // What was listed before stands; a connection that is over is made anew.
      this.#ports.log.warn(
        { server: this.#spec.name, reason: (error as Error).message },
        'an MCP server did not list its tools',
      );
    } finally {
      this.#is_listing = false;
    }
  }

  /** Each list is kept as a version of a record: changes that come without end must not fill the disk. */
  async #restFromListing(): Promise<void> {
    const { clock } = this.#ports;
    const quiet_ms = clock.now() - this.#listed_at;
    const is_calm = quiet_ms > LIST_GAP_MS_MAX;
    this.#list_gap_ms = is_calm ? LIST_GAP_MS : Math.min(LIST_GAP_MS_MAX, this.#list_gap_ms * 2);
    await clock.sleep(is_calm ? 0 : this.#list_gap_ms, this.#stopping.signal);
    this.#listed_at = clock.now();
  }

  #tell({ protocol_version }: McpSession): void {
    this.#ports.report({ state: 'ready', protocol_version, list: this.#list });
  }
}

/** The command is not there; another handshake changes nothing. */
function isMissing(error: McpError): boolean {
  return error.message.includes('cannot be started');
}
