import { ConfigError, silentLog } from '../base/index.ts';
import { migrate } from '../db/index.ts';
import { createDatabaseRoles, type DatabaseRole } from '../runs/index.ts';
import { readConfig } from './config.ts';
import { openNamedPostgres } from './open-services.ts';

/** A database role of a process role, and the setting with which a process connects as it. */
export interface PreparedRole {
  readonly process_role: 'ingest' | 'query';
  readonly name: string;
  readonly setting: 'INGEST_DATABASE_URL' | 'QUERY_DATABASE_URL';
  /** The value of the setting; null when the role was there, with a password that only its owner knows. */
  readonly url: string | null;
}

/**
 * Makes, or brings up to date, the database roles of processes that only take reports of runs or only answer questions
 * about them, in the database of `DATABASE_URL`, which it also migrates. Names and passwords are those of
 * `INGEST_DATABASE_URL` and `QUERY_DATABASE_URL`; without them, `cairn_ingest` and `cairn_query`.
 */
export async function prepareDatabaseRoles(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<PreparedRole[]> {
  const { db: settings, runs } = readConfig(environment);
  const { url, pool_size } = settings;
  if (url === null)
    throw new ConfigError(
      'DATABASE_URL: the embedded database has no roles; set the address of a PostgreSQL, as its owner',
    );
  const db = await openNamedPostgres('DATABASE_URL', { url, pool_size, log: silentLog });
  try {
    await migrate(db, silentLog);
    const { ingest, query } = await createDatabaseRoles(db, {
      ingest: roleOf('INGEST_DATABASE_URL', runs.ingest_url, 'cairn_ingest'),
      query: roleOf('QUERY_DATABASE_URL', runs.query_url, 'cairn_query'),
    });
    return [
      {
        process_role: 'ingest',
        name: ingest.name,
        setting: 'INGEST_DATABASE_URL',
        url: runs.ingest_url ?? addressFor(url, ingest),
      },
      {
        process_role: 'query',
        name: query.name,
        setting: 'QUERY_DATABASE_URL',
        url: runs.query_url ?? addressFor(url, query),
      },
    ];
  } finally {
    await db.close();
  }
}

function roleOf(setting: string, url: string | null, name: string): DatabaseRole {
  if (url === null) return { name, password: null };
  const expected = `${setting}: expected postgres:// with a user name and a password in it`;
  if (!URL.canParse(url)) throw new ConfigError(expected);
  const { username, password } = new URL(url);
  if (username === '' || password === '') throw new ConfigError(expected);
  try {
    return { name: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    throw new ConfigError(
      `${setting}: a % in its user name or password is not followed by two hex digits`,
    );
  }
}

/** The same database as another role. */
function addressFor(url: string, { name, password }: DatabaseRole): string | null {
  if (password === null || !URL.canParse(url)) return null;
  const address = new URL(url);
  address.username = encodeURIComponent(name);
  address.password = encodeURIComponent(password);
  return address.href;
}
