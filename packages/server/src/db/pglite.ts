import { fsyncSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { PGlite, types, type Transaction } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { messageOf } from '../base/index.ts';
import { DatabaseError, type Database, type Handle, type Statement } from './contract.ts';
import { TransactionScope } from './inside-transaction.ts';
import { parseBigint, parseTimestamp } from './parse-values.ts';

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

  return {
    capabilities: { label: 'PGlite (embedded)', connections: 1, is_shared: false },
    query(statement) {
      scope.assertOutside();
      return outer.query(statement);
    },
    exec(text) {
      scope.assertOutside();
      return outer.exec(text);
    },
    transaction(work) {
      scope.assertOutside();
      return scope.run(() =>
        instance.transaction(async (tx) => {
          if (schema) await tx.exec(searchPath(schema, true));
          return work(handleOn(tx));
        }),
      );
    },
    // One process has the data, so a hint need not leave it.
    async notify(channel, payload) {
      for (const receive of receivers.get(channel) ?? []) queueMicrotask(() => receive(payload));
    },
    async listen(channel, receive) {
      const set = receivers.get(channel) ?? new Set();
      receivers.set(channel, set.add(receive));
      return async () => {
        set.delete(receive);
      };
    },
    async close() {
      if (!options.instance && !instance.closed) await instance.close();
    },
  };
}

/** Opens the engine with what every schema needs. */
export async function openInstance(folder?: string): Promise<PGlite> {
  if (folder) await mkdir(folder, { recursive: true, mode: 0o700 });
  const instance = await PGlite.create({
    ...(folder ? { dataDir: folder, startParams: DURABLE } : {}),
    extensions: { vector },
    parsers: { [types.INT8]: parseBigint, [types.TIMESTAMPTZ]: parseTimestamp },
  });
  if (folder) makeSyncReal(instance);
  await instance.exec("set timezone to 'UTC'");
  return instance;
}

/** The engine's own parameters without `-F`, which turns fsync off; of the sync methods only `fsync` reaches the file layer. */
const DURABLE = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
  '-c',
  'wal_sync_method=fsync',
];

/**
 * The engine's file layer has no fsync: PostgreSQL asks for it and nothing happens. This gives it one, so that a commit
 * is on disk before it is acknowledged and survives a power cut, not only the end of the process.
 */
function makeSyncReal(instance: PGlite): void {
  const layer = instance.Module.FS as unknown as {
    filesystems: { NODEFS: { stream_ops: { fsync?: (stream: { nfd?: number }) => number } } };
  };
  layer.filesystems.NODEFS.stream_ops.fsync = ({ nfd }) => {
    if (nfd !== undefined) fsyncSync(nfd);
    return 0;
  };
}

function handleOn(client: PGlite | Transaction, schema?: string): Handle {
  return {
    async query<Row extends object>({ text, values }: Statement) {
      try {
        if (schema)
          return await inSchema(client as PGlite, schema, (tx) => run<Row>(tx, text, values));
        return await run<Row>(client, text, values);
      } catch (error) {
        throw asDatabaseError(error);
      }
    },
    async exec(text) {
      try {
        if (schema) await inSchema(client as PGlite, schema, (tx) => tx.exec(text));
        else await client.exec(text);
      } catch (error) {
        throw asDatabaseError(error);
      }
    },
  };
}

async function run<Row extends object>(
  client: PGlite | Transaction,
  text: string,
  values?: readonly unknown[],
) {
  const result = await client.query<Row>(text, values as unknown[] | undefined);
  return { rows: result.rows, count: result.affectedRows || result.rows.length };
}

/** All tests of a worker share one connection, so each statement says for itself which schema it means. */
function inSchema<T>(
  instance: PGlite,
  schema: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return instance.transaction(async (tx) => {
    await tx.exec(searchPath(schema, true));
    return work(tx);
  });
}

function searchPath(schema: string, local: boolean): string {
  return `set ${local ? 'local ' : ''}search_path to "${schema}", public`;
}

function asDatabaseError(error: unknown): unknown {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  if (typeof code !== 'string') return error;
  return new DatabaseError(
    messageOf(error),
    code,
    typeof constraint === 'string' ? constraint : null,
    error,
  );
}
