import { silentLog } from '../base/index.ts';
import { migrate } from './migrate.ts';
import { openPglite } from './pglite.ts';

/**
 * The whole schema as text, read from the catalog of a fresh database after all migrations.
 * `schema.sql` is this text, committed, so that a review shows what a migration really does.
 */
export async function dumpSchema(): Promise<string> {
  const db = await openPglite({});
  try {
    await migrate(db, silentLog);
    const { rows } = await db.query<{ line: string }>({ text: CATALOG });
    return `-- Made by \`npm run schema:dump\` from the migrations. Do not edit.\n\n${rows.map((row) => row.line).join('\n')}\n`;
  } finally {
    await db.close();
  }
}

const CATALOG = `
with tables as (
  select c.oid, c.relname from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
), lines as (
  select relname as owner, 1 as kind, relname as name, 'table ' || relname as line from tables
  union all
  select t.relname, 2, lpad(a.attnum::text, 4, '0'),
    '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || case when a.attnotnull then ' not null' else '' end
    || case when a.attidentity <> '' then ' generated ' || case a.attidentity when 'a' then 'always' else 'by default' end || ' as identity' else '' end
    || coalesce(case when a.attgenerated = 's' then ' generated always as (' else ' default ' end || pg_get_expr(d.adbin, d.adrelid)
    || case when a.attgenerated = 's' then ') stored' else '' end, '')
  from tables t
  join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
  union all
  select t.relname, 3, k.conname, '  constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
  from tables t join pg_constraint k on k.conrelid = t.oid and k.contype in ('p', 'u', 'f', 'c')
  union all
  select t.relname, 4, i.relname, '  ' || replace(pg_get_indexdef(i.oid), 'public.', '')
  from tables t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
  where not exists (select from pg_constraint k where k.conindid = i.oid and k.contype in ('p', 'u'))
  union all
  select t.relname, 5, g.tgname, '  ' || replace(pg_get_triggerdef(g.oid), 'public.', '')
  from tables t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
  union all
  select '~' || p.proname, 5, p.proname, case
    when p.prokind = 'a' then 'aggregate ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ') by ' || g.aggtransfn
    else pg_get_functiondef(p.oid) end
  from pg_proc p left join pg_aggregate g on g.aggfnoid = p.oid
  where p.pronamespace = 'public'::regnamespace
    and not exists (select from pg_depend e where e.objid = p.oid and e.deptype = 'e')
  union all
  select '~~' || s.relname, 6, s.relname, 'sequence ' || s.relname
  from pg_class s
  where s.relnamespace = 'public'::regnamespace and s.relkind = 'S'
    and not exists (select from pg_depend e where e.objid = s.oid and e.deptype in ('a', 'i'))
)
select line from lines order by owner collate "C", kind, name collate "C"`;
