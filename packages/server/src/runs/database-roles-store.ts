import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { randomToken } from '../base/index.ts';
import type { Database, Handle } from '../db/index.ts';

/** A database role that logs in. */
export interface DatabaseRole {
  readonly name: string;
  /** Null keeps that of a role that is there, and gives a new role a random one. */
  readonly password: string | null;
}

const ROWS = ['runs', 'run_steps', 'run_failures', 'run_decisions', 'run_signals'];

/** What finding out who asks takes, and knowing of which release the database is. */
const AUTHENTICATION = [
  'select on api_keys, schema_migrations',
  'select (owner_id, id, roles) on agents',
  'update (last_used_at) on api_keys',
];

const INGEST = [
  ...AUTHENTICATION,
  'select, insert, update (expires_on) on run_keys',
  `insert on ${ROWS.join(', ')}`,
  'select on run_policies',
  `execute on function run_partition(date), run_read(json, uuid[], integer[]),
    run_upsert(json, json, json, json, json, json), run_add_up(json, json)`,
];

const QUERY = [
  ...AUTHENTICATION,
  `select on ${ROWS.join(', ')}, run_keys, run_rollups, run_rollup_days, run_failure_groups,
    run_failure_hours, run_failure_days, run_policies`,
  'select on behavior_profiles, behavior_baselines, behavior_drift',
];

/**
 * Makes the two database roles of the process roles `ingest` and `query`, or brings them up to this release: login,
 * and exactly the rights that each needs. Whatever else they were granted on tables and functions of this schema is taken
 * back. Needs the rights of the owner of the tables, and to create roles.
 * @returns the roles with their passwords; null is one that was there and stays as it is
 */
export async function createDatabaseRoles(
  db: Database,
  roles: { readonly ingest: DatabaseRole; readonly query: DatabaseRole },
): Promise<{ ingest: DatabaseRole; query: DatabaseRole }> {
  return db.transaction(async (tx) => {
    const ingest = await makeRole(roles.ingest, tx);
    await grantOnly(ingest.name, INGEST, tx);
    const query = await makeRole(roles.query, tx);
    await grantOnly(query.name, QUERY, tx);
    return { ingest, query };
  });
}

async function makeRole(
  { name, password: given }: DatabaseRole,
  tx: Handle,
): Promise<DatabaseRole> {
  const { rows: known } = await tx.query({
    text: 'select from pg_roles where rolname = $1',
    values: [name],
  });
  const is_there = known.length > 0;
  const password = given ?? (is_there ? null : randomToken(24));
  const { rows } = await tx.query<{ text: string }>({
    text: `select format('%s role %I login noinherit nosuperuser nocreatedb nocreaterole', $1::text, $2::text)
      || case when $3::text is null then '' else format(' password %L', $3::text) end as text`,
    values: [is_there ? 'alter' : 'create', name, password === null ? null : verifierOf(password)],
  });
  await tx.exec(rows[0]?.text ?? '');
  return { name, password };
}

async function grantOnly(name: string, grants: readonly string[], tx: Handle): Promise<void> {
  const { rows } = await tx.query<{ role: string; schema: string; database: string }>({
    text: `select quote_ident($1) as role, quote_ident(current_schema()) as schema,
      quote_ident(current_database()) as database`,
    values: [name],
  });
  const { role = '', schema = '', database = '' } = rows[0] ?? {};
  await tx.exec(`revoke all on all tables in schema ${schema} from ${role};
    revoke all on all sequences in schema ${schema} from ${role};
    revoke all on all functions in schema ${schema} from ${role};
    revoke all on schema ${schema} from ${role};
    grant connect on database ${database} to ${role};
    grant usage on schema ${schema} to ${role}`);
  for (const grant of grants) await tx.exec(`grant ${grant} to ${role}`);
}

const ITERATIONS = 4_096;

/** What PostgreSQL keeps of a password (RFC 5803), made here so that the password itself is in no log of the database. */
function verifierOf(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, ITERATIONS, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const server = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`;
}
