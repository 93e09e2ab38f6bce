import { migrate } from '../migrate.ts';
import { silentLog } from '../../base/index.ts';
import type { Database } from '../contract.ts';
import { readShape, resetSchema, type SchemaShape } from './reset-schema.ts';

/**
 * The migrated schemas of one worker. Migrating takes a hundred times as long as emptying what a test has filled, so a
 * schema goes from test to test: it comes back empty and exactly as the migrations left it, or not at all.
 */
export class SchemaPool {
  readonly #free: { schema: string; shape: SchemaShape }[] = [];
  readonly #open: (schema: string) => Promise<Database>;
  readonly #newName: () => string;

  constructor(open: (schema: string) => Promise<Database>, newName: () => string) {
    this.#open = open;
    this.#newName = newName;
  }

  /** A database that has all tables and no rows but those of the migrations. It is the caller's until `giveBack`. */
  async take(): Promise<PooledDatabase> {
    const known = this.#free.pop();
    const schema = known?.schema ?? this.#newName();
    const db = await this.#open(schema);
    if (known) return { db, ...known };
    await migrate(db, silentLog);
    return { db, schema, shape: await readShape(db) };
  }

  /**
   * Takes a database back and closes it. Nothing may be under way on it. One that cannot be made as it was (a test has
   * altered a table, or holds a lock) is dropped.
   */
  async giveBack({ db, schema, shape }: PooledDatabase): Promise<void> {
    const is_reset = await resetSchema(db, shape).catch(() => false);
    if (!is_reset) await db.exec(`drop schema if exists "${schema}" cascade`).catch(() => {});
    await db.close();
    // Only now: while it was open, its listeners still were.
    if (is_reset) this.#free.push({ schema, shape });
  }
}

export interface PooledDatabase {
  readonly db: Database;
  readonly schema: string;
  readonly shape: SchemaShape;
}
