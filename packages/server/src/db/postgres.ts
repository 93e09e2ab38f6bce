import { Client, Pool, types, type PoolClient, type QueryConfig } from 'pg';
import { messageOf, systemClock, type Log } from '../base/index.ts';
import {
  DatabaseError,
  type Database,
  type Handle,
  type Result,
  type Statement,
} from './contract.ts';
import { TransactionScope } from './inside-transaction.ts';
import { parseBigint, parseTimestamp } from './parse-values.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Connections of the pool, besides one for hints. */
  readonly pool_size: number;
  /** The schema that tables live in; `public` when absent. Tests give each its own. */
  readonly schema?: string;
  readonly log: Log;
}

const INT8 = types.builtins.INT8;
const TIMESTAMPTZ = types.builtins.TIMESTAMPTZ;

/** PostgreSQL 15 or newer, over a pool of connections. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { log, schema = 'public' } = options;
  const connection = {
    connectionString: options.url,
    application_name: 'cairn',
    // A statement that waits on a lock for this long has met a fault; better an error than a hung request.
    options: `-c search_path=${quoteIdentifier(schema)},public -c timezone=UTC -c lock_timeout=30000 -c idle_in_transaction_session_timeout=60000`,
    types: {
      getTypeParser(oid: number, format?: 'text' | 'binary') {
        if (oid === INT8) return parseBigint;
        if (oid === TIMESTAMPTZ) return parseTimestamp;
        return types.getTypeParser(oid, format);
      },
    },
  };
  const pool = new Pool({ ...connection, max: options.pool_size, idleTimeoutMillis: 30_000 });
  pool.on('error', (error) =>
    log.warn({ reason: error.message }, 'an idle database connection broke'),
  );
  const hints = new HintConnection(() => new Client(connection), log);
  const scope = new TransactionScope();
  const outer = handleOn(pool);

  if (schema !== 'public')
    await pool.query(`create schema if not exists ${quoteIdentifier(schema)}`);
  else await pool.query('select 1');

  return {
    capabilities: { label: 'PostgreSQL', connections: options.pool_size, is_shared: true },
    query(statement) {
      scope.assertOutside();
      return outer.query(statement);
    },
    exec(text) {
      scope.assertOutside();
      return outer.exec(text);
    },
    async transaction(work) {
      scope.assertOutside();
      const client = await pool.connect().catch(rethrow);
      let broken = false;
      try {
        const tx = handleOn(client);
        await tx.exec('begin');
        const answer = await scope.run(() => work(tx));
        await tx.exec('commit');
        return answer;
      } catch (error) {
        await client.query('rollback').catch(() => {
          broken = true;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },
    async notify(channel, payload) {
      await pool
        .query('select pg_notify($1, $2)', [channelName(schema, channel), payload])
        .catch(rethrow);
    },
    listen: (channel, receive) => hints.listen(channelName(schema, channel), receive),
    async close() {
      await hints.close();
      if (!pool.ended) await pool.end();
    },
  };
}

function handleOn(client: Pool | PoolClient): Handle {
  return {
    async query<Row extends object>(statement: Statement): Promise<Result<Row>> {
      const result = await client.query<Row>(toConfig(statement)).catch(rethrow);
      return { rows: result.rows, count: result.rowCount ?? 0 };
    },
    async exec(text) {
      await client.query(text).catch(rethrow);
    },
  };
}

function toConfig({ text, values, name }: Statement): QueryConfig {
  return {
    text,
    ...(values ? { values: values as unknown[] } : {}),
    ...(name ? { name } : {}),
  };
}

function rethrow(error: unknown): never {
  const { code, constraint } = error as { code?: string; constraint?: string };
  // A SQLSTATE has five characters; codes such as ECONNRESET come from the socket.
  const state = code?.length === 5 && code !== 'EPIPE' ? code : null;
  throw new DatabaseError(messageOf(error), state, constraint ?? null, error);
}

/** Channels are shared by all schemas of a database, so the schema is part of the name. Names have at most 63 bytes. */
function channelName(schema: string, channel: string): string {
  return `cairn:${schema}:${channel}`.slice(0, 63);
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The one connection that listens. It comes back by itself after a break and then says so to every listener. */
class HintConnection {
  readonly #connect: () => Client;
  readonly #log: Log;
  readonly #listeners = new Map<string, Set<(payload: string | null) => void>>();
  #client: Promise<Client> | null = null;
  #closed = false;
  #retry_ms = 0;

  constructor(connect: () => Client, log: Log) {
    this.#connect = connect;
    this.#log = log;
  }

  async listen(
    channel: string,
    receive: (payload: string | null) => void,
  ): Promise<() => Promise<void>> {
    const known = this.#listeners.get(channel);
    const set = known ?? new Set();
    set.add(receive);
    this.#listeners.set(channel, set);
    const client = await this.#connected();
    if (!known) await client.query(`listen ${quoteIdentifier(channel)}`).catch(rethrow);
    return async () => {
      set.delete(receive);
      if (set.size > 0 || !this.#listeners.delete(channel) || this.#closed) return;
      const current = await this.#client?.catch(() => null);
      await current?.query(`unlisten ${quoteIdentifier(channel)}`).catch(() => {});
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#client?.catch(() => null);
    this.#client = null;
    await client?.end().catch(() => {});
  }

  #connected(): Promise<Client> {
    this.#client ??= this.#open().catch((error: unknown) => {
      this.#client = null;
      throw error;
    });
    return this.#client;
  }

  async #open(): Promise<Client> {
    const client = this.#connect();
    client.on('notification', ({ channel, payload }) => {
      for (const receive of this.#listeners.get(channel) ?? []) receive(payload ?? '');
    });
    client.on('error', () => {});
    client.on('end', () => this.#lost());
    await client.connect().catch(rethrow);
    for (const channel of this.#listeners.keys()) {
      await client.query(`listen ${quoteIdentifier(channel)}`).catch(rethrow);
    }
    this.#retry_ms = 0;
    return client;
  }

  #lost(): void {
    if (this.#closed) return;
    this.#client = null;
    this.#log.warn({}, 'the connection for hints broke; listening again');
    const retry = () => {
      if (this.#closed || this.#listeners.size === 0) return;
      this.#connected().then(
        () => {
          for (const set of this.#listeners.values()) for (const receive of set) receive(null);
        },
        () => this.#lost(),
      );
    };
    this.#retry_ms = Math.min(2_000, this.#retry_ms * 2 || 50);
    systemClock.after(this.#retry_ms, retry);
  }
}
