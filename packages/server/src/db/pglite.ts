import { fsyncSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { PGlite, Transaction } from '@electric-sql/pglite';
import { messageOf } from '../base/index.ts';
import { DatabaseError, type Database, type Handle, type Statement } from './contract.ts';
import { runWork, TransactionScope } from './inside-transaction.ts';
import { parseBigint, parseTimestamp } from './parse-values.ts';
import { readSqlState } from './read-sqlstate.ts';

export interface PgliteOptions {
  /** The folder that holds the data; absent keeps everything in memory, as tests do. */
  readonly folder?: string;
  readonly schema?: string;
  /** An instance to share, as tests do: opening one takes seconds. It is not closed with the database. */
  readonly instance?: PGlite;
}

/** PostgreSQL inside this process: one connection, one process, nothing to install. */
export async function openPglite(options: PgliteOptions): Promise<Database> {
  const { schema } = options;
  const instance = options.instance ?? (await openInstance(options.folder));
  if (schema) await instance.exec(`create schema if not exists "${schema}"`);
  const scope = new TransactionScope();
  const receivers = new Map<string, Set<(payload: string | null) => void>>();
  const outer = handleOn(instance, schema);

  let closed: Promise<void> | null = null;

  return {
    capabilities: { label: 'PGlite (embedded)', connections: 1, is_shared: false },
    async query(statement) {
      scope.assertOutside();
      return outer.query(statement);
    },
    async exec(text) {
      scope.assertOutside();
      return outer.exec(text);
    },
    async transaction(work) {
      scope.assertOutside();
      const whole = () =>
        instance.transaction(async (tx) => {
          if (schema) await tx.exec(searchPath(schema));
          return runWork(handleOn(tx), work);
        });
      // The commit can fail too, on a constraint that is checked only then.
      return scope.run(whole).catch(rethrow);
    },
    // One process has the data, so a hint need not leave it.
    async notify(channel, payload) {
      for (const receive of receivers.get(channel) ?? [])
        queueMicrotask(() => {
          if (receivers.get(channel)?.has(receive)) receive(payload);
        });
    },
    async listen(channel, receive) {
      // Each call is its own entry, also when the same function listens twice.
      const entry = (payload: string | null) => receive(payload);
      const set = receivers.get(channel) ?? new Set();
      receivers.set(channel, set.add(entry));
      return async () => {
        set.delete(entry);
        if (set.size === 0 && receivers.get(channel) === set) receivers.delete(channel);
      };
    },
    close() {
      receivers.clear();
      closed ??= options.instance || instance.closed ? Promise.resolve() : instance.close();
      return closed;
    },
  };
}

/** Opens the engine with what every schema needs. */
export async function openInstance(folder?: string): Promise<PGlite> {
  if (folder) await mkdir(folder, { recursive: true, mode: 0o700 });
  // Loaded when needed: a server on PostgreSQL would carry its 13 MB for nothing.
  const { PGlite, types } = await import('@electric-sql/pglite');
  const { vector } = await import('@electric-sql/pglite-pgvector');
  const startParams = durable(PGlite.defaultStartParams);
  const instance = await PGlite.create({
    ...(folder ? { dataDir: folder, startParams } : {}),
    extensions: { vector },
    parsers: { [types.INT8]: parseBigint, [types.TIMESTAMPTZ]: parseTimestamp },
  });
  if (folder) makeSyncReal(instance);
  await instance.exec("set timezone to 'UTC'");
  return instance;
}

/** The engine's own parameters without `-F`, which turns fsync off; of the sync methods only `fsync` reaches the file layer. */
function durable(parameters: readonly string[]): string[] {
  return [...parameters.filter((each) => each !== '-F'), '-c', 'wal_sync_method=fsync'];
}

/**
 * The engine's file layer has no fsync: PostgreSQL asks for it and nothing happens. This gives it one, so that a commit
 * is on disk before it is acknowledged and survives a power cut, not only the end of the process.
 */
function makeSyncReal(instance: PGlite): void {
  const layer = instance.Module.FS as unknown as {
    filesystems: { NODEFS: { stream_ops: { fsync?: (stream: { nfd?: number }) => number } } };
  };
  layer.filesystems.NODEFS.stream_ops.fsync = ({ nfd }) => {
    try {
      if (nfd !== undefined) fsyncSync(nfd);
    } catch (error) {
      endProcess(error);
    }
    return 0;
  };
}

/**
 * Ends this process, as PostgreSQL does after a failed fsync: nobody knows what is on disk then, and only a new start,
 * from the log, finds out. The engine's own panic would not end anything: it leaves an endless loop behind.
 */
function endProcess(error: unknown): never {
  writeSync(
    2,
    `The disk does not keep the data (${messageOf(error)}); Cairn stops. Nothing acknowledged is lost.\n`,
  );
  process.exit(EXIT_IO_ERROR);
}

/** EX_IOERR of sysexits.h. */
const EXIT_IO_ERROR = 74;

function handleOn(client: PGlite | Transaction, schema?: string): Handle {
  return {
    query<Row extends object>({ text, values }: Statement) {
      const query = (target: PGlite | Transaction) => run<Row>(target, text, values);
      return (schema ? inSchema(client as PGlite, schema, query) : query(client)).catch(rethrow);
    },
    async exec(text) {
      const exec = (target: PGlite | Transaction) => target.exec(text);
      await (schema ? inSchema(client as PGlite, schema, exec) : exec(client)).catch(rethrow);
    },
  };
}

async function run<Row extends object>(
  client: PGlite | Transaction,
  text: string,
  values?: readonly unknown[],
) {
  const result = await client.query<Row>(text, values as unknown[] | undefined);
  await breath.take();
  return { rows: result.rows, count: result.affectedRows || result.rows.length };
}

/** How long statements may follow one another before timers and sockets get their turn, in milliseconds. */
const BREATH_MS = 8;

/**
 * The engine works in this thread and never waits for a socket, so a chain of statements would run on promises alone
 * and keep timers, requests and Ctrl-C waiting for as long as it lasts. There is one event loop, so one of these.
 */
class Breath {
  #last_ms = 0;

  async take(): Promise<void> {
    const now_ms = performance.now();
    if (now_ms - this.#last_ms < BREATH_MS) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#last_ms = performance.now();
  }
}

const breath = new Breath();

/** All tests of a worker share one connection, so each statement says for itself which schema it means. */
function inSchema<T>(
  instance: PGlite,
  schema: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return instance.transaction(async (tx) => {
    await tx.exec(searchPath(schema));
    return work(tx);
  });
}

function searchPath(schema: string): string {
  return `set local search_path to "${schema}", public`;
}

function rethrow(error: unknown): never {
  const { state, constraint } = readSqlState(error);
  if (state === null || error instanceof DatabaseError) throw error;
  // The engine hangs the statement and its values on the error, and with them what may be secret.
  for (const name of ['query', 'params', 'queryOptions'])
    Reflect.deleteProperty(error as object, name);
  throw new DatabaseError(messageOf(error), state, constraint, error);
}
