import { afterAll, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../base/index.ts';
import type { Database } from '../contract.ts';
import { openInstance, openPglite } from '../pglite.ts';
import { openPostgres } from '../postgres.ts';
import { newSchemaName, POSTGRES_URL } from '../testing.ts';
import { guardDatabase } from './guard-database.ts';
import { SchemaPool } from './schema-pool.ts';

const opened = POSTGRES_URL === undefined ? openInstance() : null;
afterAll(async () => (await opened)?.close());

/** A pool of the test's own, which counts the schemas that it made. */
async function openPool() {
  const instance = await opened;
  const open = (schema: string) =>
    instance
      ? openPglite({ instance, schema })
      : openPostgres({ url: String(POSTGRES_URL), pool_size: 2, schema, log: silentLog });
  const made: string[] = [];
  const pool = new SchemaPool(open, () => {
    made.push(newSchemaName());
    return made.at(-1) ?? '';
  });
  onTestFinished(async () => {
    for (const schema of made) {
      const db = await open(schema);
      await db.exec(`drop schema if exists "${schema}" cascade`);
      await db.close();
    }
  });
  /** Gives a database to `work` and takes it back. */
  const lend = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    const pooled = await pool.take();
    const answer = await work(pooled.db);
    await pool.giveBack(pooled);
    return answer;
  };
  return { lend, pool, made };
}

/** All rows of all tables but those that say what was migrated, and where each sequence goes on. */
async function contentsOf(db: Database): Promise<Record<string, unknown>> {
  const { rows: relations } = await db.query<{ name: string; kind: string }>({
    text: `select relname as name, relkind::text as kind from pg_class
      where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'S')
        and relname <> 'schema_migrations' order by 1`,
  });
  const contents: Record<string, unknown> = {};
  for (const { name, kind } of relations) {
    const what = kind === 'S' ? 'last_value, is_called' : 'to_jsonb(t) as row';
    contents[name] = (await db.query({ text: `select ${what} from "${name}" t` })).rows;
  }
  return contents;
}

const FILL = `
  insert into events (kind, owner_id, breadcrumb_id, version, title, tags, visibility, sensitivity, updated_at)
    select 'created', gen_random_uuid(), gen_random_uuid(), 1, 'Title', '{}', 'private', 'low', now()
    from generate_series(1, 40);
  insert into deliveries (id, queue, owner_id, dedupe_key, payload, max_attempts)
    values (gen_random_uuid(), 'queue', gen_random_uuid(), 'key', '{}', 1);
  update hygiene_totals set runs_completed = 9;
  delete from embedding_turn;
  select run_partition(date '2030-01-01')`;

it('hands a schema on, empty and as the migrations left it', async () => {
  const { lend, made } = await openPool();
  const fresh = await lend(contentsOf);
  expect(fresh['hygiene_totals']).toHaveLength(1);
  const filled = await lend(async (db) => {
    await db.exec(FILL);
    return contentsOf(db);
  });
  expect(filled).not.toEqual(fresh);
  expect(await lend(contentsOf)).toEqual(fresh);
  expect(made).toHaveLength(1);
});

it.each([
  'alter table breadcrumbs add column more text',
  'alter table breadcrumbs alter column title drop not null',
  'alter table breadcrumbs disable trigger add_tags',
  'drop index deliveries_due',
  'create table more (id integer)',
  'create or replace function next_event_seq() returns bigint language sql as $$ select 1::bigint $$',
  'grant select on breadcrumbs to public',
  'delete from schema_migrations where name = (select max(name) from schema_migrations)',
  "create type mood as enum ('good')",
  'insert into events (kind, owner_id, breadcrumb_id, version, title, tags, visibility, sensitivity, updated_at) ' +
    "values ('created', gen_random_uuid(), gen_random_uuid(), 1, '', '{}', '', '', now()); analyze events",
])('does not hand on a schema after: %s', async (text) => {
  const { lend, made } = await openPool();
  await lend((db) => db.exec(text));
  await lend(contentsOf);
  expect(made).toHaveLength(2);
});

it('gives each of two that want one at once their own', async () => {
  const { pool, made } = await openPool();
  const [one, other] = [await pool.take(), await pool.take()];
  expect(made).toEqual([one.schema, other.schema]);
  await Promise.all([pool.giveBack(one), pool.giveBack(other)]);
  expect(made).toContain((await pool.take()).schema);
});

it('lets nobody in who was left running, and waits for what has begun', async () => {
  const { pool } = await openPool();
  const pooled = await pool.take();
  const guarded = guardDatabase(pooled.db);
  const go = Promise.withResolvers<void>();
  const slow = guarded.db.transaction(async (tx) => {
    await go.promise;
    await tx.query({ text: 'select 1' });
    return 'committed';
  });
  let has_ended = false;
  const ended = guarded.end().then(() => (has_ended = true));
  await expect(guarded.db.query({ text: 'select 1' })).rejects.toThrow('the database is closed');
  await expect(guarded.db.listen('channel', () => {})).rejects.toThrow('the database is closed');
  expect(has_ended).toBe(false);
  go.resolve();
  expect(await slow).toBe('committed');
  await ended;
  await pool.giveBack(pooled);
});
