import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLog, silentLog } from '../base/index.ts';
import type { Database } from './contract.ts';
import { migrate, MigrationError, readMigrations, type Migration } from './migrate.ts';
import { openPostgres } from './postgres.ts';
import { newSchemaName, openEmptyDatabase, POSTGRES_URL } from './testing.ts';

function migration(name: string, text: string): Migration {
  return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
}

const ONE = migration(
  '0001_a_one.sql',
  'create table one (n integer); insert into one values (1);',
);
const TWO = migration('0002_a_two.sql', 'alter table one add m integer; update one set m = n + 1;');
const THREE = migration('0003_b_three.sql', 'create table three (n integer);');

async function readHistory(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>({
    text: 'select name from schema_migrations order by name',
  });
  return rows.map(({ name }) => name);
}

async function hasTable(db: Database, name: string): Promise<boolean> {
  const { rows } = await db.query({
    text: 'select from pg_tables where schemaname = current_schema() and tablename = $1',
    values: [name],
  });
  return rows.length === 1;
}

describe('migrate', () => {
  it('applies what is missing, in order, and says how many; a second run does nothing', async () => {
    const db = await openEmptyDatabase();
    expect(await migrate(db, silentLog, [ONE, TWO])).toBe(2);
    expect((await db.query({ text: 'select n, m from one' })).rows).toEqual([{ n: 1, m: 2 }]);
    expect(await migrate(db, silentLog, [ONE, TWO])).toBe(0);
    expect(await migrate(db, silentLog, [ONE, TWO, THREE])).toBe(1);
    expect(await readHistory(db)).toEqual([ONE.name, TWO.name, THREE.name]);
    expect((await db.query({ text: 'select n, m from one' })).rows).toEqual([{ n: 1, m: 2 }]);
  });

  it('applies the migrations of this release', async () => {
    const db = await openEmptyDatabase();
    const release = await readMigrations();
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => void lines.push(line) });
    expect(await migrate(db, log)).toBe(release.length);
    expect(await migrate(db, log)).toBe(0);
    expect(await readHistory(db)).toEqual(release.map(({ name }) => name));
    expect(lines).toHaveLength(release.length);
  });

  it('leaves one history when 10 migrate at once', async () => {
    const schema = newSchemaName();
    const db = await openEmptyDatabase(schema);
    const all = [db, db, db, db, db, db, db, db, db, db];
    const counts = await Promise.all(all.map((each) => migrate(each, silentLog)));
    const release = await readMigrations();
    expect(counts.toSorted((a, b) => b - a)).toEqual([release.length, ...Array<number>(9).fill(0)]);
    expect(await readHistory(db)).toEqual(release.map(({ name }) => name));
  });

  it('refuses a migration that was changed after it was applied', async () => {
    const db = await openEmptyDatabase();
    await migrate(db, silentLog, [ONE, TWO]);
    const changed = migration(ONE.name, `${ONE.text} -- better`);
    const failing = migrate(db, silentLog, [changed, TWO, THREE]);
    await expect(failing).rejects.toThrow(
      new MigrationError(
        'migration 0001_a_one.sql is not the one that was applied as 0001_a_one.sql: restore its file, and put changes in a new one',
      ),
    );
    expect(await readHistory(db)).toEqual([ONE.name, TWO.name]);
    expect(await hasTable(db, 'three')).toBe(false);
  });

  it('refuses when the file of an applied migration is gone, or another stands in its place', async () => {
    const db = await openEmptyDatabase();
    await migrate(db, silentLog, [ONE, TWO]);
    const other = migration('0002_a_other.sql', 'create table other (n integer);');
    await expect(migrate(db, silentLog, [ONE, other])).rejects.toThrow(
      /0002_a_other\.sql is not the one that was applied as 0002_a_two\.sql: restore its file/,
    );
    await expect(migrate(db, silentLog, [TWO])).rejects.toThrow(MigrationError);
    expect(await hasTable(db, 'other')).toBe(false);
  });

  it('refuses a database of a newer release, and says what to start', async () => {
    const db = await openEmptyDatabase();
    await migrate(db, silentLog, [ONE, TWO, THREE]);
    await expect(migrate(db, silentLog, [ONE, TWO])).rejects.toThrow(
      new MigrationError(
        'the database has migration 0003_b_three.sql, which this release does not know: start a newer release',
      ),
    );
  });

  it('leaves nothing behind when a migration fails, and can be run again', async () => {
    const db = await openEmptyDatabase();
    await migrate(db, silentLog, [ONE]);
    const bad = migration('0003_b_three.sql', 'create table three (n integer); select 1/0;');
    await expect(migrate(db, silentLog, [ONE, TWO, bad])).rejects.toMatchObject({ state: '22012' });
    expect(await readHistory(db)).toEqual([ONE.name]);
    expect(await hasTable(db, 'three')).toBe(false);
    await expect(db.query({ text: 'select m from one' })).rejects.toMatchObject({ state: '42703' });
    expect(await migrate(db, silentLog, [ONE, TWO, THREE])).toBe(2);
  });

  it('leaves no table of its own when the first migration of all fails', async () => {
    const db = await openEmptyDatabase();
    const bad = migration('0001_a_one.sql', 'select 1/0;');
    await expect(migrate(db, silentLog, [bad])).rejects.toMatchObject({ state: '22012' });
    expect(await hasTable(db, 'schema_migrations')).toBe(false);
  });
});

const skip = POSTGRES_URL === undefined ? ' (skipped: set CAIRN_TEST_POSTGRES_URL)' : '';
describe.skipIf(skip !== '')(`migrate on PostgreSQL from many processes${skip}`, () => {
  async function openPool(schema: string): Promise<Database> {
    const db = await openPostgres({
      url: POSTGRES_URL ?? '',
      pool_size: 2,
      schema,
      log: silentLog,
    });
    onTestFinished(() => db.close());
    return db;
  }

  it('leaves one history when 10 pools migrate at once', async () => {
    const schema = newSchemaName();
    const db = await openEmptyDatabase(schema);
    const pools: Database[] = [];
    for (let index = 0; index < 10; index++) pools.push(await openPool(schema));
    const counts = await Promise.all(pools.map((pool) => migrate(pool, silentLog)));
    const release = await readMigrations();
    expect(counts.filter((count) => count > 0)).toEqual([release.length]);
    expect(await readHistory(db)).toEqual(release.map(({ name }) => name));
  });

  it('waits for a migration that takes longer than a statement may wait for a lock', async () => {
    const schema = newSchemaName();
    const slow = await openEmptyDatabase(schema);
    const other = await openPool(schema);
    const impatient: Database = {
      ...other,
      transaction: (work) =>
        other.transaction(async (tx) => {
          await tx.exec('set local lock_timeout = 50');
          return work(tx);
        }),
    };
    const begun = Promise.withResolvers<void>();
    const first = migrate(
      {
        ...slow,
        transaction: (work) =>
          slow.transaction((tx) =>
            work({
              query: (statement) => tx.query(statement),
              async exec(text) {
                // From here on it holds the lock.
                if (text.includes('pg_sleep')) begun.resolve();
                await tx.exec(text);
              },
            }),
          ),
      },
      silentLog,
      [migration('0001_a_one.sql', 'select pg_sleep(0.5); create table one (n integer);')],
    );
    await begun.promise;
    const text = 'select pg_sleep(0.5); create table one (n integer);';
    expect(await migrate(impatient, silentLog, [migration('0001_a_one.sql', text)])).toBe(0);
    expect(await first).toBe(1);
  });
});

describe('readMigrations', () => {
  async function makeFolder(names: readonly string[]): Promise<URL> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'cairn-migrations-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const name of names) await writeFile(path.join(folder, name), `-- ${name}`);
    return pathToFileURL(`${folder}/`);
  }

  it('reads them in the order of their numbers, and nothing else in the folder', async () => {
    const folder = await makeFolder([
      '0002_b_y.sql',
      'README.md',
      '0001_a_x_2.sql',
      '0003_a_z.sql',
    ]);
    const read = await readMigrations(folder);
    expect(read.map(({ name }) => name)).toEqual([
      '0001_a_x_2.sql',
      '0002_b_y.sql',
      '0003_a_z.sql',
    ]);
    expect(read[0]?.text).toBe('-- 0001_a_x_2.sql');
    expect(read[0]?.checksum).toBe(migration('', '-- 0001_a_x_2.sql').checksum);
  });

  it.each([
    { why: 'a number is missing', names: ['0001_a_x.sql', '0003_a_y.sql'], wrong: '0003_a_y.sql' },
    { why: 'a number comes twice', names: ['0001_a_x.sql', '0001_b_y.sql'], wrong: '0001_b_y.sql' },
    { why: 'they do not begin at 1', names: ['0002_a_x.sql'], wrong: '0002_a_x.sql' },
    { why: 'there is no module', names: ['0001_x.sql'], wrong: '0001_x.sql' },
    { why: 'the number is short', names: ['001_a_x.sql'], wrong: '001_a_x.sql' },
    { why: 'there are capitals', names: ['0001_a_X.sql'], wrong: '0001_a_X.sql' },
    { why: 'there are hyphens', names: ['0001_a-x.sql'], wrong: '0001_a-x.sql' },
  ])('refuses a folder in which $why', async ({ names, wrong }) => {
    await expect(readMigrations(await makeFolder(names))).rejects.toThrow(
      `migration ${wrong} is out of order or not named NNNN_module_what.sql`,
    );
  });
});
