import type { PGlite } from '@electric-sql/pglite';
import { randomBytes } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { silentLog } from '../base/index.ts';
import type { Database } from './contract.ts';
import { migrate } from './migrate.ts';
import { openInstance, openPglite } from './pglite.ts';
import { openPostgres } from './postgres.ts';
import { guardDatabase } from './testing/guard-database.ts';
import { SchemaPool } from './testing/schema-pool.ts';

/** Set by `npm run test:services`: the same tests then run on a real server. */
export const POSTGRES_URL = process.env['CAIRN_TEST_POSTGRES_URL'];

// Opening an instance takes seconds, so the tests of one worker share it, each in a schema of its own.
let shared: Promise<PGlite> | null = null;

// Those of a run are dropped at its end, by the name that they begin with.
const pool = new SchemaPool(openSchema, () => `${inject('schema_prefix')}${newSchemaName()}`);

/** Opens an empty database for one test: a new schema, dropped when the test has finished. */
export async function openEmptyDatabase(schema = newSchemaName()): Promise<Database> {
  const db = await openSchema(schema);
  onTestFinished(async () => {
    await db.exec(`drop schema if exists "${schema}" cascade`).catch(() => {});
    await db.close();
  });
  return db;
}

/**
 * Opens a database for one test with all tables. It has no rows but those of the migrations, and once the test has
 * finished it answers nobody any more. A schema that is named is a new one; other processes may use it too.
 */
export async function openTestDatabase(schema?: string): Promise<Database> {
  if (schema !== undefined) {
    const named = await openEmptyDatabase(schema);
    await migrate(named, silentLog);
    return named;
  }
  const pooled = await pool.take();
  const guarded = guardDatabase(pooled.db);
  onTestFinished(async () => {
    await guarded.end();
    await pool.giveBack(pooled);
  });
  return guarded.db;
}

export function newSchemaName(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}

async function openSchema(schema: string): Promise<Database> {
  return POSTGRES_URL === undefined
    ? openPglite({ instance: await (shared ??= openInstance()), schema })
    : openPostgres({ url: POSTGRES_URL, pool_size: 8, schema, log: silentLog });
}
