import type { PGlite } from '@electric-sql/pglite';
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { silentLog } from '../base/index.ts';
import type { Database } from './contract.ts';
import { migrate } from './migrate.ts';
import { openInstance, openPglite } from './pglite.ts';
import { openPostgres } from './postgres.ts';

/** Set by `npm run test:services`: the same tests then run on a real server. */
export const POSTGRES_URL = process.env['CAIRN_TEST_POSTGRES_URL'];

// Opening an instance takes seconds, so the tests of one worker share it, each in a schema of its own.
let shared: Promise<PGlite> | null = null;

/** Opens an empty database for one test: a new schema, dropped when the test has finished. */
export async function openEmptyDatabase(schema = newSchemaName()): Promise<Database> {
  const db =
    POSTGRES_URL === undefined
      ? await openPglite({ instance: await (shared ??= openInstance()), schema })
      : await openPostgres({ url: POSTGRES_URL, pool_size: 8, schema, log: silentLog });
  onTestFinished(async () => {
    await db.exec(`drop schema if exists "${schema}" cascade`).catch(() => {});
    await db.close();
  });
  return db;
}

/** Opens a database for one test with all tables. */
export async function openTestDatabase(schema?: string): Promise<Database> {
  const db = await openEmptyDatabase(schema);
  await migrate(db, silentLog);
  return db;
}

export function newSchemaName(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}
