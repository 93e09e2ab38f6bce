import type { Database, Handle } from '../contract.ts';

/** What a freshly migrated schema is like. */
export interface SchemaShape {
  /** Equal for two moments between which nothing was created, altered or dropped in the schema. */
  readonly fingerprint: string;
  /** The rows of `schema_migrations` as text. */
  readonly migrated: string;
  readonly tables: readonly string[];
  /** Says which tables have rows that the migrations did not insert; those that have such rows are always named. */
  readonly find_filled: string;
  /** Inserts the rows of the migrations again. */
  readonly seeds: readonly { readonly table: string; readonly rows: string }[];
  /** For each table those that refer to it, also through others: PostgreSQL truncates them only together. */
  readonly referrers: ReadonlyMap<string, readonly string[]>;
}

/** Its rows say what was migrated. A schema whose test has changed them is dropped. */
const KEPT = 'schema_migrations';

/** Reads what the schema of `db` is like, right after the migrations. */
export async function readShape(db: Database): Promise<SchemaShape> {
  const { rows } = await db.query<{ name: string }>({
    text: `select relname as name from pg_class
      where relnamespace = (select current_schema()::regnamespace) and relkind = 'r' and relname <> $1 order by 1`,
    values: [KEPT],
  });
  const tables = rows.map(({ name }) => name);
  const find_filled = tables
    .map((name) => `select '${name}' as name where exists (select from "${name}")`)
    .join(' union all ');
  const filled = await db.query<{ name: string }>({ text: find_filled });
  const seeds: { table: string; rows: string }[] = [];
  for (const { name: table } of filled.rows) {
    const text = `select json_agg(t)::text as rows from "${table}" t`;
    const seed = await db.query<{ rows: string }>({ text });
    seeds.push({ table, rows: seed.rows[0]?.rows ?? '[]' });
  }
  const referrers = await readReferrers(db);
  const [fingerprint, migrated] = [await takeFingerprint(db), await readMigrated(db)];
  return { fingerprint, migrated, tables, find_filled, seeds, referrers };
}

/** Makes the schema of `db` what it was when its shape was read, all or nothing. Answers false when it cannot. */
export function resetSchema(db: Database, shape: SchemaShape): Promise<boolean> {
  return db.transaction(async (tx) => {
    await dropNewPartitions(tx, shape);
    if ((await takeFingerprint(tx)) !== shape.fingerprint) return false;
    if ((await readMigrated(tx)) !== shape.migrated) return false;
    const { rows } = await tx.query<{ name: string }>({ text: shape.find_filled });
    const filled = new Set(
      rows.flatMap(({ name }) => [name, ...(shape.referrers.get(name) ?? [])]),
    );
    if (filled.size > 0) await tx.exec(`truncate ${[...filled].map((each) => `"${each}"`).join()}`);
    for (const seed of shape.seeds) {
      await tx.query({
        text: `insert into "${seed.table}" overriding system value
          select * from json_populate_recordset(null::"${seed.table}", $1)`,
        values: [seed.rows],
      });
    }
    // Not `restart`, which is an alteration.
    await tx.exec(`select setval(seqrelid::regclass, seqstart, false) from pg_sequence s
      join pg_class c on c.oid = s.seqrelid where c.relnamespace = (select current_schema()::regnamespace)`);
    return true;
  });
}

async function readMigrated(handle: Handle): Promise<string> {
  const { rows } = await handle.query<{ migrated: string }>({
    text: `select json_agg(m order by name)::text as migrated from ${KEPT} m`,
  });
  return rows[0]?.migrated ?? '';
}

/** Partitions are made as rows need them, which is not an alteration by the test. */
async function dropNewPartitions(tx: Handle, { tables }: SchemaShape): Promise<void> {
  const { rows } = await tx.query<{ name: string }>({
    text: `select relname as name from pg_class
      where relnamespace = (select current_schema()::regnamespace) and relispartition and relkind = 'r'`,
  });
  const known = new Set(tables);
  const added = rows.map(({ name }) => name).filter((name) => !known.has(name));
  if (added.length > 0) await tx.exec(`drop table ${added.map((each) => `"${each}"`).join()}`);
}

async function readReferrers(db: Database): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ name: string; referrer: string }>({
    text: `with recursive refers(target, source) as (
        select confrelid, conrelid from pg_constraint
          where contype = 'f' and connamespace = (select current_schema()::regnamespace)
        union
        select r.target, c.conrelid from refers r join pg_constraint c on c.contype = 'f' and c.confrelid = r.source
      )
      select t.relname as name, s.relname as referrer from refers
        join pg_class t on t.oid = target join pg_class s on s.oid = source`,
  });
  const referrers = new Map<string, string[]>();
  for (const { name, referrer } of rows)
    referrers.set(name, [...(referrers.get(name) ?? []), referrer]);
  return referrers;
}

/**
 * A digest of the catalogue's rows about the schema. Those about relations are compared column by column, because a
 * truncated table has a new file; the others by the transaction that wrote them last. A table with statistics counts as
 * altered too, since it may be read by other plans.
 */
async function takeFingerprint(handle: Handle): Promise<string> {
  const { rows } = await handle.query<{ fingerprint: string }>({
    text: `with own as (
        select * from pg_class where relnamespace = (select current_schema()::regnamespace)
      ), facts(fact) as (
        select concat_ws(' ', 'class', oid, relname, relkind, relnatts, relchecks, relhasrules, relhastriggers,
            relrowsecurity, relpersistence, relowner, relacl, reloptions) from own
        union all select concat_ws(' ', 'column', attrelid, attnum, a.xmin) from pg_attribute a
          join own on own.oid = attrelid where attnum > 0 and relkind in ('r', 'p')
        union all select concat_ws(' ', 'default', d.oid, d.xmin) from pg_attrdef d join own on own.oid = adrelid
        union all select concat_ws(' ', 'index', indexrelid, i.xmin) from pg_index i join own on own.oid = indrelid
        union all select concat_ws(' ', 'constraint', oid, xmin) from pg_constraint
          where connamespace = (select current_schema()::regnamespace)
        union all select concat_ws(' ', 'trigger', t.oid, t.xmin) from pg_trigger t join own on own.oid = tgrelid
        union all select concat_ws(' ', 'function', oid, xmin) from pg_proc
          where pronamespace = (select current_schema()::regnamespace)
        union all select concat_ws(' ', 'type', oid, xmin) from pg_type
          where typnamespace = (select current_schema()::regnamespace)
        union all select concat_ws(' ', 'sequence', seqrelid, s.xmin) from pg_sequence s
          join own on own.oid = seqrelid
        union all select concat_ws(' ', 'schema', xmin) from pg_namespace
          where oid = (select current_schema()::regnamespace)
        union all select concat_ws(' ', 'statistics', starelid, staattnum) from pg_statistic
          join own on own.oid = starelid
      )
      select concat_ws(' ', count(*), bit_xor(hashtextextended(fact, 0))) as fingerprint from facts`,
  });
  return rows[0]?.fingerprint ?? '';
}
