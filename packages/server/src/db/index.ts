export { COMMIT_UNAWAITED } from './commit-unawaited.ts';
export { DB_SETTINGS } from './config.ts';
export {
  DatabaseError,
  type Capabilities,
  type Database,
  type Handle,
  type Result,
  type Statement,
} from './contract.ts';
export { dumpSchema } from './dump-schema.ts';
export { GroupCommit } from './group-commit.ts';
export { isMigrated, migrate } from './migrate.ts';
export { ping } from './ping.ts';
export { openPglite } from './pglite.ts';
export { openPostgres } from './postgres.ts';
export { joinSql, sql, type Sql } from './sql.ts';
