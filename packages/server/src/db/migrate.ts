import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import type { Log } from '../base/index.ts';
import type { Database, Handle } from './contract.ts';

const FOLDER = new URL('../../migrations/', import.meta.url);
const FILE_NAME = /^(\d{4})_[a-z]+_[a-z0-9_]+\.sql$/;

export interface Migration {
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

/** The migrations of this release, in order: `migrations/NNNN_module_what.sql`. They are only ever added to. */
export async function readMigrations(folder: URL = FOLDER): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  const wrong = names.find((name, index) => Number(FILE_NAME.exec(name)?.[1]) !== index + 1);
  if (wrong)
    throw new Error(`migration ${wrong} is out of order or not named NNNN_module_what.sql`);
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/**
 * Brings the database up to this release, all or nothing, and says how many migrations ran.
 * Any number of processes may call it at once: a lock lets one work while the others wait and then find nothing to do.
 * @throws MigrationError when an applied migration was changed or removed, or the database is newer than this program.
 */
export async function migrate(
  db: Database,
  log: Log,
  migrations?: readonly Migration[],
): Promise<number> {
  const known = migrations ?? (await readMigrations());
  return db.transaction(async (tx) => {
    // The lock comes before the table, because two `create table if not exists` at once can fail. Whoever waits for
    // it waits for as long as the other migrates, not only for as long as a statement may wait for a lock.
    await tx.exec('set local lock_timeout = 0');
    await tx.query({
      text: "select pg_advisory_xact_lock(hashtext('cairn:migrate:' || current_schema()))",
    });
    await tx.exec('set local lock_timeout = default');
    const applied = await readApplied(tx);
    assertSameHistory(applied, known);
    for (const migration of known.slice(applied.length)) {
      log.info({ migration: migration.name }, 'migrating');
      await tx.exec(migration.text);
      await tx.query({
        text: 'insert into schema_migrations (name, checksum) values ($1, $2)',
        values: [migration.name, migration.checksum],
      });
    }
    return known.length - applied.length;
  });
}

/** Whether the database has all migrations of this release. @throws DatabaseError when it does not answer */
export async function isMigrated(db: Database): Promise<boolean> {
  const [known, { rows }] = await Promise.all([
    readMigrations(),
    db.query<{ name: string }>({ text: 'select name from schema_migrations' }),
  ]);
  const applied = new Set(rows.map(({ name }) => name));
  return known.every(({ name }) => applied.has(name));
}

interface Applied {
  name: string;
  checksum: string;
}

async function readApplied(tx: Handle): Promise<Applied[]> {
  await tx.exec(
    `create table if not exists schema_migrations (
      name text primary key, checksum text not null, applied_at timestamptz(3) not null default now())`,
  );
  const { rows } = await tx.query<Applied>({
    text: 'select name, checksum from schema_migrations order by name',
  });
  return rows;
}

/** The stored history and the release disagree; nothing was changed. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

function assertSameHistory(applied: readonly Applied[], known: readonly Migration[]): void {
  for (const [index, row] of applied.entries()) {
    const migration = known[index];
    if (!migration) {
      throw new MigrationError(
        `the database has migration ${row.name}, which this release does not know: start a newer release`,
      );
    }
    if (migration.name !== row.name || migration.checksum !== row.checksum) {
      throw new MigrationError(
        `migration ${migration.name} is not the one that was applied as ${row.name}: restore its file, and put changes in a new one`,
      );
    }
  }
}
