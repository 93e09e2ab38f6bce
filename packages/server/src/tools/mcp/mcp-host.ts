import { MCP_SCHEMAS } from '@cairn/protocol';
import { checksum, messageOf, type Clock, type Log, type Service } from '../../base/index.ts';
import type { LogTail } from '../../events/index.ts';
import type { Secrets } from '../../secrets/index.ts';
import {
  McpError,
  type FetchLike,
  type McpReport,
  type McpSdk,
  type McpServerSpec,
} from './contract.ts';
import type { ForeignResult } from './convert-result.ts';
import { McpConnection } from './mcp-connection.ts';
import type { CallOptions } from './mcp-session.ts';
import type { ServerRow } from './mcp-store.ts';
import { readServerRecord } from './read-server-record.ts';
import { removeFound, writeStatus, writeTools, type FoundPorts } from './write-found.ts';

/** How often a status that could not be written is tried again. */
const RETRY_MS = 5_000;

export interface McpHostPorts extends FoundPorts {
  /** From the administrator's file. They come first: a record cannot take their names. */
  readonly servers: readonly McpServerSpec[];
  readonly secrets: Secrets;
  readonly tail: LogTail;
  /** Reaches what records name. */
  readonly fetch: FetchLike;
  readonly allow_private: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly refresh_s: number;
  readonly records_max: number;
}

interface Mounted {
  readonly connection: McpConnection;
  /** The record and its version; null for a server of the file. */
  readonly source: { readonly id: string; readonly mark: string } | null;
}

/** Connects to the servers of this process's tenants, tells what they have, and calls their tools. */
export class McpHost implements Service {
  readonly name = 'mcp servers';
  readonly #ports: McpHostPorts;
  /** By tenant and name. */
  readonly #mounted = new Map<string, Mounted>();
  readonly #stopping = new AbortController();
  #unlisten: () => void = () => {};
  #is_started = false;
  /** One thing after the other: what was told first must not be overwritten by what came before. */
  #work: Promise<void> = Promise.resolve();

  constructor(ports: McpHostPorts) {
    this.#ports = ports;
  }

  async start(): Promise<void> {
    if (this.#is_started) return;
    this.#is_started = true;
    for (const spec of this.#ports.servers) {
      const connection = this.#connect(spec);
      for (const owner_id of spec.owners)
        this.#mounted.set(keyOf(owner_id, spec.name), { connection, source: null });
    }
    this.#unlisten = this.#ports.tail.onEvents((events) => {
      const changed = events.filter(({ schema_name }) => schema_name === MCP_SCHEMAS.server);
      for (const owner_id of new Set(changed.map((event) => event.owner_id)))
        this.#enqueue(() => this.#readRecords(owner_id));
    });
    this.#enqueue(() => this.#readRecords(null));
  }

  async stop(): Promise<void> {
    this.#unlisten();
    this.#stopping.abort();
    const connections = new Set([...this.#mounted.values()].map(({ connection }) => connection));
    await Promise.all([...connections].map((connection) => connection.stop()));
    await this.#work;
  }

  /** Calls a tool of a server by the name that models know it by. @throws McpError */
  call(
    owner_id: string,
    server: string,
    name: string,
    input: Record<string, unknown>,
    options: CallOptions,
  ): Promise<ForeignResult> {
    const mounted = this.#mounted.get(keyOf(owner_id, server));
    if (!mounted)
      throw new McpError('mcp_unavailable', `there is no MCP server ${server} any more`);
    return mounted.connection.call(name, input, options);
  }

  #connect(spec: McpServerSpec): McpConnection {
    const { clock, log, random, refresh_s } = this.#ports;
    const connection = new McpConnection(spec, {
      clock,
      log,
      random,
      refresh_ms: refresh_s * 1_000,
      loadSdk,
      report: (report) => this.#take(connection, report),
    });
    connection.start();
    return connection;
  }

  #take(connection: McpConnection, report: McpReport): void {
    const { spec } = connection;
    if (report.state === 'failed') {
      const { error_class, message } = report.error;
      this.#ports.log.warn(
        { server: spec.name, class: error_class, reason: message },
        'an MCP server is not connected',
      );
    }
    for (const owner_id of spec.owners) {
      this.#enqueue(async () => {
        // It may have been taken down meanwhile.
        if (this.#mounted.get(keyOf(owner_id, spec.name))?.connection !== connection) return;
        await this.#keep(owner_id, spec.name, report);
      });
    }
  }

  async #keep(owner_id: string, server: string, report: McpReport): Promise<void> {
    if (report.state === 'failed') {
      const { error_class, message } = report.error;
      const error = { class: error_class, message };
      return writeStatus(this.#ports, owner_id, { server, state: 'failed', error });
    }
    const { protocol_version, list } = report;
    const tools = { server, tools: [...list.tools], tools_left_out: list.left_out };
    await writeTools(this.#ports, owner_id, tools);
    await writeStatus(this.#ports, owner_id, {
      server,
      state: 'ready',
      error: null,
      protocol_version,
    });
  }

  /** Brings what is mounted in line with the records of a tenant, or of all. */
  async #readRecords(owner_id: string | null): Promise<void> {
    const { store, records_max } = this.#ports;
    const rows = records_max === 0 ? [] : await store.servers(owner_id, records_max);
    const kept = new Set<string>();
    for (const row of rows) await this.#mount(row, kept);
    for (const [key, { connection, source }] of this.#mounted) {
      const is_asked = owner_id === null || key.startsWith(`${owner_id} `);
      if (!is_asked || source === null || kept.has(key)) continue;
      this.#mounted.delete(key);
      await connection.stop();
      const [owner = '', server = ''] = key.split(' ');
      await removeFound(this.#ports, owner, server);
    }
    await this.#forgetOthers(owner_id, kept);
  }

  /** `kept` gathers what has a place: of two records with one name the first keeps it. */
  async #mount(row: ServerRow, kept: Set<string>): Promise<void> {
    const read = readServerRecord(row, this.#ports);
    if (!read) return;
    const key = keyOf(row.owner_id, read.name);
    const present = this.#mounted.get(key);
    if (kept.has(key) || present?.source === null) return;
    if ('refusal' in read) {
      kept.add(`refused ${key}`);
      const { refusal: error, name: server } = read;
      await removeFound(this.#ports, row.owner_id, server, [MCP_SCHEMAS.tools]);
      await writeStatus(this.#ports, row.owner_id, { server, state: 'failed', error });
      return;
    }
    const is_room =
      present !== undefined ||
      this.#mounted.size < this.#ports.records_max + this.#ports.servers.length;
    if (!is_room) return;
    kept.add(key);
    // A change of the record that changes nothing here leaves the connection alone.
    const mark = checksum([row.id, row.context, row.changed_by]);
    if (present?.source?.mark === mark) return;
    await present?.connection.stop();
    if (this.#stopping.signal.aborted) return;
    this.#mounted.set(key, { connection: this.#connect(read.spec), source: { id: row.id, mark } });
  }

  /** Deletes what is told of servers that nobody mounts, also of those that went while no process looked. */
  async #forgetOthers(owner_id: string | null, kept: ReadonlySet<string>): Promise<void> {
    for (const { owner_id: owner, server } of await this.#ports.store.known(owner_id)) {
      const key = keyOf(owner, server);
      if (this.#mounted.has(key) || kept.has(`refused ${key}`)) continue;
      await removeFound(this.#ports, owner, server);
    }
  }

  #enqueue(work: () => Promise<void>): void {
    this.#work = this.#work.then(() => this.#try(work));
  }

  /** Until it works or this stops: what was told once is not told again. */
  async #try(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    for (let attempt = 0; attempt < 5 && !signal.aborted; attempt++) {
      try {
        return await work();
      } catch (error) {
        this.#ports.log.warn(
          { reason: messageOf(error) },
          'what was found of MCP servers could not be kept',
        );
        await this.#ports.clock.sleep(RETRY_MS, signal);
      }
    }
  }
}

const loadSdk = (): Promise<McpSdk> => import('@modelcontextprotocol/client');

/** Neither an id nor a name has a space. */
function keyOf(owner_id: string, server: string): string {
  return `${owner_id} ${server}`;
}
