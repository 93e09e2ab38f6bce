import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { silentLog } from '../../base/index.ts';
import { openPostgres } from '../postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What the names of the schemas begin with that the tests of this run share. */
    schema_prefix: string;
  }
}

/** Before all tests: names the schemas that they share. The answer drops them from a real server, after all tests. */
export default function prepareSchemas(project: TestProject): () => Promise<void> {
  const schema_prefix = `run_${randomBytes(5).toString('hex')}_`;
  project.provide('schema_prefix', schema_prefix);
  const url =
    project.config.env?.['CAIRN_TEST_POSTGRES_URL'] ?? process.env['CAIRN_TEST_POSTGRES_URL'];
  return async () => {
    if (url === undefined) return;
    const db = await openPostgres({ url, pool_size: 1, log: silentLog });
    try {
      const { rows } = await db.query<{ name: string }>({
        text: 'select nspname as name from pg_namespace where starts_with(nspname, $1)',
        values: [schema_prefix],
      });
      for (const { name } of rows) await db.exec(`drop schema "${name}" cascade`);
    } finally {
      await db.close();
    }
  };
}
